//! Two nodes on one PostgreSQL.

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Account, Database, Server, Socket, databases};

/// Two servers with the same data, if this machine has PostgreSQL.
fn nodes() -> Option<[Server; 2]> {
    let database = databases().into_iter().find(|database| *database != Database::Sqlite)?;
    let secret = [("JWT_SECRET", "the same on all nodes, and long enough")];
    Some([Server::with(database.clone(), &secret), Server::with(database, &secret)])
}

fn on(server: &Server, account: &Account) -> Account {
    Account { base: server.url(""), ..account.clone() }
}

async fn conversations(account: &Account, kind: &str) -> Vec<Value> {
    let all = account.get("/api/conversations?limit=200", 200).await;
    all.as_array().unwrap().iter().filter(|one| one["kind"] == kind).cloned().collect()
}

#[tokio::test]
async fn two_who_write_to_each_other_at_the_same_time_on_two_nodes_have_one_conversation() {
    let Some([one, two]) = nodes() else { return };
    let mut people = Vec::new();
    for _ in 0..6 {
        people.push(one.account().await);
    }
    // every pair at once, from both sides, on both nodes
    let mut open = Vec::new();
    for (a, b) in people.iter().flat_map(|a| people.iter().map(move |b| (a, b))) {
        for server in [&one, &two] {
            let (from, form) = (on(server, a), json!({"kind": "direct", "user": b.id()}));
            open.push(async move {
                let request = from.request(reqwest::Method::POST, "/api/conversations").json(&form);
                let answer = request.send().await.unwrap();
                assert!([200, 201].contains(&answer.status().as_u16()), "{}", answer.text().await.unwrap());
                (answer.status() == 201, answer.json::<Value>().await.unwrap()["id"].clone())
            });
        }
    }
    let made = join_all(open).await;
    let ids: HashSet<String> = made.iter().map(|(_, id)| id.to_string()).collect();
    assert_eq!((ids.len(), made.iter().filter(|(created, _)| *created).count()), (21, 21));
    for person in &people {
        assert_eq!(conversations(person, "direct").await.len(), 6);
    }
}

#[tokio::test]
async fn whoever_asks_the_assistant_on_two_nodes_at_the_same_time_has_one_conversation_with_it() {
    let Some([one, two]) = nodes() else { return };
    for _ in 0..5 {
        let user = one.account().await;
        let mut sockets = Vec::new();
        for server in [&one, &two] {
            let mut socket = Socket::open(server, "/ws", Some(&user)).await;
            socket.wait("system").await;
            sockets.push(socket);
        }
        for socket in &mut sockets {
            socket.send(json!({"type": "message", "content": "Hello?"})).await;
        }
        for socket in &mut sockets {
            socket.wait("message").await;
        }
        // what is asked is kept after it is answered
        let kept = async || match &conversations(&user, "assistant").await[..] {
            [] => 0,
            [one] => one["last_seq"].as_i64().unwrap(),
            more => panic!("{more:?}"),
        };
        let mut tries = 0;
        while kept().await < 4 {
            tries += 1;
            assert!(tries < 100, "both exchanges are kept");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        // the sum of both nodes stands in one history
        let id = conversations(&user, "assistant").await[0]["id"].clone();
        let path = format!("/api/conversations/{}/messages?after_seq=0", id.as_str().unwrap());
        assert_eq!(user.get(&path, 200).await.as_array().unwrap().len(), 4);
    }
}
