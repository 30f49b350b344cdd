//! The page: files of `web/`, part of the binary.

use actix_web::body::MessageBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, REFERRER_POLICY, VARY};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

use super::error::unknown_path;
use super::middleware::conditional::is_known;
use crate::domain::error::Result;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web"]
struct Files;

/// Nothing from elsewhere, nothing inline, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page itself.
pub fn index(request: &HttpRequest) -> Result<HttpResponse> {
    file(request, "index.html").map_or_else(
        || Err(crate::domain::error::Error::internal("the page is not part of this binary")),
        |mut page| {
            page.headers_mut().insert(VARY, actix_web::http::header::HeaderValue::from_static("Accept"));
            Ok(page)
        },
    )
}

/// `GET /assets/{path}`
pub async fn asset(request: HttpRequest, path: Path<String>) -> Result<HttpResponse> {
    match file(&request, &path) {
        Some(file) => Ok(file),
        None => unknown_path(request).await,
    }
}

fn file(request: &HttpRequest, path: &str) -> Option<HttpResponse> {
    let file = Files::get(path)?;
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    Some(part_of_page(request, tag, media_type(path), file.data.into_owned()))
}

/// A part of a page of ours, or 304 for who has it already.
pub fn part_of_page(
    request: &HttpRequest,
    tag: String,
    media_type: &str,
    content: impl MessageBody + 'static,
) -> HttpResponse {
    let unchanged = is_known(request.headers(), &tag);
    let mut answer = if unchanged { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    if unchanged {
        return answer.finish();
    }
    answer.content_type(media_type).body(content)
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" | "webmanifest" => "application/manifest+json",
        "ico" => "image/x-icon",
        _ => "application/octet-stream",
    }
}
