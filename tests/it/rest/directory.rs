//! Contract section 3: a private directory (`USER_DIRECTORY=agents`), where customers find themselves and staff only.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Account, Server, databases, expect};

const PRIVATE: [(&str, &str); 1] = [("USER_DIRECTORY", "agents")];

/// What a customer can ask about somebody, and the status that says nothing of them.
fn questions(asker: &Account, room: &Value, who: &str) -> Vec<(Method, String, Value, u16)> {
    let room = format!("/api/rooms/{}/members/{who}", room.as_str().unwrap());
    let (post, get, none) = (|| Method::POST, || Method::GET, json!(null));
    let mut all = vec![
        (get(), format!("/api/users/{who}"), none.clone(), 404),
        (post(), "/api/conversations".into(), json!({"kind": "direct", "user": who}), 404),
        (post(), "/api/chat/message/text".into(), json!({"to_user_id": who, "content": "x"}), 404),
        (post(), room.clone(), json!({}), 404),
        (Method::DELETE, room, none.clone(), 404),
        (get(), format!("/api/messages/between/{}/{who}", asker.id()), none.clone(), 404),
        (post(), "/api/chats".into(), json!({"customerId": who}), 403),
        (post(), "/api/chats".into(), json!({"agentId": who}), 404),
    ];
    if who.parse::<i64>().is_err() {
        all.push((post(), "/api/messages".into(), json!({"recipient": who, "content": "x"}), 404));
        let path = format!("/api/chat/messages?user_id={}&to_user_id={who}", asker.id());
        all.push((get(), path, none, 403));
    }
    all
}

async fn answers(asker: &Account, room: &Value, who: &str) -> Vec<String> {
    let mut answers = Vec::new();
    for (method, path, body, status) in questions(asker, room, who) {
        let mut request = asker.request(method, &path);
        if !body.is_null() {
            request = request.json(&body);
        }
        let mut answer = expect(request.send().await.unwrap(), status).await;
        answer["request_id"].take();
        answers.push(answer.to_string().replace(who, "?"));
    }
    answers
}

#[tokio::test]
async fn customers_cannot_tell_a_hidden_customer_from_nobody() {
    for database in databases() {
        let server = Server::with(database, &PRIVATE);
        let (alice, hidden) = (server.account().await, server.account().await);
        let room = alice.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].clone();
        for (who, nobody) in [(hidden.id().to_string(), "4000000"), (hidden.username().to_owned(), "nobody.here")] {
            assert_eq!(answers(&alice, &room, &who).await, answers(&alice, &room, nobody).await);
        }
        assert_eq!(hidden.get("/api/messages", 200).await, json!([]));
    }
}

#[tokio::test]
async fn with_a_private_directory_customers_write_to_staff_and_to_whom_they_know() {
    for database in databases() {
        let server = Server::with(database, &PRIVATE);
        let (alice, bob, boss) = (server.account().await, server.account().await, server.super_agent().await);
        let direct = |with: &Account| json!({"kind": "direct", "user": with.id()});
        for with in [&alice, &boss] {
            alice.post("/api/conversations", direct(with), 201).await;
        }
        alice.post("/api/conversations", direct(&bob), 404).await;
        let room = boss.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].clone();
        for member in [&alice, &bob] {
            boss.post(&format!("/api/rooms/{}/members/{}", room.as_str().unwrap(), member.id()), json!({}), 200).await;
        }
        let between = format!("/api/messages/between/{}/{}", alice.id(), bob.id());
        assert_eq!(alice.get(&between, 200).await, json!([]));
        alice.post("/api/messages", json!({"recipient": bob.username(), "content": "Hi"}), 201).await;
        bob.post("/api/conversations", direct(&alice), 200).await;
        // the directory shows them no more than before
        alice.get(&format!("/api/users/{}", bob.id()), 404).await;
    }
}
