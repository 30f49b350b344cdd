//! Contract section 8, `/ws`.

use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Server, Socket, databases};
use futures_util::SinkExt as _;

#[tokio::test]
async fn a_socket_is_welcomed_and_may_sign_in_later() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        let mut socket = Socket::open(&server, "/ws", None).await;
        let welcome = socket.wait("system").await;
        assert_eq!(welcome["content"], "Welcome!");
        assert!(welcome["metadata"]["client_id"].as_str().unwrap().len() >= 22);
        socket.send(json!({"type": "auth", "token": "nonsense"})).await;
        assert_eq!(socket.wait("error").await["code"], "TOKEN_INVALID");
        socket.send(json!({"type": "auth", "token": user.token})).await;
        let signed_in = socket.wait("auth").await;
        assert_eq!((&signed_in["status"], &signed_in["user"]["id"]), (&json!("ok"), &user.user["id"]));
        socket.send(json!({"type": "auth", "token": other.token, "id": "a2"})).await;
        let refused = socket.wait("error").await;
        assert_eq!((&refused["code"], &refused["ref"]), (&json!("ALREADY_SIGNED_IN"), &json!("a2")));
        socket.send(json!({"type": "ping"})).await;
        socket.wait("pong").await;
    }
}

#[tokio::test]
async fn what_breaks_the_protocol_closes_with_its_code() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for (message, code) in [(Message::binary(vec![1, 2, 3]), 1003), (Message::text("x".repeat(524_289)), 1009)] {
            let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
            socket.wait("system").await;
            // the server may close while we are still sending
            let _ = socket.0.send(message).await;
            assert_eq!(socket.closed().await.map(|(code, _)| code), Some(code));
        }
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        for _ in 0..20 {
            socket.send(json!(["no object"])).await;
        }
        assert_eq!(socket.closed().await, Some((1008, "TOO_MANY_MALFORMED".to_owned())));
    }
}

#[tokio::test]
async fn without_anonymous_sockets_only_auth_is_heard() {
    for database in databases() {
        let server = Server::with(database, &[("WS_ALLOW_ANONYMOUS", "false")]);
        let user = server.account().await;
        let mut socket = Socket::open(&server, "/ws", None).await;
        socket.send(json!({"type": "message", "content": "Hello"})).await;
        socket.wait("error").await;
        socket.send(json!({"type": "auth", "token": user.token})).await;
        socket.wait("auth").await;
    }
}

#[tokio::test]
async fn an_invalid_token_in_header_or_query_is_refused() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let forged = crate::harness::Account { token: "a.b.c".to_owned(), ..user.clone() };
        assert!(Socket::try_open(&server, "/ws", Some(&forged)).await.is_err());
        assert!(Socket::try_open(&server, "/ws?token=a.b.c", None).await.is_err());
    }
}
