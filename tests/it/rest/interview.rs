//! Contract section 4, interview.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, databases};

#[tokio::test]
async fn without_a_completed_job_there_are_no_questions() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        user.post("/api/interview/generate", json!({}), 400).await;
        let unknown = user.post("/api/interview/generate", json!({"job_id": "job_abc123"}), 404).await;
        assert_eq!((&unknown["error"], &unknown["job_id"]), (&json!("Job not found"), &json!("job_abc123")));
        let bad = user.post("/api/interview/generate", json!({"job_id": "x", "num_questions": 31}), 400).await;
        assert_eq!(bad["field"], "num_questions");
        let tags = user.post("/api/interview/save-question", json!({"job_id": "x", "tags": [1]}), 400).await;
        assert_eq!(tags["field"], "tags");
    }
}

#[tokio::test]
async fn an_empty_library_is_empty_whatever_it_is_asked_for() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        assert_eq!(user.get("/api/interview/library?q=%25&tags=a,b&category=Technical", 200).await, json!([]));
        let page = user.get("/api/interview/saved-questions?limit=1000&job_id=nonsense", 200).await;
        assert_eq!(page, json!({"questions": [], "total": 0, "limit": 200, "offset": 0}));
        let check = user.get("/api/interview/check-saved?job_id=nonsense&question_id=q1", 200).await;
        assert_eq!(check, json!({"saved": false, "saved_question_id": null}));
        user.get("/api/interview/library?category=Funny", 400).await;
        user.delete("/api/interview/saved-questions/abc", 404).await;
        let put = user.request(Method::PUT, "/api/interview/saved-questions/7").json(&json!({"answer": "x"}));
        assert_eq!(put.send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn from_a_resume_to_a_library() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        let job = user.start_job().await;
        user.ended(&job).await;
        let wish = json!({"job_id": job, "job_title": "Editor", "target_company": "Initech", "num_questions": 3});
        let set = user.post("/api/interview/generate", wish.clone(), 200).await;
        let ids: Vec<&str> = set["questions"].as_array().unwrap().iter().map(|q| q["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["q1", "q2", "q3"]);
        assert!(set.to_string().contains("Initech") && set.to_string().contains("Harbour Lane Ltd"), "{set}");
        assert_eq!(user.post("/api/interview/generate", wish.clone(), 200).await["questions"], set["questions"]);
        other.post("/api/interview/generate", wish, 404).await;

        let question = &set["questions"][0];
        let again = json!({"job_id": job, "question_id": "q1", "question": question["question"]});
        let answer = user.post("/api/interview/regenerate-answer", again, 200).await["answer"].clone();
        assert_ne!(answer, question["answer"]);

        let save = json!({"job_id": job, "question_id": "q1", "question": question["question"], "answer": answer});
        let saved = user.post("/api/interview/save-question", save.clone(), 201).await["saved_question_id"].clone();
        let twice = user.post("/api/interview/save-question", save, 409).await;
        assert_eq!(twice["message"], "This question is already in your library");
        let row = &user.get("/api/interview/library", 200).await[0];
        assert_eq!((&row["id"], &row["category"], &row["job_id"]), (&saved, &question["category"], &json!(job)));

        let path = format!("/api/interview/saved-questions/{saved}");
        other.put(&path, json!({"answer": "hacked"}), 404).await;
        assert_eq!(user.put(&path, json!({"answer": "Mine."}), 200).await["answer"], "Mine.");
        user.delete(&path, 200).await;
        user.delete(&path, 404).await;
    }
}
