//! Weak ETags on what GET answers, and 304 for those who have it already (RFC 9110, section 13).

use actix_web::Error as ActixError;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use sha2::{Digest, Sha256};

/// Adds the ETag of a JSON answer, or the empty 304. The tag is a hash of the body: what is the same is the same.
/// An answer that brings a tag of its own was asked about before it was made.
pub async fn conditional(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, ActixError> {
    let asked = request.method() == Method::GET && request.path().starts_with("/api/");
    let known: Vec<HeaderValue> = request.headers().get_all(IF_NONE_MATCH).cloned().collect();
    let answer = next.call(request).await?.map_into_boxed_body();
    if !asked || answer.status() != StatusCode::OK || !is_json(&answer) || answer.headers().contains_key(ETAG) {
        return Ok(answer);
    }
    let (request, answer) = answer.into_parts();
    let (mut head, body) = answer.into_parts();
    let body = match body.try_into_bytes() {
        Ok(body) => body,
        Err(streamed) => return Ok(ServiceResponse::new(request, head.set_body(streamed))),
    };
    let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&body)[..12]));
    let unchanged = known.iter().filter_map(|value| value.to_str().ok()).any(|list| matches(list, &tag));
    if let Ok(value) = HeaderValue::try_from(tag) {
        head.headers_mut().insert(ETAG, value);
    }
    if !unchanged {
        return Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(body))));
    }
    *head.status_mut() = StatusCode::NOT_MODIFIED;
    head.headers_mut().remove(CONTENT_LENGTH);
    head.headers_mut().remove(CONTENT_TYPE);
    Ok(ServiceResponse::new(request, head.set_body(BoxBody::new(()))))
}

fn is_json(answer: &ServiceResponse) -> bool {
    let media_type = answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|text| text.starts_with("application/json"))
}

/// Whether a request names the tag in `If-None-Match`.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok()).any(|list| matches(list, tag))
}

/// The weak comparison: `W/` does not matter; `*` is whatever there is.
fn matches(list: &str, tag: &str) -> bool {
    let bare = tag.trim_start_matches("W/");
    list.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly() {
        for list in ["W/\"a\"", "\"a\"", "\"b\", W/\"a\"", "*"] {
            assert!(matches(list, "W/\"a\""), "{list}");
        }
        assert!(!matches("\"b\", W/\"c\"", "W/\"a\""));
    }
}
