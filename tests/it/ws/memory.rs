//! Contract sections 4 and 8: saved questions loaded into a socket, and what the assistant answers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::ai_stub::{AiStub, Ask, embeddings, refuses, says};
use crate::harness::{Account, Database, Server, Socket, databases};

const QUESTION: &str = "How do you tune PostgreSQL?";
const ANSWER: &str = "I read the query plans first.";
const NO_ANSWER: &str = "I don't have information about that.";

async fn client_id(socket: &mut Socket) -> Value {
    socket.wait("system").await["metadata"]["client_id"].clone()
}

async fn ask(socket: &mut Socket, question: &str) -> Value {
    socket.send(json!({"type": "message", "content": question})).await;
    socket.wait("message").await
}

/// Somebody with a completed job and a saved question; the job.
async fn prepared(user: &Account) -> String {
    let job = user.start_job().await;
    user.ended(&job).await;
    let save = json!({"job_id": job, "question_id": "q1", "question": "How do you tune PostgreSQL?",
        "answer": "I read the query plans first."});
    user.post("/api/interview/save-question", save, 201).await;
    job
}

#[tokio::test]
async fn what_is_loaded_is_answered_until_it_is_unloaded() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let job = prepared(&user).await;
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        let id = client_id(&mut socket).await;
        assert_eq!(ask(&mut socket, "How do you tune PostgreSQL?").await["content"], NO_ANSWER);

        let load = json!({"client_id": id, "job_id": job, "user_id": job, "limit": 20});
        let loaded = user.post("/api/chat/load-qa", load, 200).await;
        assert_eq!(loaded, json!({"success": true, "client_id": id, "loaded": 1}));
        for question in ["how do you tune postgresql", "How would you go about tuning PostgreSQL?"] {
            let answer = ask(&mut socket, question).await;
            assert_eq!(answer["content"], "I read the query plans first.", "{answer}");
            assert_eq!(answer["metadata"]["matched_question"], "How do you tune PostgreSQL?");
        }
        for question in ["How do you tune MySQL?", "Zebras migrate in July"] {
            let answer = ask(&mut socket, question).await;
            assert_eq!((&answer["content"], &answer["metadata"]["from_qa"]), (&json!(NO_ANSWER), &json!(false)));
        }

        user.post("/api/chat/unload-qa", json!({"client_id": id}), 200).await;
        assert_eq!(ask(&mut socket, "How do you tune PostgreSQL?").await["content"], NO_ANSWER);
    }
}

#[tokio::test]
async fn a_socket_is_loaded_by_its_user_only_and_a_signed_out_one_by_whoever_knows_it() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        prepared(&user).await;
        let mut mine = Socket::open(&server, "/ws", Some(&user)).await;
        let mut open = Socket::open(&server, "/ws", None).await;
        let (id, open_id) = (client_id(&mut mine).await, client_id(&mut open).await);
        for path in ["/api/chat/load-qa", "/api/chat/unload-qa"] {
            other.post(path, json!({"client_id": id}), 404).await;
            other.post(path, json!({"client_id": "nobody"}), 404).await;
            assert_eq!(other.post(path, json!({}), 400).await["field"], "client_id");
        }
        user.post("/api/chat/load-qa", json!({"client_id": id, "limit": 0}), 400).await;
        user.post("/api/chat/load-qa", json!({"client_id": id, "user_id": other.id()}), 403).await;

        user.post("/api/chat/load-qa", json!({"client_id": open_id}), 200).await;
        assert_eq!(ask(&mut open, "how do you tune postgresql").await["metadata"]["similarity"], 1.0);
        assert_eq!(ask(&mut mine, "how do you tune postgresql").await["content"], NO_ANSWER);
        // whoever signs in does not get what somebody else has loaded
        open.send(json!({"type": "auth", "token": other.token})).await;
        open.wait("auth").await;
        assert_eq!(ask(&mut open, "how do you tune postgresql").await["content"], NO_ANSWER);
    }
}

#[tokio::test]
async fn a_slow_or_broken_embedder_changes_no_order_and_stops_nothing_else() {
    let stub = AiStub::with(|call| match call.ask {
        Ask::Chat => says("{}"),
        Ask::Embeddings if call.text().contains("no vector") => refuses(401, "invalid_api_key", "No."),
        Ask::Embeddings if call.text().contains("slow") => embeddings(call).set_delay(Duration::from_secs(1)),
        Ask::Embeddings => embeddings(call),
    })
    .await;
    for database in databases() {
        let server = stub.serve(database, &[("LLM_API_URL", ""), ("QA_SIMILARITY_THRESHOLD", "auto")]);
        let user = server.account().await;
        prepared(&user).await;
        let mut socket = Socket::open(&server, "/ws", None).await;
        let load = json!({"client_id": client_id(&mut socket).await});
        user.post("/api/chat/load-qa", load.clone(), 200).await;
        // vectors are kept, and the model is measured once
        let asked = stub.calls("").len();
        user.post("/api/chat/load-qa", load, 200).await;
        assert_eq!(stub.calls("").len(), asked);

        for (id, question) in [("1", "a slow one"), ("2", "How do you tune PostgreSQL?"), ("3", "no vector")] {
            socket.send(json!({"type": "message", "content": question, "sessionId": id})).await;
        }
        socket.send(json!({"type": "ping"})).await;
        assert_eq!(socket.next().await.unwrap()["type"], "pong");
        let mut answers = Vec::new();
        for id in ["1", "2", "3"] {
            let answer = socket.wait("message").await;
            assert_eq!(answer["sessionId"], id);
            answers.push(answer);
        }
        assert_eq!(answers[1]["content"], "I read the query plans first.");
        assert_eq!(answers[2]["metadata"]["reason"], "EMBEDDING_UNAVAILABLE");
    }
}

/// Opens a socket that has been loaded, and its name.
async fn loaded(server: &Server, user: &Account) -> (Socket, Value) {
    let mut socket = Socket::open(server, "/ws", Some(user)).await;
    let id = client_id(&mut socket).await;
    let loaded = user.post("/api/chat/load-qa", json!({"client_id": id}), 200).await;
    assert_eq!(loaded["loaded"], 1);
    (socket, id)
}

/// A new socket, which must be told that the memory is there again; its name.
async fn restored(server: &Server, user: &Account, path: &str) -> (Socket, Value) {
    let mut socket = Socket::open(server, path, Some(user)).await;
    let id = client_id(&mut socket).await;
    let announced = socket.wait("system").await;
    assert_eq!(announced["metadata"], json!({"client_id": id, "memory": {"restored": true, "loaded": 1}}));
    assert_eq!(ask(&mut socket, QUESTION).await["content"], ANSWER);
    (socket, id)
}

/// Nothing is announced, and there is no answer in memory.
async fn knows_nothing(server: &Server, user: &Account, path: &str) -> Socket {
    let mut socket = Socket::open(server, path, Some(user)).await;
    socket.wait("system").await;
    socket.send(json!({"type": "message", "content": QUESTION})).await;
    let answer = loop {
        let frame = socket.next().await.unwrap();
        assert_ne!(frame["type"], "system", "{frame}");
        if frame["type"] == "message" {
            break frame;
        }
    };
    assert_eq!(answer["content"], NO_ANSWER);
    socket
}

async fn drop_connection(user: &Account, id: &Value) {
    user.post("/simulate/disconnect", json!({"client_id": id}), 200).await;
}

#[tokio::test]
async fn memory_is_there_again_after_a_reconnect_and_a_restart_until_it_is_unloaded() {
    for database in databases() {
        let mut server = Server::start(database);
        let user = server.account().await;
        prepared(&user).await;
        let (_first, id) = loaded(&server, &user).await;
        drop_connection(&user, &id).await;
        let (mut second, id) = restored(&server, &user, "/ws").await;
        second.0.close(None).await.unwrap();
        assert_ne!(second.closed().await, Some((1011, "SESSION_FAILED".to_owned())));
        let (_third, _) = restored(&server, &user, &format!("/ws?resume={}", id.as_str().unwrap())).await;
        server.kill_and_restart();
        // signed in by a frame: the questions that are asked at once wait for the memory
        let mut socket = Socket::open(&server, "/ws", None).await;
        let id = client_id(&mut socket).await;
        socket.send(json!({"type": "auth", "token": user.token})).await;
        socket.wait("auth").await;
        assert_eq!(ask(&mut socket, QUESTION).await["content"], ANSWER);
        user.post("/api/chat/unload-qa", json!({"client_id": id}), 200).await;
        drop_connection(&user, &id).await;
        knows_nothing(&server, &user, "/ws").await;
    }
}

#[tokio::test]
async fn memory_belongs_to_one_socket_and_is_handed_over_to_the_one_that_names_it() {
    for database in databases() {
        let server = Server::start(database);
        let (user, stranger) = (server.account().await, server.account().await);
        prepared(&user).await;
        let (mut first, id) = loaded(&server, &user).await;
        let resume = format!("/ws?resume={}", id.as_str().unwrap());
        knows_nothing(&server, &user, "/ws").await;
        knows_nothing(&server, &user, "/ws?resume=nonsense").await;
        knows_nothing(&server, &stranger, &resume).await;
        let (_second, second) = restored(&server, &user, &resume).await;
        assert_eq!(ask(&mut first, QUESTION).await["content"], NO_ANSWER);
        // a client that never learned the name of its second socket names the first
        drop_connection(&user, &second).await;
        let (_third, third) = restored(&server, &user, &resume).await;
        // it is forgotten on any socket of the user once the one that had it is gone
        drop_connection(&user, &third).await;
        let mut other = Socket::open(&server, "/ws?resume=nonsense", Some(&user)).await;
        let other = client_id(&mut other).await;
        user.post("/api/chat/unload-qa", json!({"client_id": other}), 200).await;
        knows_nothing(&server, &user, "/ws").await;
    }
}

#[tokio::test]
async fn memory_follows_its_user_to_another_node() {
    for database in databases().into_iter().filter(|database| *database != Database::Sqlite) {
        let secret = [("JWT_SECRET", "the same on all nodes, and long enough")];
        let (mut one, two) = (Server::with(database.clone(), &secret), Server::with(database, &secret));
        let user = one.account().await;
        prepared(&user).await;
        let (mut first, id) = loaded(&one, &user).await;
        knows_nothing(&two, &user, "/ws").await;
        drop_connection(&user, &id).await;
        first.closed().await;
        // the other node learns of it from the database
        let elsewhere = Account { base: two.url(""), ..user.clone() };
        let (_second, second) = eventually_restored(&two, &user).await;
        knows_nothing(&one, &user, "/ws").await;
        drop_connection(&elsewhere, &second).await;
        let (_third, _) = eventually_restored(&one, &user).await;
        one.kill_and_restart();
        eventually_restored(&two, &user).await;
    }
}

/// Connects until the memory is there, which must not take long.
async fn eventually_restored(server: &Server, user: &Account) -> (Socket, Value) {
    for _ in 0..100 {
        let mut socket = Socket::open(server, "/ws", Some(user)).await;
        let id = client_id(&mut socket).await;
        if ask(&mut socket, QUESTION).await["content"] == ANSWER {
            return (socket, id);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the memory did not come");
}
