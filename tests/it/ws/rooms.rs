//! Contract section 8, `/api/ws/connect`.

use serde_json::{Value, json};

use crate::harness::{Account, Server, Socket, databases};

async fn connect(server: &Server, account: &Account) -> Socket {
    let mut socket = Socket::open(server, "/api/ws/connect", Some(account)).await;
    let connection = socket.wait("connection").await;
    assert_eq!(connection, json!({"type": "connection", "status": "connected", "user_id": account.username()}));
    socket
}

/// What the socket is told before the answer to a ping.
async fn until_pong(socket: &mut Socket) -> Vec<Value> {
    socket.send(json!({"type": "ping"})).await;
    let mut frames = Vec::new();
    loop {
        let frame = socket.next().await.unwrap();
        if frame == json!({"type": "pong", "status": "ok"}) {
            return frames;
        }
        frames.push(frame);
    }
}

#[tokio::test]
async fn nobody_connects_without_a_token() {
    for database in databases() {
        let server = Server::start(database);
        assert!(Socket::try_open(&server, "/api/ws/connect", None).await.is_err());
        assert!(Socket::try_open(&server, "/api/ws/connect?token=a.b.c", None).await.is_err());
    }
}

#[tokio::test]
async fn a_direct_message_reaches_the_two_and_nobody_else() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob, eve) = (server.account().await, server.account().await, server.account().await);
        let (mut mine, mut theirs) = (connect(&server, &alice).await, connect(&server, &bob).await);
        let mut foreign = connect(&server, &eve).await;
        mine.send(json!({"type": "message", "content": "Psst", "recipient": bob.username()})).await;
        let told = theirs.wait("direct_message").await;
        assert_eq!(mine.wait("direct_message").await, told);
        let path = format!("/api/messages/between/{}/{}", alice.username(), bob.username());
        assert_eq!(bob.get(&path, 200).await, json!([told["message"]]));
        // a later message to everybody is the first that the others hear
        bob.post("/api/messages", json!({"content": "Hello all"}), 201).await;
        assert_eq!(foreign.wait("message").await["message"]["content"], "Hello all");
        assert_eq!(until_pong(&mut foreign).await, Vec::<Value>::new());
    }
}

#[tokio::test]
async fn who_joins_a_room_hears_it_on_an_open_socket_and_who_leaves_does_not() {
    for database in databases() {
        let server = Server::start(database);
        let (alice, bob) = (server.account().await, server.account().await);
        let room = alice.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].clone();
        let member = format!("/api/rooms/{}/members/{}", room.as_str().unwrap(), bob.id());
        let mut socket = connect(&server, &bob).await;
        socket.send(json!({"type": "message", "content": "x", "room_id": room})).await;
        assert_eq!(socket.wait("error").await["code"], "ROOM_NOT_FOUND");
        alice.post(&member, json!({}), 200).await;
        alice.post("/api/messages", json!({"content": "Hello", "room_id": room}), 201).await;
        assert_eq!(socket.wait("message").await["message"]["room_id"], room);
        alice.delete(&member, 200).await;
        alice.post("/api/messages", json!({"content": "He is gone", "room_id": room}), 201).await;
        alice.post("/api/messages", json!({"content": "to everybody"}), 201).await;
        assert_eq!(socket.wait("message").await["message"]["content"], "to everybody");
    }
}

#[tokio::test]
async fn errors_leave_the_connection_open() {
    for database in databases() {
        let server = Server::start(database);
        let alice = server.account().await;
        let mut socket = connect(&server, &alice).await;
        socket.send(json!({"type": "message", "content": "x", "recipient": "nobody.here"})).await;
        assert_eq!(socket.wait("error").await["error"], "User not found: nobody.here");
        socket.send(json!(["no object"])).await;
        assert_eq!(socket.wait("error").await["error"], "Invalid message format");
        let users = alice.get("/api/ws/users", 200).await;
        assert_eq!((&users["connected_users"], &users["count"]), (&json!([alice.username()]), &json!(1)));
        until_pong(&mut socket).await;
    }
}
