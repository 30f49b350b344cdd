//! One request to the endpoint: sent once, bounded in time and size, told in one log line without content.
//!
//! async-openai lets us put our own HTTP service below it. We do, for four things that its own would do otherwise: it
//! retries (the job's back-off does that here), drops `Retry-After`, sets no time-out, and logs the body of an answer
//! that it cannot read, which here may quote a résumé. So this service reads bodies itself and hands up only what is
//! JSON; the library never sees a failed answer. For the same reason answers are taken as plain JSON values (`byot`):
//! compatible endpoints leave out fields that its types require.

use std::{
    task::{Context, Poll},
    time::{Duration, Instant},
};

use async_openai::{
    Client,
    error::OpenAIError,
    middleware::HttpRequestFactory,
    types::{chat::CreateChatCompletionRequest, embeddings::CreateEmbeddingRequest},
};
use futures_util::future::BoxFuture;
use reqwest::{Response, redirect};
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{OpenAiSettings, failure::CallError, refusal::Refusal, settings::Endpoint};
use crate::ai::AiError;

/// Of an answer: 96 vectors of 4096 numbers are about 9 MB.
const MAX_BODY_BYTES: usize = 32 * 1024 * 1024;
/// Of an error; the rest is not read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The way to one model at one endpoint.
pub(super) struct Transport {
    client: Client<Endpoint>,
    model: String,
}

impl Transport {
    /// # Errors
    /// `Permanent` if the settings cannot be used.
    pub(super) fn new(settings: &OpenAiSettings) -> Result<Self, AiError> {
        let endpoint = Endpoint::new(settings)?;
        // A redirected POST would carry the résumé to a host that nobody configured.
        let http =
            reqwest::Client::builder().redirect(redirect::Policy::none()).build().map_err(|_| AiError::Permanent {
                message: "The HTTPS client could not be set up: check the system's certificates.".to_owned(),
            })?;
        let service = Exchange { http: http.clone(), timeout: settings.timeout };
        let client = Client::build(http, endpoint).with_http_service(service);
        Ok(Self { client, model: settings.model.clone() })
    }

    pub(super) fn model(&self) -> &str {
        &self.model
    }

    /// `POST /chat/completions`. `form` is for the log.
    pub(super) async fn chat(&self, request: CreateChatCompletionRequest, form: &str) -> Result<Value, CallError> {
        let started = Instant::now();
        self.told("chat", form, started, self.client.chat().create_byot(request).await)
    }

    /// `POST /embeddings`.
    pub(super) async fn embeddings(&self, request: CreateEmbeddingRequest) -> Result<Value, CallError> {
        let started = Instant::now();
        self.told("embeddings", "vectors", started, self.client.embeddings().create_byot(request).await)
    }

    fn told(
        &self,
        call: &str,
        form: &str,
        started: Instant,
        outcome: Result<Value, OpenAIError>,
    ) -> Result<Value, CallError> {
        let outcome = outcome.map_err(call_error).and_then(refuse_hidden_error);
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let model = self.model.as_str();
        match &outcome {
            Ok(body) => {
                let tokens = |path: &str| body.pointer(path).and_then(Value::as_u64);
                let prompt_tokens = tokens("/usage/prompt_tokens");
                let completion_tokens = tokens("/usage/completion_tokens");
                tracing::info!(
                    call,
                    model,
                    form,
                    duration_ms,
                    prompt_tokens,
                    completion_tokens,
                    outcome = "ok",
                    "ai call"
                );
            }
            Err(error) => {
                let status = error.status();
                tracing::warn!(call, model, form, duration_ms, status, outcome = error.kind(), "ai call");
            }
        }
        outcome
    }
}

fn call_error(error: OpenAIError) -> CallError {
    match error {
        OpenAIError::Boxed(inner) => inner.downcast().map_or(CallError::Unsendable, |error| *error),
        _ => CallError::Unsendable,
    }
}

fn refuse_hidden_error(body: Value) -> Result<Value, CallError> {
    match Refusal::inside_success(&body) {
        Some(refusal) => Err(CallError::Refused(Box::new(refusal))),
        None => Ok(body),
    }
}

impl From<CallError> for OpenAIError {
    fn from(error: CallError) -> Self {
        Self::Boxed(Box::new(error))
    }
}

/// The HTTP service below async-openai: one exchange, no retries.
#[derive(Clone)]
struct Exchange {
    http: reqwest::Client,
    timeout: Duration,
}

impl tower::Service<HttpRequestFactory> for Exchange {
    type Response = Response;
    type Error = CallError;
    type Future = BoxFuture<'static, Result<Response, CallError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CallError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let Self { http, timeout } = self.clone();
        Box::pin(async move {
            let exchange = tokio::time::timeout(timeout, exchange(&http, &request));
            exchange.await.unwrap_or(Err(CallError::TimedOut(timeout)))
        })
    }
}

async fn exchange(http: &reqwest::Client, request: &HttpRequestFactory) -> Result<Response, CallError> {
    let request = request.build().await.map_err(|_| CallError::Unsendable)?;
    let mut response = http.execute(request).await.map_err(|error| unsent(&error))?;
    if !response.status().is_success() {
        // Best effort: the status says enough if the connection breaks here.
        let (mut body, _) = read(&mut response, MAX_ERROR_BYTES).await.unwrap_or_default();
        body.truncate(MAX_ERROR_BYTES);
        return Err(CallError::Refused(Box::new(Refusal::new(response.status(), response.headers(), &body))));
    }
    let (body, complete) = read(&mut response, MAX_BODY_BYTES).await?;
    if !complete || serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        return Err(CallError::Foreign);
    }
    Ok(http::Response::new(body).into())
}

fn unsent(error: &reqwest::Error) -> CallError {
    if error.is_builder() { CallError::Unsendable } else { CallError::Connection }
}

/// The body, and whether it ended within `limit` bytes.
async fn read(response: &mut Response, limit: usize) -> Result<(Vec<u8>, bool), CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| CallError::Connection)? {
        body.extend_from_slice(&chunk);
        if body.len() > limit {
            return Ok((body, false));
        }
    }
    Ok((body, true))
}
