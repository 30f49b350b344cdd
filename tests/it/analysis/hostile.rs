//! The files of `tests/corpus`, of which several were made to hurt, through a running server.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, databases};

#[tokio::test]
async fn whatever_file_comes_the_server_answers_and_lives() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");
    let files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= 10, "the corpus is missing");
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let mut jobs = Vec::new();
        for file in &files {
            let name = file.file_name().unwrap().to_str().unwrap();
            let answer = user.post_file(name, std::fs::read(file).unwrap()).send().await.unwrap();
            let status = answer.status().as_u16();
            assert!(matches!(status, 201 | 400), "{name}: {status}");
            if status == 201 {
                let upload: serde_json::Value = answer.json().await.unwrap();
                jobs.push((name, user.start(upload["id"].as_i64().unwrap()).await));
            }
        }
        assert!(jobs.len() * 2 > files.len(), "most files were refused at the door");
        for (name, job) in &jobs {
            let status = user.ended(job).await;
            let told = status["error_message"].as_str();
            let ended = if status["status"] == "completed" {
                told.is_none()
            } else {
                told.is_some_and(|told| told.ends_with('.'))
            };
            assert!(ended, "{name}: {status}");
            assert_eq!(status["attempt"], 1, "{name}");
        }
        assert_eq!(user.get("/stats", 200).await["jobs"], json!({"queued": 0, "running": 0}));
        // the process that was there at the beginning
        assert!(user.request(Method::GET, "/health").send().await.unwrap().status().is_success());
    }
}
