//! Contract section 8, `/api/ws`.

use serde_json::json;

use crate::harness::{Server, Socket, databases};

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
