//! Where a request carries its token (contract, section 1).

use actix_web::HttpRequest;
use actix_web::http::header::AUTHORIZATION;

use crate::domain::error::{Error, Result};

/// The name of the cookie.
pub const COOKIE: &str = "jwt_token";

/// A token, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    Header(String),
    Cookie(String),
}

/// The credential that decides: `Authorization` before the cookie. An `Authorization` that is no bearer token is a 401.
pub fn credential(request: &HttpRequest) -> Result<Option<Credential>> {
    Ok(match bearer(request) {
        Some(token) => Some(Credential::Header(token?)),
        None => cookie(request).map(Credential::Cookie),
    })
}

/// The token of the `Authorization` header (RFC 6750); the scheme's case does not matter.
pub fn bearer(request: &HttpRequest) -> Option<Result<String>> {
    let value = request.headers().get(AUTHORIZATION)?;
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned())
    });
    Some(token.ok_or_else(|| {
        Error::unauthenticated("TOKEN_INVALID", "Authorization must be `Bearer` and a token: sign in to get one.")
    }))
}

/// The token of the cookie `jwt_token`.
pub fn cookie(request: &HttpRequest) -> Option<String> {
    request.cookie(COOKIE).map(|cookie| cookie.value().to_owned()).filter(|token| !token.is_empty())
}
