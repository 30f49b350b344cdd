//! How an [`Error`] is answered over HTTP: its status, its headers, its body. The only place that knows.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use crate::domain::error::{Error, Kind};

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self.kind {
            Kind::Invalid => StatusCode::BAD_REQUEST,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::UpgradeRequired => StatusCode::UPGRADE_REQUIRED,
            Kind::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status_code());
        if let Some((name, value)) = challenge(self.kind) {
            answer.insert_header((name, value));
        }
        if self.kind == Kind::TooSlow {
            // what may still come belongs to a request that has been answered (RFC 9110, 15.5.9)
            answer.force_close();
        }
        let wait = self.retry_after.map(|after| after.as_secs().max(1));
        if let Some(seconds) = wait.or((self.kind == Kind::Unavailable).then_some(5)) {
            answer.insert_header((RETRY_AFTER, seconds));
        }
        answer.json(self.to_json())
    }
}

/// The header that a status asks for.
fn challenge(kind: Kind) -> Option<(HeaderName, HeaderValue)> {
    match kind {
        Kind::Unauthenticated => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
        Kind::UpgradeRequired => Some((UPGRADE, HeaderValue::from_static("websocket"))),
        _ => None,
    }
}

/// 404 for a path that is not in the table.
pub async fn unknown_path(_: HttpRequest) -> Result<HttpResponse, Error> {
    Err(Error::new(
        Kind::NotFound,
        "UNKNOWN_PATH",
        "Not found",
        "There is nothing at this path: /api/docs lists what there is.",
    ))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_401_asks_for_a_bearer_token_and_a_503_says_when() {
        let unauthenticated = Error::unauthenticated("TOKEN_INVALID", "no").error_response();
        assert_eq!(unauthenticated.headers().get(WWW_AUTHENTICATE).and_then(|v| v.to_str().ok()), Some("Bearer"));
        let away = Error::unavailable("DATABASE_UNAVAILABLE", "away", Duration::from_millis(10)).error_response();
        assert_eq!(away.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()), Some("1"));
    }
}
