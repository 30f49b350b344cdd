//! Contract section 4, analysis; and what a killed server owes its jobs.

use serde_json::json;

use crate::harness::{Account, Server, Socket, databases, resume};

#[tokio::test]
async fn a_resume_becomes_a_profile_with_evidence() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let job = user.start_job().await;
        let status = user.ended(&job).await;
        assert_eq!((&status["status"], &status["progress"]), (&json!("completed"), &json!(100)), "{status}");
        let profile = user.get(&format!("/api/analysis/result?job_id={job}"), 200).await;
        assert_eq!(profile["name"], "Ada Fenwick");
        assert_eq!(profile["email"], "ada.fenwick@example.com");
        assert_eq!(profile["experience"][0]["company"], "Harbour Lane Ltd");
        assert_eq!(profile["total_work_years"], 7.8);
        assert_eq!(profile["evidence"]["name"]["quote"], "Ada Fenwick");
        assert_eq!(profile["analyzer"], "offline");
    }
}

#[tokio::test]
async fn the_owner_sees_every_step_on_the_socket() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        let mut stranger = Socket::open(&server, "/ws", Some(&other)).await;
        let job = user.start_job().await;
        let mut steps = Vec::new();
        while steps.last().is_none_or(|step| step != "completed") {
            let frame = socket.wait("job").await;
            assert_eq!(frame["job"]["job_id"], job.as_str());
            steps.push(frame["job"]["status"].as_str().unwrap().to_owned());
        }
        let wanted = ["queued", "extracting_text", "chunking", "generating_embeddings", "analyzing", "completed"];
        assert_eq!(steps, wanted);
        stranger.send(json!({"type": "ping"})).await;
        stranger.wait("system").await;
        assert_eq!(stranger.next().await.unwrap()["type"], "pong");
    }
}

#[tokio::test]
async fn a_broken_file_fails_with_a_sentence_and_can_be_retried() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let upload = user.upload("cv.pdf", b"%PDF-1.4\nnothing that is a document".to_vec()).await;
        let job = user.start(upload["id"].as_i64().unwrap()).await;
        let failed = user.ended(&job).await;
        assert_eq!(failed["status"], "failed");
        assert!(failed["error_message"].as_str().unwrap().ends_with('.'));
        let result = user.get(&format!("/api/analysis/result?job_id={job}"), 400).await;
        assert_eq!(
            (&result["error"], &result["current_status"]),
            (&json!("Analysis not yet completed"), &json!("failed"))
        );
        user.post(&format!("/api/analysis/retry-job?job_id={job}"), json!({}), 202).await;
        assert_eq!(user.ended(&job).await["attempt"], 2);
        user.delete(&format!("/api/analysis/delete-job?job_id={job}"), 200).await;
        assert_eq!(user.get(&format!("/api/analysis/status?job_id={job}"), 404).await["job_id"], job.as_str());
    }
}

#[tokio::test]
async fn nobody_else_sees_or_touches_a_job_but_staff_who_are_logged() {
    for database in databases() {
        let server = Server::start(database);
        let (boss, user, other) = (server.super_agent().await, server.account().await, server.account().await);
        let job = user.start_job().await;
        user.ended(&job).await;
        for path in ["status", "result"] {
            other.get(&format!("/api/analysis/{path}?job_id={job}"), 404).await;
            boss.get(&format!("/api/analysis/{path}?job_id={job}"), 200).await;
        }
        for reader in [&other, &boss] {
            reader.delete(&format!("/api/analysis/delete-job?job_id={job}"), 404).await;
            reader.post(&format!("/api/analysis/cancel-job?job_id={job}"), json!({}), 404).await;
        }
    }
}

/// Starts jobs, kills the server `rounds` times while they run, and checks that each ended exactly once.
async fn survive(database: crate::harness::Database, jobs: usize, rounds: usize) {
    let mut server = Server::start(database);
    let user = server.account().await;
    let upload = user.upload("cv.docx", resume::docx()).await["id"].as_i64().unwrap();
    let mut started = Vec::new();
    for _ in 0..jobs {
        started.push(user.start(upload).await);
    }
    for round in 0..rounds {
        tokio::time::sleep(std::time::Duration::from_millis(40 + 90 * round as u64 % 400)).await;
        server.kill_and_restart();
    }
    for job in &started {
        let ended = user.ended(job).await;
        assert_eq!(ended["status"], "completed", "{ended}");
        assert_eq!(ended["attempt"], 1);
        user.get(&format!("/api/analysis/result?job_id={job}"), 200).await;
    }
    let stats = user.get("/stats", 200).await;
    assert_eq!(stats["jobs"], json!({"queued": 0, "running": 0}));
}

#[tokio::test]
async fn every_job_ends_exactly_once_although_the_server_is_killed() {
    let count = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (jobs, rounds) = (count("GREENROOM_TEST_KILL_JOBS", 12), count("GREENROOM_TEST_KILLS", 4));
    for database in databases() {
        survive(database, jobs, rounds).await;
    }
}

#[tokio::test]
async fn sigterm_puts_jobs_down_without_costing_a_try_and_exits_0() {
    for database in databases() {
        let mut server = Server::start(database);
        let user = server.account().await;
        let upload = user.upload("cv.docx", resume::docx()).await["id"].as_i64().unwrap();
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        let mut jobs = Vec::new();
        for _ in 0..8 {
            jobs.push(user.start(upload).await);
        }
        assert_eq!(server.terminate(), Some(0));
        assert_eq!(socket.closed().await, Some((1001, "DRAINING".to_owned())));
        server.restart();
        for job in jobs {
            assert_eq!(user.ended(&job).await["status"], "completed");
        }
    }
}

#[tokio::test]
async fn at_most_a_hundred_jobs_of_a_user_wait() {
    for database in databases() {
        // nothing is claimed fast enough to make room: one place, and a hundred and one at once
        let server = Server::with(database, &[("MAX_CONCURRENT_JOBS", "1")]);
        let user = server.account().await;
        let upload = user.upload("cv.docx", resume::docx()).await["id"].as_i64().unwrap();
        let start = |user: Account| async move {
            let request = user.request(reqwest::Method::POST, &format!("/api/analysis/start?upload_id={upload}"));
            request.send().await.unwrap().status().as_u16()
        };
        let answers = futures_util::future::join_all((0..160).map(|_| start(user.clone()))).await;
        assert!(answers.iter().all(|status| matches!(status, 202 | 429)), "{answers:?}");
        assert!(answers.contains(&429), "all of 160 jobs were taken");
    }
}
