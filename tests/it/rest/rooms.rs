//! Contract section 5.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, databases, expect};

#[tokio::test]
async fn a_message_goes_to_everybody_to_one_or_to_a_room() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob, eve) = (server.account().await, server.account().await, server.account().await);
        let room = alice.post("/api/rooms", json!({"name": "Tea"}), 201).await;
        assert_eq!((&room["created_by"], &room["members"]), (&json!(alice.username()), &json!([alice.username()])));
        alice.post(&format!("/api/rooms/{}/members/{}", room["id"].as_str().unwrap(), bob.id()), json!({}), 200).await;
        let mut sent = Vec::new();
        for fields in [json!({}), json!({"recipient": bob.username()}), json!({"room_id": room["id"]})] {
            let mut body = fields.clone();
            body["content"] = json!("Hello");
            let message = alice.post("/api/messages", body, 201).await;
            assert_eq!((&message["recipient"], &message["room_id"]), (&fields["recipient"], &fields["room_id"]));
            sent.insert(0, message);
        }
        assert_eq!(bob.get("/api/messages", 200).await, json!(sent));
        assert_eq!(eve.get("/api/messages", 200).await, json!(sent[2..]));
        let between = format!("/api/messages/between/{}/{}", bob.username(), alice.id());
        assert_eq!(bob.get(&between, 200).await, json!([sent[1]]));
        eve.get(&between, 403).await;
        eve.get(&format!("/api/rooms/{}/messages", room["id"].as_str().unwrap()), 404).await;
    }
}

#[tokio::test]
async fn nobody_writes_in_the_name_of_somebody_else() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        alice.post("/api/messages", json!({"content": "x", "sender": bob.username()}), 403).await;
        let unknown = alice.post("/api/messages", json!({"content": "x", "recipient": "nobody.here"}), 404).await;
        assert_eq!(unknown["error"], "User not found: nobody.here");
        assert_eq!(bob.get("/api/messages", 200).await, json!([]));
        bob.get(&format!("/api/users/{}/rooms", alice.id()), 403).await;
    }
}

#[tokio::test]
async fn a_room_passes_to_its_longest_member_and_goes_with_the_last() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let room = alice.post("/api/rooms", json!({"name": "Tea"}), 201).await;
        let path = format!("/api/rooms/{}", room["id"].as_str().unwrap());
        alice.post(&format!("{path}/members/{}", bob.username()), json!({}), 200).await;
        bob.delete(&format!("{path}/members/{}", alice.id()), 403).await;
        alice.delete(&format!("{path}/members/{}", alice.id()), 200).await;
        alice.get(&path, 404).await;
        assert_eq!(bob.get(&path, 200).await["created_by"], bob.username());
        bob.delete(&format!("{path}/members/{}", bob.id()), 200).await;
        bob.get(&path, 404).await;
        assert_eq!(bob.get(&format!("/api/users/{}/rooms", bob.username()), 200).await, json!([]));
    }
}

#[tokio::test]
async fn an_idempotency_key_makes_one_message_of_two() {
    for database in databases() {
        let server = Server::start(database);
        let alice = server.account().await;
        let send = || {
            let request = alice.request(Method::POST, "/api/messages").header("Idempotency-Key", "k1");
            request.json(&json!({"content": "once"})).send()
        };
        let first = expect(send().await.unwrap(), 201).await;
        assert_eq!(expect(send().await.unwrap(), 201).await, first);
        assert_eq!(alice.get("/api/messages", 200).await, json!([first]));
    }
}

/// What a server leaves of a key that was killed after it stored a message, and before it stored the answer: a minute later.
async fn forget_answers(server: &Server) {
    use entity::idempotency_key::{Column, Entity};
    use sea_orm::sea_query::Expr;
    use sea_orm::{Database, EntityTrait as _};
    let database = Database::connect(server.database_url()).await.unwrap();
    let then = time::OffsetDateTime::now_utc() - time::Duration::seconds(61);
    let keys = Entity::update_many()
        .col_expr(Column::Status, Expr::value(None::<i32>))
        .col_expr(Column::Body, Expr::value(None::<Vec<u8>>))
        .col_expr(Column::CreatedAt, Expr::value(entity::Timestamp::from(then)));
    keys.exec(&database).await.unwrap();
    database.close().await.unwrap();
}

#[tokio::test]
async fn a_key_makes_one_message_also_if_the_server_is_killed_before_it_keeps_the_answer() {
    for database in databases() {
        let mut server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let direct = alice.post("/api/conversations", json!({"kind": "direct", "user": bob.id()}), 201).await;
        let direct = format!("/api/conversations/{}/messages", direct["id"].as_str().unwrap());
        let requests = [
            ("/api/messages", json!({"content": "to all"})),
            ("/api/v1/messages", json!({"channel_id": "general", "content": "to a channel"})),
            ("/api/chat/message/text", json!({"to_user_id": bob.id(), "content": "to bob"})),
            (direct.as_str(), json!({"content": "to bob again"})),
        ];
        let send = async |(path, body): &(&str, serde_json::Value)| {
            let request = alice.request(Method::POST, path).header("Idempotency-Key", "k1");
            expect(request.json(body).send().await.unwrap(), 201).await
        };
        let mut first = Vec::new();
        for request in &requests {
            first.push(send(request).await);
        }
        server.kill();
        forget_answers(&server).await;
        server.restart();
        for (request, first) in requests.iter().zip(first) {
            assert_eq!(send(request).await, first, "{request:?}");
        }
        assert_eq!(alice.get("/api/messages", 200).await.as_array().unwrap().len(), 3);
        assert_eq!(alice.get("/api/v1/messages?channel_id=general", 200).await["data"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn where_only_staff_writes_to_everybody_customers_do_not() {
    for database in databases() {
        let server = Server::with(database, &[("GLOBAL_MESSAGES", "agents")]);
        let (customer, boss) = (server.account().await, server.super_agent().await);
        customer.post("/api/messages", json!({"content": "x"}), 403).await;
        boss.post("/api/messages", json!({"content": "x"}), 201).await;
    }
}
