//! Contract section 8, the conversations of `/ws`: every frame of its table, there and back.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Account, Server, Socket, databases};

async fn open(server: &Server, account: &Account) -> Socket {
    let mut socket = Socket::open(server, "/ws", Some(account)).await;
    socket.wait("system").await;
    socket
}

async fn subscribe(socket: &mut Socket, conversation: &Value, after: Option<i64>) -> Value {
    let mut frame = json!({"type": "subscribe", "conversation_id": conversation});
    if let Some(after) = after {
        frame["after_seq"] = json!(after);
    }
    socket.send(frame).await;
    socket.wait("subscribed").await
}

/// A room of these; its id.
async fn room(owner: &Account, others: &[&Account]) -> Value {
    let room = owner.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].clone();
    for other in others {
        owner.post(&format!("/api/rooms/{}/members/{}", room.as_str().unwrap(), other.id()), json!({}), 200).await;
    }
    room
}

async fn post(account: &Account, conversation: &Value, content: &str) -> Value {
    let path = format!("/api/conversations/{}/messages", conversation.as_str().unwrap());
    account.post(&path, json!({"content": content}), 201).await
}

/// What the socket is told before the answer to a ping.
async fn until_pong(socket: &mut Socket) -> Vec<Value> {
    socket.send(json!({"type": "ping"})).await;
    let mut frames = Vec::new();
    loop {
        let frame = socket.next().await.unwrap();
        if frame["type"] == "pong" {
            return frames;
        }
        frames.push(frame);
    }
}

/// The next stored event; news and presence come when they like.
async fn event(socket: &mut Socket) -> Value {
    loop {
        let frame = socket.next().await.unwrap();
        if frame["seq"].is_i64() && frame["type"] != "read" {
            return frame;
        }
        assert!(matches!(frame["type"].as_str(), Some("presence" | "conversation")), "{frame}");
    }
}

#[tokio::test]
async fn a_message_is_acknowledged_and_told_and_the_same_again_is_the_same() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let room = room(&alice, &[&bob]).await;
        let (mut one, mut other) = (open(&server, &alice).await, open(&server, &bob).await);
        let started = subscribe(&mut one, &room, None).await;
        assert_eq!(
            started,
            json!({"type": "subscribed", "conversation_id": room, "last_seq": 0, "recovered": true, "events": []})
        );
        subscribe(&mut other, &room, None).await;

        let send = json!({"type": "send", "conversation_id": room, "content": "Hello", "client_msg_id": "m1"});
        one.send(send.clone()).await;
        let ack = one.wait("ack").await;
        assert_eq!((&ack["client_msg_id"], &ack["seq"]), (&json!("m1"), &json!(1)));
        let mine = event(&mut one).await;
        assert_eq!((&mine["type"], &mine["client_msg_id"]), (&json!("new_message"), &json!("m1")));
        let theirs = event(&mut other).await;
        assert_eq!((&theirs["client_msg_id"], &theirs["message"]), (&json!(null), &mine["message"]));
        assert_eq!(theirs["message"]["id"], ack["message_id"]);
        assert_eq!(theirs["message"]["sender"]["username"], alice.username());

        one.send(send.clone()).await;
        assert_eq!(one.wait("ack").await, ack);
        let mut changed = send;
        changed["content"] = json!("Something else");
        one.send(changed).await;
        let error = one.wait("error").await;
        assert_eq!((&error["code"], &error["ref"]), (&json!("CLIENT_MSG_ID_REUSED"), &json!("m1")));
        assert_eq!(until_pong(&mut other).await, Vec::<Value>::new());

        // whoever does not listen gets the acknowledgement only
        one.send(json!({"type": "unsubscribe", "conversation_id": room})).await;
        assert_eq!(one.wait("unsubscribed").await["conversation_id"], room);
        let reply = json!({"type": "send", "conversation_id": room, "content": "And", "client_msg_id": "m2",
            "reply_to": ack["message_id"], "msg_type": "text"});
        one.send(reply).await;
        assert_eq!(one.wait("ack").await["seq"], 2);
        assert!(until_pong(&mut one).await.iter().all(|frame| frame["type"] != "new_message"));
        assert_eq!(event(&mut other).await["message"]["reply_to"], ack["message_id"]);
    }
}

#[tokio::test]
async fn changes_are_told_in_order_and_recovered_in_their_latest_state() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let room = room(&alice, &[&bob]).await;
        let (mut one, mut other) = (open(&server, &alice).await, open(&server, &bob).await);
        subscribe(&mut other, &room, None).await;
        let kept = post(&alice, &room, "Keep").await["id"].clone();
        let gone = post(&alice, &room, "Lose").await["id"].clone();
        let react = |remove: bool| json!({"type": "react", "message_id": kept, "emoji": "👍", "remove": remove});
        for frame in [
            json!({"type": "edit", "message_id": kept, "content": "Kept"}),
            react(false),
            react(true),
            react(false),
            json!({"type": "delete", "message_id": gone}),
        ] {
            one.send(frame).await;
        }
        for seq in 1..=2 {
            assert_eq!(event(&mut other).await["seq"], seq);
        }
        let updated = event(&mut other).await;
        assert_eq!((&updated["type"], &updated["seq"]), (&json!("message_updated"), &json!(3)));
        assert_eq!((&updated["message"]["content"], &updated["message"]["seq"]), (&json!("Kept"), &json!(1)));
        for (seq, removed) in [(4, false), (5, true), (6, false)] {
            let expected = json!({"type": "reaction", "conversation_id": room, "seq": seq, "message_id": kept,
                "user_id": alice.id(), "emoji": "👍", "removed": removed});
            assert_eq!(event(&mut other).await, expected);
        }
        let deleted = json!({"type": "message_deleted", "conversation_id": room, "seq": 7, "message_id": gone});
        assert_eq!(event(&mut other).await, deleted);

        let mut late = open(&server, &bob).await;
        let recovered = subscribe(&mut late, &room, Some(0)).await;
        assert_eq!((&recovered["last_seq"], &recovered["recovered"]), (&json!(7), &json!(true)));
        let events = recovered["events"].as_array().unwrap();
        assert_eq!((events.len(), &events[1]), (2, &deleted));
        assert_eq!((&events[0]["type"], &events[0]["seq"]), (&json!("new_message"), &json!(6)));
        assert_eq!(events[0]["message"]["reactions"], json!({"👍": [alice.id()]}));
        // to whoever had the message already it is an update
        let recovered = subscribe(&mut late, &room, Some(3)).await;
        assert_eq!(recovered["events"][0]["type"], "message_updated");

        // nobody changes what is not theirs, and the error says which frame it was
        late.send(json!({"type": "edit", "message_id": kept, "content": "Mine", "id": 7})).await;
        let error = late.wait("error").await;
        assert_eq!((&error["ref"], &error["code"]), (&json!(7), &json!("FORBIDDEN")));
        late.send(json!({"type": "delete", "message_id": "00000000-0000-7000-8000-000000000000", "id": "d"})).await;
        assert_eq!(late.wait("error").await["code"], "MESSAGE_NOT_FOUND");
    }
}

#[tokio::test]
async fn recovery_is_complete_or_refused() {
    for database in databases() {
        let server = Server::start(database);
        let alice = server.account().await;
        let mut socket = open(&server, &alice).await;
        let many = room(&alice, &[]).await;
        join_all((0..301).map(async |number| post(&alice, &many, &number.to_string()).await)).await;
        let recovered = subscribe(&mut socket, &many, Some(1)).await;
        let events = recovered["events"].as_array().unwrap();
        let seqs: Vec<_> = events.iter().map(|event| event["seq"].as_i64().unwrap()).collect();
        assert_eq!(seqs, (2..=301).collect::<Vec<_>>());
        let refused = |conversation: &Value, last_seq: i64| {
            json!({"type": "subscribed", "conversation_id": conversation, "last_seq": last_seq, "recovered": false,
                "events": []})
        };
        assert_eq!(subscribe(&mut socket, &many, Some(0)).await, refused(&many, 301));

        let long = room(&alice, &[]).await;
        for _ in 0..17 {
            post(&alice, &long, &"x".repeat(16_384)).await;
        }
        assert_eq!(subscribe(&mut socket, &long, Some(0)).await, refused(&long, 17));
        assert_eq!(subscribe(&mut socket, &long, Some(10)).await["events"].as_array().unwrap().len(), 7);
        // history goes on where recovery does not
        let path = format!("/api/conversations/{}/messages?after_seq=0&limit=200", long.as_str().unwrap());
        assert_eq!(alice.get(&path, 200).await.as_array().unwrap().len(), 17);
    }
}

#[tokio::test]
async fn typing_is_told_to_the_others_once_and_reading_to_all() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let room = room(&alice, &[&bob]).await;
        let (mut one, mut other) = (open(&server, &alice).await, open(&server, &bob).await);
        subscribe(&mut one, &room, None).await;
        subscribe(&mut other, &room, None).await;
        for typing in [true, true, false] {
            one.send(json!({"type": "typing", "conversation_id": room, "typing": typing})).await;
        }
        for typing in [true, false] {
            let told = other.wait("typing").await;
            assert_eq!((&told["user_id"], &told["typing"]), (&json!(alice.id()), &json!(typing)));
        }
        assert!(until_pong(&mut one).await.iter().all(|frame| frame["type"] != "typing"));

        post(&alice, &room, "Read this").await;
        let path = format!("/api/conversations/{}", room.as_str().unwrap());
        assert_eq!(bob.get(&path, 200).await["unread"], 1);
        other.send(json!({"type": "read", "conversation_id": room, "seq": 1})).await;
        for socket in [&mut one, &mut other] {
            let told = socket.wait("read").await;
            assert_eq!((&told["user_id"], &told["seq"]), (&json!(bob.id()), &json!(1)));
        }
        assert_eq!(bob.get(&path, 200).await["unread"], 0);
    }
}

#[tokio::test]
async fn presence_is_told_to_whoever_shares_a_conversation_and_to_agents() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, friend, stranger) = (server.account().await, server.account().await, server.account().await);
        let boss = server.super_agent().await;
        room(&alice, &[&friend]).await;
        let mut told = [open(&server, &friend).await, open(&server, &boss).await];
        let mut untold = open(&server, &stranger).await;
        let presence = json!({"type": "presence", "user_id": alice.id(), "username": alice.username()});
        let about_alice = async |socket: &mut Socket| loop {
            let mut frame = socket.wait("presence").await;
            if frame["user_id"] == json!(alice.id()) {
                let is_online = frame.as_object_mut().unwrap().remove("is_online").unwrap();
                assert_eq!(frame, presence);
                return is_online;
            }
        };
        let socket = open(&server, &alice).await;
        for socket in &mut told {
            assert_eq!(about_alice(socket).await, true);
        }
        drop(socket);
        for socket in &mut told {
            assert_eq!(about_alice(socket).await, false);
        }
        assert!(until_pong(&mut untold).await.iter().all(|frame| frame["user_id"] != json!(alice.id())));
    }
}

#[tokio::test]
async fn members_are_told_of_their_conversations_without_asking() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let mut socket = open(&server, &bob).await;
        let room = room(&alice, &[&bob]).await;
        let told = socket.wait("conversation").await;
        assert_eq!((&told["action"], &told["conversation"]["id"]), (&json!("created"), &room));
        post(&alice, &room, "One").await;
        let last = post(&alice, &room, "Two").await["id"].clone();
        // coalesced: once for both, or once each
        loop {
            let news = socket.wait("conversation").await;
            assert_eq!(news["action"], "message");
            if news["conversation"]["last_message"]["id"] == last {
                assert_eq!(news["conversation"]["unread"], 2);
                break;
            }
        }
        alice.delete(&format!("/api/rooms/{}/members/{}", room.as_str().unwrap(), bob.id()), 200).await;
        let removed = socket.wait("conversation").await;
        assert_eq!((&removed["action"], &removed["conversation"]["id"]), (&json!("removed"), &room));
        socket.send(json!({"type": "subscribe", "conversation_id": room, "id": "gone"})).await;
        assert_eq!(socket.wait("error").await["ref"], "gone");

        let chat = bob.post("/api/chats", json!({}), 201).await["id"].clone();
        bob.put(&format!("/api/chats/{}/status", chat.as_str().unwrap()), json!({"status": "closed"}), 200).await;
        let updated = loop {
            let told = socket.wait("conversation").await;
            if told["action"] == "updated" {
                break told;
            }
        };
        assert_eq!((&updated["conversation"]["status"], &updated["seq"]), (&json!("closed"), &json!(1)));
    }
}

#[tokio::test]
async fn a_direct_conversation_begins_with_a_frame() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let (mut one, mut other) = (open(&server, &alice).await, open(&server, &bob).await);
        one.send(json!({"type": "send", "to_user_id": bob.username(), "content": "Hi", "client_msg_id": "d"})).await;
        let ack = one.wait("ack").await;
        let told = other.wait("conversation").await;
        assert_eq!(told["conversation"]["id"], ack["conversation_id"]);
        let recovered = subscribe(&mut other, &ack["conversation_id"], Some(0)).await;
        assert_eq!(recovered["events"][0]["message"]["content"], "Hi");
        one.send(json!({"type": "send", "to_user_id": 4_000_000, "content": "Hi", "client_msg_id": "n"})).await;
        assert_eq!(one.wait("error").await["ref"], "n");
    }
}

#[tokio::test]
async fn a_lost_connection_can_be_had_on_demand() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let mut socket = Socket::open(&server, "/ws", Some(&alice)).await;
        let id = socket.wait("system").await["metadata"]["client_id"].clone();
        bob.post("/simulate/disconnect", json!({"client_id": id}), 404).await;
        alice.post("/simulate/disconnect", json!({"client_id": id}), 200).await;
        assert_eq!(socket.closed().await, None);
    }
}
