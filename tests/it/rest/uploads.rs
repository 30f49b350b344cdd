//! Contract section 4, uploads.

use futures_util::StreamExt as _;
use reqwest::Method;
use serde_json::json;

use crate::harness::{Server, databases, eventually, resume};

#[tokio::test]
async fn an_upload_comes_back_unchanged() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        // more than one part, and not a whole number of them
        let mut content = b"%PDF-1.4\n".to_vec();
        content.extend((0..700_000_u32).map(|n| (n % 251) as u8));
        let upload = user.upload("履歴書.pdf", content.clone()).await;
        assert_eq!(upload["mime_type"], "application/pdf");
        let path = format!("/api/upload/download?id={}", upload["id"]);
        let answer = user.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.headers()["content-security-policy"], "sandbox");
        assert!(answer.headers()["content-disposition"].to_str().unwrap().contains("filename*=UTF-8''%E5%B1%A5"));
        assert_eq!(answer.bytes().await.unwrap(), content);
        other.get(&path, 404).await;
        other.delete(&format!("/api/upload/delete?id={}", upload["id"]), 404).await;
    }
}

#[tokio::test]
async fn what_is_no_resume_is_refused_with_a_reason() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for (name, content) in [
            ("cv.pdf", b"just text".to_vec()),
            ("cv.pdf", resume::docx()),
            ("cv.exe", resume::docx()),
            ("cv.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ] {
            let answer = user.post_file(name, content).send().await.unwrap();
            let body = crate::harness::expect(answer, 400).await;
            assert_eq!(body["error"], "Invalid file type");
        }
        let large = user.post_file("cv.pdf", vec![b'%'; 10_485_761]).send().await.unwrap();
        assert_eq!(crate::harness::expect(large, 413).await["max_size_mb"], 10);
        user.post("/api/upload", json!({}), 415).await;
        assert_eq!(user.get("/api/uploads", 200).await, json!([]));
    }
}

#[tokio::test]
async fn a_page_of_uploads_leads_to_the_next() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.insert(0, user.upload("cv.docx", resume::docx()).await["id"].clone());
        }
        let first = user.request(Method::GET, "/api/uploads?limit=2").send().await.unwrap();
        let cursor = first.headers()["x-next-cursor"].to_str().unwrap().to_owned();
        let second = user.get(&format!("/api/uploads?limit=2&cursor={cursor}"), 200).await;
        assert_eq!(second.as_array().unwrap().len(), 1);
        assert_eq!(second[0]["id"], ids[2]);
        let other = server.account().await;
        other.get(&format!("/api/uploads?cursor={cursor}"), 400).await;
    }
}

#[tokio::test]
async fn an_idempotency_key_makes_one_upload_of_two() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let send = |content: Vec<u8>| user.post_file("cv.docx", content).header("Idempotency-Key", "k1").send();
        let first = send(resume::docx()).await.unwrap();
        assert_eq!(first.status(), 201);
        let again = send(resume::docx()).await.unwrap();
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        assert_eq!(first.text().await.unwrap(), again.text().await.unwrap());
        assert_eq!(send(resume::docx_of(&["Somebody Else"])).await.unwrap().status(), 422);
        assert_eq!(user.get("/api/uploads", 200).await.as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn only_a_few_large_bodies_of_a_user_are_on_their_way_at_a_time() {
    for database in databases() {
        let server = Server::start(database);
        let (user, other) = (server.account().await, server.account().await);
        let unfinished = |path: &'static str, media_type: &'static str| {
            let user = user.clone();
            // again, should it be refused for one of those that are only sent to see
            tokio::spawn(async move {
                loop {
                    let begun = futures_util::stream::iter([Ok::<_, std::io::Error>("--x")]);
                    let body = reqwest::Body::wrap_stream(begun.chain(futures_util::stream::pending()));
                    let request = user.request(Method::POST, path).header("Content-Type", media_type);
                    let _ = request.body(body).send().await;
                }
            })
        };
        let form = "multipart/form-data; boundary=x";
        let waiting = [
            unfinished("/api/upload", form),
            unfinished("/api/upload", form),
            unfinished("/api/chat/message/audio", "application/json"),
            unfinished("/api/chat/message/audio", "application/json"),
        ];
        let send = async || user.post_file("cv.docx", resume::docx()).send().await.unwrap();
        eventually("all places are taken", async || send().await.status() == 429).await;
        let refused = send().await;
        assert!(refused.headers().contains_key("retry-after"));
        assert_eq!(crate::harness::expect(refused, 429).await["code"], "TOO_MANY_UPLOADS");
        user.post("/api/chat/message/audio", json!({}), 429).await;
        other.upload("cv.docx", resume::docx()).await;
        waiting.iter().for_each(tokio::task::JoinHandle::abort);
        eventually("who hangs up leaves their place", async || send().await.status() == 201).await;
    }
}
