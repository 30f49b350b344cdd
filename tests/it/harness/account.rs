//! A user with a token, and what they ask.

use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::{Request, Server, resume};

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Account {
    pub http: Client,
    pub base: String,
    pub token: String,
    pub user: Value,
}

impl Account {
    pub const PASSWORD: &str = "correct horse";

    pub async fn sign_up(server: &Server) -> Self {
        let username = format!("user_{:08x}", rand::random::<u32>());
        let body =
            json!({"username": username, "email": format!("{username}@example.com"), "password": Self::PASSWORD});
        Self::of(server, "/api/auth/register", body, 201).await
    }

    pub async fn sign_in(server: &Server, username: &str, password: &str) -> Self {
        Self::of(server, "/api/auth/login", json!({"username": username, "password": password}), 200).await
    }

    async fn of(server: &Server, path: &str, body: Value, status: u16) -> Self {
        // no connection is kept: a test may kill the server between two requests
        let http =
            Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(30)).build().unwrap();
        let answer = Request(http.post(server.url(path))).json(&body).send().await.unwrap();
        let answer = expect(answer, status).await;
        let token = answer["token"].as_str().unwrap().to_owned();
        Self { http, base: server.url(""), token, user: answer["user"].clone() }
    }

    /// The same account, talking to another node.
    pub fn on(&self, server: &Server) -> Self {
        Self { base: server.url(""), ..self.clone() }
    }

    pub fn id(&self) -> i64 {
        self.user["id"].as_i64().unwrap()
    }

    pub fn username(&self) -> &str {
        self.user["username"].as_str().unwrap()
    }

    /// A request in this account's name.
    pub fn request(&self, method: Method, path: &str) -> Request {
        Request(self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token))
    }

    /// A request in nobody's name.
    pub fn anonymous(&self, method: Method, path: &str) -> Request {
        Request(self.http.request(method, format!("{}{path}", self.base)))
    }

    pub async fn get(&self, path: &str, status: u16) -> Value {
        expect(self.request(Method::GET, path).send().await.unwrap(), status).await
    }

    pub async fn post(&self, path: &str, body: Value, status: u16) -> Value {
        expect(self.request(Method::POST, path).json(&body).send().await.unwrap(), status).await
    }

    pub async fn put(&self, path: &str, body: Value, status: u16) -> Value {
        expect(self.request(Method::PUT, path).json(&body).send().await.unwrap(), status).await
    }

    pub async fn delete(&self, path: &str, status: u16) -> Value {
        expect(self.request(Method::DELETE, path).send().await.unwrap(), status).await
    }

    /// Uploads a file; its object.
    pub async fn upload(&self, name: &str, content: Vec<u8>) -> Value {
        expect(self.post_file(name, content).send().await.unwrap(), 201).await
    }

    pub fn post_file(&self, name: &str, content: Vec<u8>) -> Request {
        let part = reqwest::multipart::Part::bytes(content).file_name(name.to_owned());
        self.request(Method::POST, "/api/upload").multipart(reqwest::multipart::Form::new().part("file", part))
    }

    /// Uploads the sample résumé and starts its analysis; the job's id.
    pub async fn start_job(&self) -> String {
        let upload = self.upload("cv.docx", resume::docx()).await;
        self.start(upload["id"].as_i64().unwrap()).await
    }

    pub async fn start(&self, upload: i64) -> String {
        let started = self.post(&format!("/api/analysis/start?upload_id={upload}"), json!({}), 202).await;
        started["job_id"].as_str().unwrap().to_owned()
    }

    pub async fn status(&self, job: &str) -> Value {
        self.get(&format!("/api/analysis/status?job_id={job}"), 200).await
    }

    /// The status of a job once it ended. Polls: the end is somebody else's doing.
    pub async fn ended(&self, job: &str) -> Value {
        for _ in 0..600 {
            let status = self.status(job).await;
            if matches!(status["status"].as_str(), Some("completed" | "failed")) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("job {job} did not end within a minute");
    }
}

/// The JSON of an answer of this status; an error must have the one shape.
pub async fn expect(answer: Response, status: u16) -> Value {
    let (got, url) = (answer.status().as_u16(), answer.url().clone());
    let text = answer.text().await.unwrap();
    assert_eq!(got, status, "{url}: {text}");
    let body: Value = serde_json::from_str(&text).unwrap_or_default();
    if status >= 400 {
        for field in ["error", "message", "code"] {
            assert!(body[field].is_string(), "{url}: {field} is missing in {text}");
        }
    }
    body
}
