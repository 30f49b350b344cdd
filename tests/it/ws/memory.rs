//! Contract sections 4 and 8: saved questions loaded into a socket, and what the assistant answers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::ai_stub::{AiStub, Ask, embeddings, refuses, says};
use crate::harness::{Account, Server, Socket, databases};

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
