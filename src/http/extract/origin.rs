//! Foreign origins: a page of somebody else must not act with the cookie of its visitor (contract, section 1).

use actix_web::HttpRequest;
use actix_web::http::header::{HOST, ORIGIN};

use super::state;
use crate::domain::error::{Error, Kind, Result};

/// Refuses (403) a request that a page of a foreign origin sends. Without `Origin` the browser's `Sec-Fetch-Site`
/// decides; without both it is no browser.
pub fn check(request: &HttpRequest) -> Result<()> {
    if is_own(request)? {
        return Ok(());
    }
    Err(Error::new(
        Kind::Forbidden,
        "FOREIGN_ORIGIN",
        "Foreign origin",
        "This request came from a page of another origin: use a bearer token, or list the origin in CORS_ALLOWED_ORIGINS.",
    ))
}

fn is_own(request: &HttpRequest) -> Result<bool> {
    let header = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("null"));
    if let Some(origin) = header(ORIGIN.as_str()) {
        return Ok(is_same_host(request, origin) || state(request)?.settings.cors.trusts(origin));
    }
    Ok(header("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none")))
}

/// The scheme is left out: behind a proxy that ends TLS we do not know ours, and a page of the same host and port under
/// another scheme would need the same machine.
fn is_same_host(request: &HttpRequest, origin: &str) -> bool {
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    matches!((authority, host), (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host))
}
