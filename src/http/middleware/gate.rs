//! Who is asking, whether a foreign page sent them, and whether they ask too often.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, VARY};
use actix_web::middleware::Next;
use actix_web::{Error as ActixError, HttpMessage, HttpRequest, ResponseError};

use crate::domain::error::{Error, Result};
use crate::http::extract::address::client_address;
use crate::http::extract::caller::{Sender, sender};
use crate::http::extract::credentials::{Credential, credential};
use crate::http::extract::proxied::user_email;
use crate::http::extract::{origin, state};
use crate::services::limits::{Allowance, Subject};

/// Finds out who is asking, then lets the request pass or refuses it.
pub async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let who = identify(&request).await;
    request.extensions_mut().insert(who);
    let allowance = match count(&request) {
        Ok(allowance) => allowance,
        Err((allowance, error)) => return Ok(refuse(request, &error, Some(allowance))),
    };
    if let Err(error) = check_path(&request).and_then(|()| check_origin(&request)) {
        return Ok(refuse(request, &error, allowance));
    }
    let mut answer = next.call(request).await?.map_into_boxed_body();
    finish(&mut answer, allowance);
    Ok(answer)
}

async fn identify(request: &ServiceRequest) -> Sender {
    let request = request.request();
    let found = match credential(request) {
        Ok(None) => return identify_by_proxy(request).await,
        Ok(Some(found)) => found,
        Err(error) => return Sender::Refused(error),
    };
    let (token, by_cookie) = match found {
        Credential::Header(token) => (token, false),
        Credential::Cookie(token) => (token, true),
    };
    let identity = match state(request) {
        Ok(state) => state.accounts.authenticate(&token).await,
        Err(error) => Err(error),
    };
    match identity {
        Ok(identity) => Sender::SignedIn { identity, by_cookie },
        Err(error) => Sender::Refused(error),
    }
}

/// Without a credential a trusted proxy may say who it is.
async fn identify_by_proxy(request: &HttpRequest) -> Sender {
    let Ok(state) = state(request) else { return Sender::SignedOut };
    let Some(email) = user_email(request, &state.settings.server) else { return Sender::SignedOut };
    match state.accounts.named_by_proxy(email).await {
        Ok(identity) => Sender::SignedIn { identity, by_cookie: false },
        Err(error) => Sender::Refused(error),
    }
}

/// Counts the request of a user or, signed out, of an address. Files of the pages, health and metrics are free.
fn count(request: &ServiceRequest) -> Result<Option<Allowance>, (Allowance, Error)> {
    let path = request.path();
    let is_file = path == "/" || path.starts_with("/assets/") || path.starts_with("/api/docs");
    let free = is_file || path == "/metrics" || path.starts_with("/health");
    let Ok(state) = state(request.request()) else { return Ok(None) };
    if free || request.method() == Method::OPTIONS {
        return Ok(None);
    }
    let subject = match sender(request.request()) {
        Sender::SignedIn { identity, .. } => Subject::User(identity.user_id),
        Sender::SignedOut | Sender::Refused(_) => {
            Subject::address(client_address(request.request(), &state.settings.server.trusted_proxies))
        }
    };
    state.limits.request(subject)
}

/// U+0000 is part of no name and no id, and PostgreSQL takes it in no text.
fn check_path(request: &ServiceRequest) -> Result<()> {
    if request.uri().path().contains("%00") {
        return Err(Error::not_found("UNKNOWN_PATH", "Not found"));
    }
    Ok(())
}

/// What changes something in the name of a cookie must come from a page of ours.
fn check_origin(request: &ServiceRequest) -> Result<()> {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let by_cookie = matches!(sender(request.request()), Sender::SignedIn { by_cookie: true, .. });
    if changes && by_cookie { origin::check(request.request()) } else { Ok(()) }
}

fn refuse(request: ServiceRequest, error: &Error, allowance: Option<Allowance>) -> ServiceResponse<BoxBody> {
    let mut answer = request.into_response(error.error_response());
    finish(&mut answer, allowance);
    answer
}

fn finish(answer: &mut ServiceResponse<BoxBody>, allowance: Option<Allowance>) {
    let signed_in = !matches!(sender(answer.request()), Sender::SignedOut);
    let headers = answer.headers_mut();
    if let Some(allowance) = allowance {
        tell_allowance(headers, allowance);
    }
    if signed_in {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.append(VARY, HeaderValue::from_static("Authorization, Cookie, Origin"));
    }
}

/// `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-09.
fn tell_allowance(headers: &mut HeaderMap, allowance: Allowance) {
    let policy = format!("\"default\";q={};w={}", allowance.quota, allowance.window.as_secs());
    let now = format!("\"default\";r={};t={}", allowance.remaining, allowance.reset.as_secs_f64().ceil());
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", now)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}
