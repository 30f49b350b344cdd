//! Contract section 8, `/api/ws`.

use serde_json::json;

use crate::harness::{Server, Socket, databases};
use crate::rest::support::agent;

#[tokio::test]
async fn a_chat_is_told_to_its_customer_and_its_agent() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, customer) = (server.super_agent().await, server.account().await);
        let chat = customer.post("/api/chats", json!({}), 201).await["id"].clone();
        let mut one = Socket::open(&server, "/api/ws", Some(&customer)).await;
        let mut other = Socket::open(&server, "/api/ws", Some(&boss)).await;
        other.send(json!({"type": "join_chat", "data": {"chatId": chat}})).await;
        assert_eq!(other.wait("chat_joined").await["data"]["chatId"], chat);
        one.send(json!({"type": "send_message", "data": {"chatId": chat, "content": "Hi", "messageType": "text"}}))
            .await;
        for socket in [&mut one, &mut other] {
            let message = socket.wait("new_message").await["data"].clone();
            assert_eq!((&message["content"], &message["senderId"]), (&json!("Hi"), &json!(customer.id())));
        }
        let id = chat.as_str().unwrap();
        boss.put(&format!("/api/chats/{id}/assign"), json!({"agentId": "boss"}), 200).await;
        assert_eq!(one.wait("chat_assigned").await["data"]["agent"]["username"], "boss");
        customer.put(&format!("/api/chats/{id}/status"), json!({"status": "closed"}), 200).await;
        assert_eq!(other.wait("chat_status_updated").await["data"]["status"], "closed");
        one.send(json!({"type": "send_message", "data": {"chatId": chat, "content": "Hi"}})).await;
        assert_eq!(one.wait("error").await["data"]["code"], "CHAT_CLOSED");
        boss.delete(&format!("/api/chats/{id}"), 200).await;
        assert_eq!(one.wait("chat_deleted").await["data"], json!({"chatId": chat}));
    }
}

#[tokio::test]
async fn nobody_comes_in_without_a_token_and_malformed_frames_are_refused() {
    for database in databases() {
        let server = Server::start(database);
        assert!(Socket::try_open(&server, "/api/ws", None).await.is_err());
        let customer = server.account().await;
        let mut socket = Socket::open(&server, "/api/ws", Some(&customer)).await;
        socket.send(json!({"type": "join_chat", "data": {}})).await;
        assert_eq!(socket.wait("error").await["data"]["field"], "chatId");
        socket.send(json!({"type": "ping"})).await;
        socket.wait("pong").await;
    }
}

#[tokio::test]
async fn who_loses_a_chat_hears_nothing_more_of_it() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, customer) = (server.super_agent().await, server.account().await);
        let (first, second) = (agent(&server, &boss, "first").await, agent(&server, &boss, "second").await);
        let chat = customer.post("/api/chats", json!({}), 201).await["id"].clone();
        let mut old = Socket::open(&server, "/api/ws", Some(&first)).await;
        old.send(json!({"type": "join_chat", "data": {"chatId": chat}})).await;
        old.wait("chat_joined").await;
        let path = format!("/api/chats/{}", chat.as_str().unwrap());
        boss.put(&format!("{path}/assign"), json!({"agentId": second.id()}), 200).await;
        customer.post(&format!("{path}/messages"), json!({"content": "Who is there?"}), 201).await;
        let send = json!({"type": "send_message", "data": {"chatId": chat, "content": "I was"}});
        old.send(send).await;
        // the answer to the last frame comes after everything that was told before it
        loop {
            let frame = old.next().await.unwrap();
            match frame["type"].as_str().unwrap() {
                "error" => break assert_eq!(frame["data"]["code"], "CHAT_NOT_FOUND"),
                kind => assert_ne!(kind, "new_message"),
            }
        }
        let mut new = Socket::open(&server, "/api/ws", Some(&second)).await;
        customer.post(&format!("{path}/messages"), json!({"content": "Hello?"}), 201).await;
        assert_eq!(new.wait("new_message").await["data"]["content"], "Hello?");
    }
}

#[tokio::test]
async fn who_comes_goes_or_is_away_is_told_to_whoever_shares_a_chat() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, customer) = (server.super_agent().await, server.account().await);
        customer.post("/api/chats", json!({"agentId": boss.id()}), 201).await;
        let mut socket = Socket::open(&server, "/api/ws", Some(&customer)).await;
        let status = |is_online: bool| json!({"userId": boss.id(), "isOnline": is_online});
        let about_boss = async |socket: &mut Socket| loop {
            let data = socket.wait("user_status_change").await["data"].clone();
            if data["userId"] == json!(boss.id()) {
                return data;
            }
        };
        let agent = Socket::open(&server, "/api/ws", Some(&boss)).await;
        assert_eq!(about_boss(&mut socket).await, status(true));
        boss.put("/api/users/status", json!({"isOnline": false}), 200).await;
        assert_eq!(about_boss(&mut socket).await, status(false));
        boss.put("/api/users/status", json!({"isOnline": true}), 200).await;
        assert_eq!(about_boss(&mut socket).await, status(true));
        drop(agent);
        assert_eq!(about_boss(&mut socket).await, status(false));
    }
}
