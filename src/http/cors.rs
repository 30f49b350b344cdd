//! CORS (contract, section 1): credentials only for origins that are listed, never with `*`.

use actix_cors::Cors;
use actix_web::http::Method;

use crate::config::{CorsOrigins, CorsSettings};

const EXPOSED: [&str; 9] = [
    "Link",
    "X-Next-Cursor",
    "ETag",
    "X-Request-Id",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Content-Disposition",
    "Idempotency-Replayed",
];

/// The layer for these settings. A foreign origin gets no header, so that its browser keeps the answer from it.
pub fn layer(settings: &CorsSettings) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        // whoever may send requests at all may send any header: clients bring their own, such as `User-Email`
        .allow_any_header()
        .expose_headers(EXPOSED)
        .max_age(3600)
        .block_on_origin_mismatch(false);
    if !settings.enabled {
        return cors;
    }
    if settings.origins == CorsOrigins::Any {
        return cors.allow_any_origin().send_wildcard();
    }
    let settings = settings.clone();
    cors.allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| settings.trusts(origin)))
        .supports_credentials()
}
