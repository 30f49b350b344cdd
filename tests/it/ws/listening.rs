//! Contract section 8, `/ws`: who hears what of a conversation, and who does not.

use serde_json::{Value, json};

use crate::harness::{Account, Server, Socket, databases};

/// A room of two, and its id.
async fn room(server: &Server) -> (Account, Account, Value) {
    let (owner, member) = (server.account().await, server.account().await);
    let room = owner.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].clone();
    owner.post(&format!("/api/rooms/{}/members/{}", room.as_str().unwrap(), member.id()), json!({}), 200).await;
    (owner, member, room)
}

async fn listener(server: &Server, account: &Account, room: &Value) -> Socket {
    let mut socket = Socket::open(server, "/ws", Some(account)).await;
    socket.send(json!({"type": "subscribe", "conversation_id": room})).await;
    socket.wait("subscribed").await;
    socket
}

#[tokio::test]
async fn a_stranger_who_subscribes_hears_nothing_while_it_is_looked_up_who_they_are() {
    const ROUNDS: usize = 200;
    for database in databases() {
        let server = Server::start(database);
        let (owner, member, room) = room(&server).await;
        let (mut one, mut two) = (listener(&server, &owner, &room).await, listener(&server, &member, &room).await);
        let stranger = server.account().await;
        let mut stranger = Socket::open(&server, "/ws", Some(&stranger)).await;
        stranger.wait("system").await;
        for round in 0..ROUNDS {
            stranger.send(json!({"type": "subscribe", "conversation_id": room})).await;
            one.send(json!({"type": "typing", "conversation_id": room, "typing": round % 2 == 0})).await;
        }
        for _ in 0..ROUNDS {
            let frame = stranger.next().await.unwrap();
            assert_eq!((&frame["type"], &frame["code"]), (&json!("error"), &json!("CONVERSATION_NOT_FOUND")));
            // meanwhile the member hears all of it
            two.wait("typing").await;
        }
    }
}

#[tokio::test]
async fn a_member_who_was_removed_is_not_said_to_type() {
    for database in databases() {
        let server = Server::start(database);
        let (owner, member, room) = room(&server).await;
        let (mut one, mut two) = (listener(&server, &owner, &room).await, listener(&server, &member, &room).await);
        two.send(json!({"type": "typing", "conversation_id": room, "typing": true})).await;
        assert_eq!(one.wait("typing").await["user_id"], member.user["id"]);
        owner.delete(&format!("/api/rooms/{}/members/{}", room.as_str().unwrap(), member.id()), 200).await;
        assert_eq!(two.wait("conversation").await["action"], "removed");
        two.send(json!({"type": "typing", "conversation_id": room, "typing": false, "id": "t"})).await;
        let refused = two.wait("error").await;
        assert_eq!((&refused["code"], &refused["ref"]), (&json!("CONVERSATION_NOT_FOUND"), &json!("t")));
        one.send(json!({"type": "ping"})).await;
        loop {
            let frame = one.next().await.unwrap();
            assert_ne!(frame["type"], "typing");
            if frame["type"] == "pong" {
                break;
            }
        }
    }
}
