//! A stand-in for an OpenAI-compatible endpoint: it answers as a test says and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{Database, Server};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Embeddings,
    Chat,
}

/// One request that reached the endpoint.
#[derive(Clone, Debug)]
pub struct Call {
    pub ask: Ask,
    /// The first segment of the path: what a test put into the base URL to know its servers apart.
    pub root: String,
    pub body: Value,
    /// From 0: calls of this kind before this one.
    pub nth: usize,
}

impl Call {
    /// All that the endpoint was told, as one text.
    pub fn text(&self) -> String {
        self.body.to_string()
    }

    /// The texts to embed.
    pub fn inputs(&self) -> Vec<&str> {
        self.body["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
    }

    /// How the form of the answer was demanded.
    pub fn form(&self) -> Option<&str> {
        self.body["response_format"]["type"].as_str()
    }
}

pub struct AiStub {
    server: MockServer,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl AiStub {
    /// `answer` gives the answer to each chat; embeddings are made of the letters of the texts.
    pub async fn start(answer: impl Fn(&Call) -> ResponseTemplate + Send + Sync + 'static) -> Self {
        Self::with(move |call| if call.ask == Ask::Chat { answer(call) } else { embeddings(call) }).await
    }

    /// `answer` gives the answer to everything.
    pub async fn with(answer: impl Fn(&Call) -> ResponseTemplate + Send + Sync + 'static) -> Self {
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let log = calls.clone();
        let respond = move |request: &Request| {
            let ask = if request.url.path().ends_with("/embeddings") { Ask::Embeddings } else { Ask::Chat };
            let root = request.url.path().split('/').nth(1).unwrap_or_default().to_owned();
            let body = request.body_json().unwrap();
            let call = {
                let mut calls = log.lock().unwrap();
                let nth = calls.iter().filter(|call| call.ask == ask).count();
                calls.push(Call { ask, root, body, nth });
                calls[calls.len() - 1].clone()
            };
            answer(&call)
        };
        let server = MockServer::start().await;
        Mock::given(method("POST")).respond_with(respond).mount(&server).await;
        Self { server, calls }
    }

    /// A base URL, with a first segment by which calls can be told apart.
    pub fn url(&self, root: &str) -> String {
        format!("{}/{root}", self.server.uri())
    }

    /// A server that asks this endpoint for both.
    pub fn serve(&self, database: Database, more: &[(&str, &str)]) -> Server {
        let url = self.url("v1");
        let mut settings = vec![
            ("LLM_API_URL", url.as_str()),
            ("LLM_MODEL", "stub-chat"),
            ("EMBEDDING_API_URL", url.as_str()),
            ("EMBEDDING_MODEL", "stub-embedding"),
        ];
        settings.extend(more);
        Server::with(database, &settings)
    }

    /// The calls so far that speak of `marker`; without it also what the server asks at its start.
    pub fn calls(&self, marker: &str) -> Vec<Call> {
        self.calls.lock().unwrap().iter().filter(|call| call.text().contains(marker)).cloned().collect()
    }

    /// Waits until this many calls speak of `marker`.
    pub async fn reached(&self, marker: &str, count: usize) {
        let enough = async {
            while self.calls(marker).len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(60), enough).await.expect("the endpoint is asked in time");
    }

    /// How many chats so far speak of `marker`.
    pub fn chats(&self, marker: &str) -> usize {
        self.calls(marker).iter().filter(|call| call.ask == Ask::Chat).count()
    }
}

/// A success with this text as the model's words.
pub fn says(content: impl ToString) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "stub-chat",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content.to_string()}}],
    }))
}

/// A failure in the words of OpenAI.
pub fn refuses(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({"error": {"message": message, "type": code, "code": code}}))
}

/// Vectors of the shares of 32 classes of characters.
pub fn embeddings(call: &Call) -> ResponseTemplate {
    let vector = |text: &str| {
        let mut shares = vec![0.0; 32];
        text.chars().for_each(|c| shares[c as usize % 32] += 1.0);
        shares
    };
    let inputs = call.inputs().into_iter().enumerate();
    let data: Vec<Value> =
        inputs.map(|(index, text)| json!({"object": "embedding", "index": index, "embedding": vector(text)})).collect();
    ResponseTemplate::new(200).set_body_json(json!({
        "object": "list", "data": data, "model": "stub-embedding", "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }))
}
