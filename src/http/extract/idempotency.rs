//! `Idempotency-Key`: the same request again gets the first answer, and does nothing (contract, section 1).

use std::time::Duration;

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use sha2::{Digest, Sha256};

use super::state;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::message::keyed_name;
use crate::domain::user::Identity;
use crate::store::{Begun, Claim, Store, StoredAnswer};

const HEADER: &str = "idempotency-key";
/// How often, and how long, a request waits for the first one with its key.
const POLL: Duration = Duration::from_millis(50);
const POLLS: u32 = 200;

/// A key of a request, if it carries one.
pub struct Idempotent {
    store: Store,
    key: Option<Key>,
}

struct Key {
    user: i64,
    scope: String,
    key: String,
}

impl Key {
    /// Another one once the key has been forgotten.
    fn message_name(&self, claim: Claim) -> String {
        let name = format!("{} {} {}", self.scope, self.key, claim.until.unix_timestamp_nanos());
        keyed_name(&hash(name.as_bytes()))
    }
}

impl Idempotent {
    /// Reads the header: 1–255 visible ASCII characters, else 400.
    pub fn of(request: &HttpRequest, caller: &Identity) -> Result<Self> {
        let store = state(request)?.store.clone();
        let Some(value) = request.headers().get(HEADER) else { return Ok(Self { store, key: None }) };
        let text =
            value.to_str().ok().filter(|t| (1..=255).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_graphic()));
        let Some(text) = text else {
            let message = "Idempotency-Key must have 1 to 255 visible ASCII characters.";
            return Err(Error::new(Kind::Invalid, "INVALID_IDEMPOTENCY_KEY", "Invalid Idempotency-Key", message));
        };
        let scope = hash([request.method().as_str(), " ", &request.uri().to_string()].concat().as_bytes());
        let key = Key { user: caller.user_id, scope, key: text.to_owned() };
        Ok(Self { store, key: Some(key) })
    }

    /// Does `work` for the first request with this key and content, and gives its answer to all of them.
    /// The work goes on if the client hangs up: an answer that is stored must have happened, and the other way round.
    pub async fn run<F>(self, content: &[u8], work: F) -> Result<HttpResponse>
    where
        F: Future<Output = Result<HttpResponse>> + 'static,
    {
        self.run_named(content, |_| work).await
    }

    /// The same for a request that posts a message. `work` is told the name that the message has if the client gave it none: a request
    /// that died after it was stored, and before its answer was, is not known here, but the ledger knows the name.
    pub async fn run_named<W, F>(self, content: &[u8], work: W) -> Result<HttpResponse>
    where
        W: FnOnce(Option<String>) -> F + 'static,
        F: Future<Output = Result<HttpResponse>> + 'static,
    {
        let Some(key) = self.key else { return work(None).await };
        let content = hash(content);
        for _ in 0..POLLS {
            match self.store.begin_idempotent(key.user, &key.scope, &key.key, &content).await? {
                Begun::First(claim) => {
                    let (store, work) = (self.store, work(Some(key.message_name(claim))));
                    let done = actix_web::rt::spawn(async move { finish(&store, &key, claim, work).await });
                    return done.await.map_err(|error| Error::internal(format!("idempotent request: {error}")))?;
                }
                Begun::Answered(answer) => return replay(answer),
                Begun::OtherContent => return Err(other_content()),
                Begun::InFlight => tokio::time::sleep(POLL).await,
            }
        }
        Err(Error::conflict(
            "REQUEST_IN_FLIGHT",
            "Request in flight",
            "The first request with this key is still running.",
        ))
    }
}

async fn finish(
    store: &Store,
    key: &Key,
    claim: Claim,
    work: impl Future<Output = Result<HttpResponse>>,
) -> Result<HttpResponse> {
    let done = work.await;
    // such a request, or the one before it, may have had its effect: the key stays taken until it is abandoned by age
    let uncertain = claim.again || matches!(&done, Err(error) if error.code == "WRITE_UNCERTAIN");
    let answer = done.unwrap_or_else(|error| error.error_response());
    let (head, body) = answer.into_parts();
    let body = to_bytes(body).await.map_err(|_| Error::internal("an answer without a body"))?;
    let status = head.status();
    if status.is_success() || status == StatusCode::CONFLICT {
        let headers = [CONTENT_TYPE, LOCATION]
            .iter()
            .filter_map(|name| Some((name.to_string(), head.headers().get(name)?.to_str().ok()?.into())))
            .collect();
        let stored =
            StoredAnswer { status: status.as_u16(), body: body.to_vec(), headers: serde_json::Value::Object(headers) };
        if let Err(error) = store.finish_idempotent(key.user, &key.scope, &key.key, stored).await {
            // it did happen: that is what the client must hear, whether or not it can be repeated
            tracing::warn!(%error, "answer of an idempotent request not kept");
        }
    } else if !uncertain {
        store.abandon_idempotent(key.user, &key.scope, &key.key).await?;
    }
    Ok(head.set_body(actix_web::body::BoxBody::new(body)))
}

fn replay(answer: StoredAnswer) -> Result<HttpResponse> {
    let status = StatusCode::from_u16(answer.status).map_err(|_| Error::internal("a stored answer without status"))?;
    let mut response = HttpResponse::build(status);
    for (name, value) in answer.headers.as_object().into_iter().flatten() {
        if let (Ok(name), Some(Ok(value))) = (HeaderName::try_from(name), value.as_str().map(HeaderValue::try_from)) {
            response.insert_header((name, value));
        }
    }
    response.insert_header((HeaderName::from_static("idempotency-replayed"), "true"));
    Ok(response.body(answer.body))
}

fn other_content() -> Error {
    Error::new(
        Kind::KeyReused,
        "IDEMPOTENCY_KEY_REUSED",
        "Idempotency-Key used again",
        "This key was used for another request: take a new key for new content.",
    )
}

fn hash(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}
