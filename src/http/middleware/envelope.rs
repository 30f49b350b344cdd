//! The outermost layer: every answer has a request id and the common headers, every request a line in the log and the metrics.

use std::time::Instant;

use actix_cors::CorsError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError};
use tracing::Instrument as _;
use uuid::Uuid;

use crate::domain::error::{Error, Kind};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps a request. HEAD is answered as GET; the server leaves the body out by itself.
pub async fn envelope(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let begun = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let span = tracing::info_span!("request", request_id = %id, %method);
    let mut answer = next.call(request).instrument(span.clone()).await?.map_into_boxed_body();
    let _entered = span.enter();
    if let Some(ours) = answer.response().error().and_then(in_our_shape) {
        *answer.response_mut() = ours;
    }
    let route = answer.request().match_pattern().unwrap_or_else(|| "unknown".to_owned());
    let status = answer.status();
    tell_request_id(&mut answer, &id);
    log(&route, status, begun, answer.response().error());
    let labels = [("method", label(&method)), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("greenroom_http_requests_total", &labels).increment(1);
    metrics::histogram!("greenroom_http_request_seconds", &labels[1..2]).record(begun.elapsed().as_secs_f64());
    Ok(answer)
}

/// The client's own id, if it is short and plain; one of ours otherwise.
fn request_id(request: &ServiceRequest) -> String {
    let sane = |text: &&str| {
        (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b))
    };
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(sane);
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

/// Methods are chosen by clients: only the known ones may become a label.
fn label(method: &Method) -> String {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    if known.contains(method) { method.to_string() } else { "other".to_owned() }
}

/// Errors of the framework (a malformed path, a broken body) in the one shape; ours have it already.
fn in_our_shape(error: &actix_web::Error) -> Option<HttpResponse> {
    if error.as_error::<Error>().is_some() {
        return None;
    }
    if error.as_error::<CorsError>().is_some() {
        let message = "Pages of this origin may not ask for this: list the origin in CORS_ALLOWED_ORIGINS, or look at the method.";
        return Some(Error::new(Kind::Invalid, "CORS_REFUSED", "Not allowed by CORS", message).error_response());
    }
    let status = error.as_response_error().status_code();
    if status.is_server_error() {
        return Some(HttpResponse::from_error(Error::internal(error.to_string())));
    }
    let kind = match status {
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        _ => Kind::Invalid,
    };
    let ours =
        Error::new(kind, "BAD_REQUEST", "Bad request", "The request could not be read: check its path and body.");
    Some(ours.error_response())
}

fn tell_request_id(answer: &mut ServiceResponse<BoxBody>, id: &str) {
    if answer.status() == StatusCode::INTERNAL_SERVER_ERROR {
        let body = Error::internal("").with("request_id", id).to_json();
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let (head, _) = std::mem::replace(answer.response_mut(), HttpResponse::new(StatusCode::OK)).into_parts();
        *answer.response_mut() = head.set_body(BoxBody::new(body));
    }
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The path is told as its pattern: parameters may be names, tokens or tickets.
fn log(route: &str, status: StatusCode, begun: Instant, error: Option<&actix_web::Error>) {
    let (status, ms) = (status.as_u16(), begun.elapsed().as_millis());
    let ours = error.and_then(|error| error.as_error::<Error>());
    let code = ours.map(|error| error.code);
    match ours.and_then(|error| error.detail.as_deref()) {
        Some(detail) => tracing::error!(route, status, ms, code, detail, "request failed"),
        None if status >= 500 => tracing::error!(route, status, ms, code, "request failed"),
        None => tracing::debug!(route, status, ms, code, "request answered"),
    }
}
