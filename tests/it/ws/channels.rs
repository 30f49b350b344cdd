//! Contract section 8, `/api/v1/ws`.

use serde_json::{Value, json};

use crate::harness::{Account, Server, Socket, databases};

async fn join(server: &Server, account: &Account, channel: &str) -> Socket {
    let path = format!("/api/v1/ws?channel_id={channel}");
    let mut socket = Socket::open(server, &path, Some(account)).await;
    let joined = socket.wait("channel_joined").await;
    assert_eq!((&joined["channel_id"], &joined["user_email"]), (&json!(channel), &account.user["email"]));
    socket
}

async fn stats(account: &Account) -> Value {
    account.get("/api/v1/ws/stats", 200).await["data"].clone()
}

#[tokio::test]
async fn the_channel_is_told_of_messages_in_their_order() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let mut socket = join(&server, &bob, "general").await;
        let posted = alice.post("/api/v1/messages", json!({"channel_id": "general", "content": "Hi"}), 201).await;
        let path = format!("/api/v1/messages/{}", posted["data"]["id"].as_str().unwrap());
        alice.put(&path, json!({"content": "Hello"}), 200).await;
        alice.delete(&path, 200).await;
        for (kind, content) in
            [("new_message", json!("Hi")), ("message_updated", json!("Hello")), ("message_deleted", json!(null))]
        {
            let frame = socket.next().await.unwrap();
            assert_eq!((&frame["type"], &frame["channel_id"]), (&json!(kind), &json!("general")));
            assert_eq!((&frame["data"]["id"], &frame["data"]["content"]), (&posted["data"]["id"], &content));
            assert_eq!(frame["data"]["user_email"], alice.user["email"]);
        }
    }
}

#[tokio::test]
async fn coming_and_going_is_told_to_the_channel() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let mut watcher = join(&server, &alice, "general").await;
        let mut socket = join(&server, &bob, "general").await;
        assert_eq!(watcher.wait("channel_joined").await["user_email"], bob.user["email"]);
        let _elsewhere = Socket::open(&server, "/ws", Some(&bob)).await;
        assert_eq!(stats(&alice).await, json!({"total_clients": 2, "channels": {"general": 2}}));
        // a second time is told to that socket only
        socket.send(json!({"type": "join_channel", "channel_id": "general"})).await;
        socket.wait("channel_joined").await;
        socket.send(json!({"type": "leave_channel", "channel_id": "general"})).await;
        assert_eq!(socket.wait("channel_left").await["user_email"], bob.user["email"]);
        assert_eq!(watcher.next().await.unwrap()["type"], "channel_left");
        socket.send(json!({"type": "leave_channel", "channel_id": "general"})).await;
        assert_eq!(socket.wait("error").await["code"], "NOT_IN_CHANNEL");
        drop(join(&server, &bob, "general").await);
        watcher.wait("channel_joined").await;
        assert_eq!(watcher.wait("channel_left").await["user_email"], bob.user["email"]);
        assert_eq!(stats(&alice).await["channels"], json!({"general": 1}));
    }
}

#[tokio::test]
async fn an_unknown_channel_is_an_error_frame_and_a_deleted_one_is_left() {
    for database in databases() {
        let server = Server::start(database);
        let alice = server.account().await;
        let mut socket = Socket::open(&server, "/api/v1/ws?channel_id=none", Some(&alice)).await;
        let error = socket.wait("error").await;
        assert_eq!((&error["code"], &error["channel_id"]), (&json!("CHANNEL_NOT_FOUND"), &json!("none")));
        alice.post("/api/v1/channels", json!({"name": "tea"}), 201).await;
        socket.send(json!({"type": "join_channel", "channel_id": "tea"})).await;
        socket.wait("channel_joined").await;
        alice.delete("/api/v1/channels/tea", 200).await;
        assert_eq!(socket.wait("channel_left").await["channel_id"], "tea");
        assert!(Socket::try_open(&server, "/api/v1/ws?channel_id=general", None).await.is_err());
    }
}
