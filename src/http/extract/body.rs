//! JSON bodies: bounded, of the right media type, an object, and with an error that names the field.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::arriving::{Arriving, refusal};
use crate::domain::error::{Error, Kind, Result};

/// The largest JSON body, in bytes.
const LIMIT: usize = 1_048_576;

/// A JSON object of a request, and the bytes it came in.
#[derive(Debug)]
pub struct Body<T> {
    pub value: T,
    pub raw: Bytes,
}

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = check_media_type(request).and_then(|()| check_length(request));
        let payload = payload.take();
        Box::pin(async move {
            checked?;
            let raw = read(Arriving::new(payload), LIMIT).await?;
            Ok(Self { value: parse(&raw)?, raw })
        })
    }
}

/// `application/json`, what `curl -d` says, or nothing.
pub fn check_media_type(request: &HttpRequest) -> Result<()> {
    let Some(value) = request.headers().get(CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(essence.as_str(), "" | "application/json" | "application/x-www-form-urlencoded") {
        return Ok(());
    }
    Err(Error::new(
        Kind::UnsupportedMediaType,
        "UNSUPPORTED_MEDIA_TYPE",
        "Unsupported media type",
        "Send JSON with `Content-Type: application/json`.",
    ))
}

fn check_length(request: &HttpRequest) -> Result<()> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > LIMIT as u64) { Err(too_large(LIMIT)) } else { Ok(()) }
}

/// Reads a body of at most `limit` bytes.
pub async fn read(mut arriving: Arriving, limit: usize) -> Result<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = arriving.next().await {
        let chunk = chunk.map_err(|error| refusal(&error).unwrap_or_else(incomplete))?;
        if body.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn incomplete() -> Error {
    Error::new(Kind::Invalid, "BODY_INCOMPLETE", "Incomplete body", "The body ended before it was complete.")
}

fn too_large(limit: usize) -> Error {
    let message = format!("The body is larger than {limit} bytes.");
    Error::new(Kind::TooLarge, "BODY_TOO_LARGE", "Body too large", message).with("max_bytes", limit)
}

/// Reads an object. What is no JSON object, holds U+0000 or has a field of the wrong type is a 400.
pub fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T> {
    let value: Value = serde_json::from_slice(raw).map_err(|error| malformed(&error))?;
    if !value.is_object() {
        return Err(Error::new(Kind::Invalid, "INVALID_JSON", "Invalid JSON", "The body must be a JSON object."));
    }
    if let Some(field) = field_with_nul(&value) {
        return Err(Error::invalid(field.to_owned(), "U+0000 is not allowed in a text."));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let message = format!("{path} has the wrong type: {}.", in_words(&error.inner().to_string()));
        let field = path.split(['.', '[']).next().unwrap_or_default().to_owned();
        Error::invalid(field, message)
    })
}

/// Types that serde names in its own way, as JSON and people call them.
fn in_words(error: &str) -> String {
    const WORDS: [(&str, &str); 8] = [
        ("expected i64", "expected a whole number"),
        ("expected u64", "expected a whole number"),
        ("expected u32", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("invalid type: sequence", "invalid type: a list"),
        ("invalid type: map", "invalid type: an object"),
        ("expected a map", "expected an object"),
    ];
    WORDS.iter().fold(error.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

fn malformed(error: &serde_json::Error) -> Error {
    let message = format!("The body is not valid JSON: {error}.");
    Error::new(Kind::Invalid, "INVALID_JSON", "Invalid JSON", message)
}

/// The top-level field in which U+0000 stands. PostgreSQL cannot store it, and no text means it.
fn field_with_nul(object: &Value) -> Option<&str> {
    fn has_nul(value: &Value) -> bool {
        match value {
            Value::String(text) => text.contains('\0'),
            Value::Array(items) => items.iter().any(has_nul),
            Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
            _ => false,
        }
    }
    let found = object.as_object()?.iter().find(|(key, value)| key.contains('\0') || has_nul(value))?;
    Some(found.0)
}

/// A field that must be there.
pub fn required<T>(field: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::invalid(field, format!("{field} is required.")))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Form {
        email: Option<String>,
    }

    fn refused(body: &[u8]) -> Error {
        parse::<Form>(body).unwrap_err()
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in
            [&b"{"[..], b"", b"[]", b"null", b"{'email': 1}", b"{\"email\": \"\xff\"}", br#"{"email":"\ud800"}"#]
        {
            assert_eq!(refused(body).code, "INVALID_JSON");
        }
        let nested = format!("{{\"email\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(refused(nested.as_bytes()).code, "INVALID_JSON");
    }

    #[test]
    fn a_wrong_type_names_the_field() {
        assert_eq!(refused(br#"{"email": 5}"#).field.as_deref(), Some("email"));
        assert_eq!(refused(br#"{"email": "a\u0000b"}"#).field.as_deref(), Some("email"));
        assert_eq!(parse::<Form>(br#"{"email": null, "other": 1}"#).unwrap().email, None);
    }
}
