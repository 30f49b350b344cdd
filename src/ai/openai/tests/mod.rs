//! The model and the embedder against an endpoint that follows a script.

mod interview;
mod profile;
mod vectors;

use std::{
    collections::VecDeque,
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::{OpenAiEmbedder, OpenAiModel, OpenAiSettings};
use crate::ai::{AiError, LanguageModel};

const KEY: &str = "sk-very-secret";
const RESUME: &str = "Ada Lovelace\nAnalyst, Babbage & Co, March 2019 – present";

/// An endpoint that gives these answers in turn, then 418.
async fn endpoint(script: Vec<ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let script = Mutex::new(VecDeque::from(script));
    let next = move |_: &Request| script.lock().unwrap().pop_front().unwrap_or_else(|| ResponseTemplate::new(418));
    Mock::given(any()).respond_with(next).mount(&server).await;
    server
}

fn settings(base_url: &str) -> OpenAiSettings {
    OpenAiSettings {
        api_key: SecretString::from(KEY),
        base_url: format!("{base_url}/v1"),
        model: "test-model".to_owned(),
        timeout: Duration::from_secs(20),
    }
}

fn model(server: &MockServer) -> OpenAiModel {
    OpenAiModel::new(&settings(&server.uri())).unwrap()
}

fn embedder(server: &MockServer) -> OpenAiEmbedder {
    OpenAiEmbedder::new(&settings(&server.uri())).unwrap()
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    server.received_requests().await.unwrap().iter().map(|request| request.body_json().unwrap()).collect()
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn completion(content: &str) -> ResponseTemplate {
    finished(content, "stop")
}

fn finished(content: &str, reason: &str) -> ResponseTemplate {
    let message = json!({ "role": "assistant", "content": content });
    ResponseTemplate::new(200).set_body_json(json!({ "choices": [{ "message": message, "finish_reason": reason }] }))
}

fn error(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "error": { "message": message, "type": "x", "code": null } }))
}

fn permanent<T: std::fmt::Debug>(outcome: Result<T, AiError>) -> String {
    match outcome {
        Err(AiError::Permanent { message }) => message,
        other => panic!("not permanent: {other:?}"),
    }
}

fn transient<T: std::fmt::Debug>(outcome: Result<T, AiError>) -> (String, Option<Duration>) {
    match outcome {
        Err(AiError::Transient { message, retry_after }) => (message, retry_after),
        other => panic!("not transient: {other:?}"),
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn neither_log_nor_error_nor_debug_shows_the_key_or_the_resume() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    // With one dispatcher only, tracing caches what the threads of other tests, which have none, are interested in.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = tracing::subscriber::set_default(subscriber.finish());
    let echo = format!("{KEY} {RESUME}");
    let mut shown = String::new();
    for script in [
        vec![error(500, &echo)],
        vec![error(401, &echo)],
        vec![error(429, &echo)],
        vec![ResponseTemplate::new(200).set_body_string(echo.clone())],
        vec![ResponseTemplate::new(400).set_body_string(echo.clone())],
        vec![completion(&echo), completion(&echo)],
    ] {
        let server = endpoint(script).await;
        let model = model(&server);
        let error = model.profile(RESUME).await.unwrap_err();
        shown += &format!("{error} {error:?} {model:?} {:?} {:?}", embedder(&server), settings(&server.uri()));
    }
    drop(guard);
    shown += &String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(shown.contains("ai call"), "{shown}");
    for secret in ["very-secret", "Lovelace", "Babbage"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
