//! Two nodes on one PostgreSQL.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Account, Database, Redis, Server, Socket, databases};

/// Tokens of one node count on the other.
const SECRET: &str = "one secret for all the nodes of a cluster";

pub struct Cluster {
    pub redis: Redis,
    pub one: Server,
    pub other: Server,
}

impl Cluster {
    /// Two nodes that are joined by Redis; `None`, said aloud, where PostgreSQL or Redis is missing.
    pub async fn start() -> Option<Self> {
        let redis = Redis::start()?;
        let url = redis.url();
        let (one, other) = Self::nodes(&[("REDIS_URL", &url)])?;
        let cluster = Self { redis, one, other };
        cluster.reach_redis(true).await;
        Some(cluster)
    }

    /// Two nodes on one database, with these variables.
    pub fn nodes(settings: &[(&str, &str)]) -> Option<(Server, Server)> {
        let database = databases().into_iter().find(|database| *database != Database::Sqlite)?;
        let settings = [&[("JWT_SECRET", SECRET)], settings].concat();
        Some((Server::with(database.clone(), &settings), Server::with(database, &settings)))
    }

    /// Waits until both nodes say that Redis is there, or away.
    pub async fn reach_redis(&self, there: bool) {
        let wanted = if there { ["healthy", "connected"] } else { ["degraded", "unavailable"] };
        for server in [&self.one, &self.other] {
            eventually(&format!("redis is {}", wanted[1]), async || {
                let health = reqwest::get(server.url("/health")).await.unwrap();
                assert_eq!(health.status(), 200);
                let health: Value = health.json().await.unwrap();
                health["status"] == wanted[0] && health["redis"] == wanted[1]
            })
            .await;
        }
    }

    /// Alice, who talks to the one node, and Bob, who talks to the other.
    pub async fn alice_and_bob(&self) -> (Account, Account) {
        (self.one.account().await, self.one.account().await.on(&self.other))
    }

    /// A room of the two; its id.
    pub async fn room(alice: &Account, bob: &Account) -> String {
        let room = alice.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].as_str().unwrap().to_owned();
        alice.post(&format!("/api/rooms/{room}/members/{}", bob.id()), json!({}), 200).await;
        room
    }

    /// A socket of the full protocol that listens to a conversation.
    pub async fn listen(server: &Server, account: &Account, conversation: &str) -> Socket {
        let mut socket = Socket::open(server, "/ws", Some(account)).await;
        socket.send(json!({"type": "subscribe", "conversation_id": conversation})).await;
        socket.wait("subscribed").await;
        socket
    }
}

/// Polls what is somebody else's doing.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not within 30 s: {what}");
}
