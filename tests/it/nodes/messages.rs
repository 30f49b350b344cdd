//! Contract section 8, order and delivery, with two nodes that write into the same conversations.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Account, Cluster, Server, Socket, databases};

async fn post(account: &Account, room: &str, content: &str) {
    account.post("/api/messages", json!({"content": content, "room_id": room}), 201).await;
}

/// What the database holds, in the order of `seq`.
async fn stored(account: &Account, room: &str) -> Vec<(i64, String)> {
    let mut all: Vec<(i64, String)> = Vec::new();
    loop {
        let after = all.last().map_or(0, |(seq, _)| *seq);
        let path = format!("/api/conversations/{room}/messages?after_seq={after}&limit=200");
        let page = account.get(&path, 200).await;
        let page = page.as_array().unwrap();
        if page.is_empty() {
            return all;
        }
        let entry = |message: &Value| (message["seq"].as_i64().unwrap(), content(message));
        all.extend(page.iter().map(entry));
    }
}

fn content(message: &Value) -> String {
    message["content"].as_str().unwrap().to_owned()
}

/// The next messages that a socket of the full protocol hears.
async fn heard(socket: &mut Socket, count: usize) -> Vec<(i64, String)> {
    let mut log = Vec::new();
    while log.len() < count {
        let frame = socket.wait("new_message").await;
        log.push((frame["seq"].as_i64().unwrap(), content(&frame["message"])));
    }
    log
}

/// The same in the dialect of the rooms, which has no `seq`.
async fn heard_in_rooms(socket: &mut Socket, count: usize) -> Vec<String> {
    let mut log = Vec::new();
    while log.len() < count {
        log.push(content(&socket.wait("message").await["message"]));
    }
    log
}

async fn in_rooms(server: &Server, account: &Account) -> Socket {
    let mut socket = Socket::open(server, "/api/ws/connect", Some(account)).await;
    socket.wait("connection").await;
    socket
}

#[tokio::test]
async fn what_is_posted_on_one_node_is_heard_on_the_other_in_order() {
    let Some(cluster) = Cluster::start().await else { return };
    let (alice, bob) = cluster.alice_and_bob().await;
    let room = Cluster::room(&alice, &bob).await;
    let mut native = Cluster::listen(&cluster.other, &bob, &room).await;
    let mut rooms = in_rooms(&cluster.other, &bob).await;
    for n in 1..=20 {
        post(&alice, &room, &format!("message {n}")).await;
    }
    let stored = stored(&bob, &room).await;
    assert_eq!(stored.len(), 20);
    assert_eq!(heard(&mut native, 20).await, stored);
    assert_eq!(heard_in_rooms(&mut rooms, 20).await, stored.into_iter().map(|(_, text)| text).collect::<Vec<_>>());
    // what is not stored is brought too
    let mut mine = Cluster::listen(&cluster.one, &alice, &room).await;
    mine.send(json!({"type": "typing", "conversation_id": room, "typing": true})).await;
    assert_eq!(native.wait("typing").await["user_id"], alice.id());
    native.send(json!({"type": "read", "conversation_id": room, "seq": 20})).await;
    let read = mine.wait("read").await;
    assert_eq!((&read["user_id"], &read["seq"]), (&json!(bob.id()), &json!(20)));
}

#[tokio::test]
async fn changes_and_channels_are_heard_across_nodes() {
    let Some(cluster) = Cluster::start().await else { return };
    let (alice, bob) = cluster.alice_and_bob().await;
    let mut socket = Socket::open(&cluster.other, "/api/v1/ws?channel_id=general", Some(&bob)).await;
    socket.wait("channel_joined").await;
    let posted = alice.post("/api/v1/messages", json!({"channel_id": "general", "content": "Hi"}), 201).await;
    let path = format!("/api/v1/messages/{}", posted["data"]["id"].as_str().unwrap());
    alice.put(&path, json!({"content": "Hello"}), 200).await;
    alice.delete(&path, 200).await;
    for (kind, content) in
        [("new_message", json!("Hi")), ("message_updated", json!("Hello")), ("message_deleted", json!(null))]
    {
        let frame = socket.next().await.unwrap();
        assert_eq!((&frame["type"], &frame["data"]["content"]), (&json!(kind), &content));
    }
    let mut mine = Socket::open(&cluster.one, "/api/v1/ws?channel_id=general", Some(&alice)).await;
    mine.wait("channel_joined").await;
    assert_eq!(socket.wait("channel_joined").await["user_email"], alice.user["email"]);
}

#[tokio::test]
async fn a_chat_is_assigned_on_one_node_and_its_agent_on_the_other_is_shut_out() {
    let Some(cluster) = Cluster::start().await else { return };
    let boss = cluster.one.super_agent().await;
    let make = async |name: &str| {
        let body = json!({"username": name, "email": format!("{name}@example.com"), "password": Account::PASSWORD,
            "role": "agent"});
        boss.post("/api/auth/register", body, 201).await;
        Account::sign_in(&cluster.other, name, Account::PASSWORD).await
    };
    let (first, second) = (make("first.agent").await, make("second.agent").await);
    let customer = cluster.one.account().await;
    let chat = customer.post("/api/chats", json!({}), 201).await["id"].as_str().unwrap().to_owned();
    first.put(&format!("/api/chats/{chat}/assign"), json!({"agentId": first.id()}), 200).await;
    let mut shut_out = Cluster::listen(&cluster.other, &first, &chat).await;
    boss.put(&format!("/api/chats/{chat}/assign"), json!({"agentId": second.id()}), 200).await;
    assert_eq!(shut_out.wait("conversation").await["action"], "updated");
    customer.post(&format!("/api/chats/{chat}/messages"), json!({"content": "secret"}), 201).await;
    // by the answer to a later question everything before has been told
    shut_out.send(json!({"type": "subscribe", "conversation_id": chat})).await;
    loop {
        let frame = shut_out.next().await.unwrap();
        assert_ne!(frame["type"], "new_message");
        if frame["type"] == "error" {
            break;
        }
    }
}

/// Sends messages over a socket that listens to nothing, and waits until all are stored.
async fn flood(server: &Server, account: &Account, room: &str, count: usize) {
    let mut socket = Socket::open(server, "/ws", Some(account)).await;
    for n in 0..count {
        let name = format!("{}-{n}", account.username());
        socket.send(json!({"type": "send", "conversation_id": room, "content": name, "client_msg_id": name})).await;
    }
    for _ in 0..count {
        socket.wait("ack").await;
    }
}

#[tokio::test]
async fn two_nodes_write_into_one_conversation_and_all_hear_what_the_database_holds() {
    let Some(cluster) = Cluster::start().await else { return };
    let (alice, bob) = cluster.alice_and_bob().await;
    let room = Cluster::room(&alice, &bob).await;
    let mut natives =
        [Cluster::listen(&cluster.one, &alice, &room).await, Cluster::listen(&cluster.other, &bob, &room).await];
    let mut others = [in_rooms(&cluster.one, &alice).await, in_rooms(&cluster.other, &bob).await];
    let [first, second] = &mut natives;
    let [third, fourth] = &mut others;
    let (one, two, three, four, (), ()) = tokio::join!(
        heard(first, 200),
        heard(second, 200),
        heard_in_rooms(third, 200),
        heard_in_rooms(fourth, 200),
        flood(&cluster.one, &alice, &room, 100),
        flood(&cluster.other, &bob, &room, 100),
    );
    let stored = stored(&alice, &room).await;
    assert_eq!(stored.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=200).collect::<Vec<_>>());
    assert!(one == stored && two == stored);
    let texts: Vec<String> = stored.into_iter().map(|(_, text)| text).collect();
    assert!(three == texts && four == texts);
}

#[tokio::test]
async fn without_redis_what_was_missed_is_found_as_soon_as_something_comes_after_it() {
    let Some((one, other)) = Cluster::nodes(&[]) else { return };
    let (alice, bob) = (one.account().await, one.account().await.on(&other));
    let room = Cluster::room(&alice, &bob).await;
    let mut native = Cluster::listen(&other, &bob, &room).await;
    let mut rooms = in_rooms(&other, &bob).await;
    post(&bob, &room, "first").await;
    for n in 0..5 {
        post(&alice, &room, &format!("unheard {n}")).await;
    }
    post(&bob, &room, "last").await;
    let stored = stored(&bob, &room).await;
    assert_eq!(stored.len(), 7);
    assert_eq!(heard(&mut native, 7).await, stored);
    assert_eq!(heard_in_rooms(&mut rooms, 7).await, stored.into_iter().map(|(_, text)| text).collect::<Vec<_>>());
}

#[tokio::test]
async fn redis_goes_and_comes_and_nothing_is_lost() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let (alice, bob) = cluster.alice_and_bob().await;
    let (room, quiet) = (Cluster::room(&alice, &bob).await, Cluster::room(&alice, &bob).await);
    let mut native = Cluster::listen(&cluster.other, &bob, &room).await;
    let mut rooms = in_rooms(&cluster.other, &bob).await;
    let mut still = Cluster::listen(&cluster.other, &bob, &quiet).await;
    post(&alice, &room, "before").await;
    assert_eq!(heard(&mut native, 1).await.len(), 1);
    assert_eq!(heard_in_rooms(&mut rooms, 1).await, ["before"]);
    cluster.redis.kill();
    cluster.reach_redis(false).await;
    for n in 0..10 {
        post(&alice, &room, &format!("meanwhile {n}")).await;
    }
    post(&alice, &quiet, "meanwhile, elsewhere").await;
    cluster.redis.restart();
    cluster.reach_redis(true).await;
    post(&alice, &room, "after").await;
    let stored = stored(&bob, &room).await;
    assert_eq!(stored.len(), 12);
    assert_eq!(heard(&mut native, 11).await, stored[1..]);
    // nothing comes after what was missed here: the reconnection alone brings it
    assert_eq!(heard(&mut still, 1).await[0].1, "meanwhile, elsewhere");
    let mut texts: Vec<String> = stored.into_iter().skip(1).map(|(_, text)| text).collect();
    texts.push("meanwhile, elsewhere".to_owned());
    texts.sort();
    let mut told = heard_in_rooms(&mut rooms, 12).await;
    told.sort();
    assert_eq!(told, texts);
    // and nothing comes twice
    native.send(json!({"type": "ping"})).await;
    while let Ok(Ok(frame)) = tokio::time::timeout(Duration::from_secs(15), native.next()).await {
        assert_ne!(frame["type"], "new_message");
        if frame["type"] == "pong" {
            return;
        }
    }
    panic!("no pong");
}

#[tokio::test]
async fn a_job_is_told_to_its_owner_on_every_node() {
    let Some(cluster) = Cluster::start().await else { return };
    let alice = cluster.one.account().await;
    let mut socket = Socket::open(&cluster.other, "/ws", Some(&alice)).await;
    socket.wait("system").await;
    let job = alice.start_job().await;
    loop {
        let frame = socket.wait("job").await;
        assert_eq!(frame["job"]["job_id"], job.as_str());
        if frame["job"]["status"] == "completed" {
            return;
        }
    }
}

#[tokio::test]
async fn a_node_without_redis_says_so_and_works() {
    // nothing listens on port 1
    for database in databases() {
        let server = Server::with(database, &[("REDIS_URL", "redis://127.0.0.1:1")]);
        let user = server.account().await;
        let health = user.get("/health", 200).await;
        assert_eq!((&health["status"], &health["redis"]), (&json!("degraded"), &json!("unavailable")));
        let metrics = user.request(reqwest::Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("greenroom_redis_connected 0"), "{metrics}");
        user.post("/api/messages", json!({"content": "to everybody"}), 201).await;
    }
}
