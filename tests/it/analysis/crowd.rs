//! Many jobs at once.

use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use serde_json::json;

use crate::harness::ai_stub::{AiStub, says};
use crate::harness::{Account, databases, resume};

const RUNNING: [&str; 4] = ["extracting_text", "chunking", "generating_embeddings", "analyzing"];

/// Starts this many jobs of a new upload.
async fn start(user: &Account, jobs: usize) -> Vec<String> {
    let upload = user.upload("cv.docx", resume::docx()).await["id"].as_i64().unwrap();
    join_all((0..jobs).map(|_| user.start(upload))).await
}

/// How many of the user's jobs run, as the list shows them.
async fn running(user: &Account) -> usize {
    let jobs = user.get(&format!("/api/analysis/user-jobs?user_id={}&limit=100", user.id()), 200).await;
    jobs.as_array().unwrap().iter().filter(|job| RUNNING.contains(&job["status"].as_str().unwrap())).count()
}

#[tokio::test]
async fn of_forty_jobs_at_most_five_run_all_end_and_the_server_answers_meanwhile() {
    for database in databases() {
        // slow enough that places are full while the test looks
        let stub = AiStub::start(|_| says(json!({"name": "Ada Fenwick"})).set_delay(Duration::from_millis(100))).await;
        let server = stub.serve(database, &[]);
        let users = [server.account().await, server.account().await];
        let jobs = try_join_all(users.iter().map(async |user| Ok::<_, ()>(start(user, 20).await))).await.unwrap();
        let mut most = 0;
        loop {
            assert_eq!(users[0].get("/health", 200).await["status"], "healthy");
            let stats = users[0].get("/stats", 200).await["jobs"].clone();
            let counted = stats["running"].as_u64().unwrap();
            assert!(counted <= 5, "{stats}");
            for user in &users {
                let listed = running(user).await;
                assert!(listed <= 5, "{listed} jobs of one user run");
            }
            most = most.max(counted);
            if stats == json!({"queued": 0, "running": 0}) {
                break;
            }
        }
        assert!(most > 1, "nothing ran side by side");
        for (user, jobs) in users.iter().zip(&jobs) {
            for job in jobs {
                let status = user.status(job).await;
                assert_eq!((&status["status"], &status["attempt"]), (&json!("completed"), &json!(1)), "{status}");
            }
        }
        assert_eq!(stub.chats("Copperfield"), 40);
    }
}
