//! Contract section 1: logout revokes at once on all nodes.

use serde_json::json;

use crate::harness::{Account, Cluster, Socket};

const REVOKED: (u16, &str) = (1008, "TOKEN_REVOKED");

async fn is_closed(socket: &mut Socket) {
    let closed = socket.closed().await;
    assert_eq!(closed.as_ref().map(|(code, reason)| (*code, reason.as_str())), Some(REVOKED));
}

#[tokio::test]
async fn a_logout_closes_the_sockets_of_its_token_on_all_nodes() {
    let Some(cluster) = Cluster::start().await else { return };
    let alice = cluster.one.account().await;
    let there = alice.on(&cluster.other);
    // the other node has the token in its cache
    there.get("/api/auth/me", 200).await;
    let another = Account::sign_in(&cluster.other, alice.username(), Account::PASSWORD).await;
    let mut ended = Socket::open(&cluster.other, "/ws", Some(&alice)).await;
    let mut goes_on = Socket::open(&cluster.other, "/ws", Some(&another)).await;
    alice.post("/api/auth/logout", json!({}), 200).await;
    is_closed(&mut ended).await;
    there.get("/api/auth/me", 401).await;
    another.get("/api/auth/me", 200).await;
    goes_on.send(json!({"type": "ping"})).await;
    goes_on.wait("pong").await;
}

#[tokio::test]
async fn a_change_of_role_or_of_being_disabled_ends_sessions_on_all_nodes() {
    let Some(cluster) = Cluster::start().await else { return };
    let boss = cluster.one.super_agent().await;
    let user = cluster.one.account().await;
    for (path, body, next) in [("role", json!({"role": "agent"}), 200), ("disabled", json!({"disabled": true}), 403)] {
        let user = Account::sign_in(&cluster.other, user.username(), Account::PASSWORD).await;
        let mut socket = Socket::open(&cluster.other, "/ws", Some(&user)).await;
        user.get("/api/auth/me", 200).await;
        boss.put(&format!("/api/users/{}/{path}", user.id()), body, 200).await;
        is_closed(&mut socket).await;
        user.get("/api/auth/me", 401).await;
        let login = json!({"username": user.username(), "password": Account::PASSWORD});
        user.post("/api/auth/login", login, next).await;
    }
}

#[tokio::test]
async fn what_was_revoked_while_redis_was_away_is_closed_when_it_is_back() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let (alice, bob) = cluster.alice_and_bob().await;
    let room = Cluster::room(&alice, &bob).await;
    let mut ended = Socket::open(&cluster.other, "/ws", Some(&alice)).await;
    let quiet = Cluster::room(&alice, &bob).await;
    let mut shut_out = Cluster::listen(&cluster.other, &bob, &room).await;
    shut_out.send(json!({"type": "subscribe", "conversation_id": quiet})).await;
    shut_out.wait("subscribed").await;
    cluster.redis.kill();
    cluster.reach_redis(false).await;
    alice.delete(&format!("/api/rooms/{room}/members/{}", bob.id()), 200).await;
    for room in [&room, &quiet] {
        alice.post("/api/messages", json!({"content": "missed", "room_id": room}), 201).await;
    }
    alice.post("/api/auth/logout", json!({}), 200).await;
    cluster.redis.restart();
    is_closed(&mut ended).await;
    // what was missed in the two rooms is asked for together, and told to whom it still concerns
    assert_eq!(shut_out.wait("new_message").await["conversation_id"], quiet.as_str());
    shut_out.send(json!({"type": "ping"})).await;
    while let Ok(frame) = shut_out.next().await {
        assert_ne!(frame["type"], "new_message");
        if frame["type"] == "pong" {
            return;
        }
    }
    panic!("closed");
}
