//! What the API says of itself: OpenAPI 3.1, and a page to read it. [`paths`] has every path in words, [`schemas`] the
//! objects, [`components`] what paths share. `tests.rs` proves that `routes.rs` and the document name the same paths, and
//! the black-box tests that every answer they see is as it is described.

mod components;
mod endpoint;
mod page;
mod paths;
mod refusals;
mod schemas;
mod shape;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use actix_web::http::header::{CONTENT_TYPE, ETAG};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use utoipa::openapi::info::{InfoBuilder, License};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, OpenApiBuilder, PathItem, PathsBuilder};

use super::middleware::conditional::is_known;
use crate::domain::error::{Error, Result};
pub use page::{docs, docs_file};

const WORDS: &str = "A chat server and interview coach. Four dialects share one set of users, one token, one message store: what is \
    posted through one is seen through every other that can address its conversation.\n\n\
    Bodies are JSON objects in UTF-8, whatever their fields: unknown ones are ignored. Times are RFC 3339 in UTC. HEAD works wherever \
    GET does. Every refusal has one shape, `Error`: a title, a sentence that says what to do, and a stable `code`; an unknown path is \
    404 `UNKNOWN_PATH`, another method 405 with `Allow`. Every answer has `X-Request-Id`.\n\n\
    Lists are pages: `limit` and `cursor` in, `Link` and `X-Next-Cursor` out.";

/// The media type of the document (draft-ietf-httpapi-rest-api-mediatypes): not that of our answers, whose shape it has not.
pub const MEDIA_TYPE: &str = "application/openapi+json";

/// The document and its ETag, made when it is first asked for.
struct Served {
    body: Bytes,
    tag: String,
}

static SERVED: LazyLock<serde_json::Result<Served>> = LazyLock::new(|| {
    let body = Bytes::from(serde_json::to_vec(&description())?);
    let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&body)[..12]));
    Ok(Served { body, tag })
});

/// The description of every path.
pub fn description() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Greenroom")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(WORDS))
        .license(Some(License::new("MIT")));
    let (mut paths, mut tags) = (PathsBuilder::new(), Vec::new());
    for section in paths::sections() {
        tags.push(TagBuilder::new().name(section.name).description(Some(section.words)).build());
        for endpoint in section.endpoints {
            let (path, method, operation) = endpoint.finish(section.name);
            paths = paths.path(path, PathItem::new(method, operation));
        }
    }
    OpenApiBuilder::new().info(info).paths(paths).components(Some(components::components())).tags(Some(tags)).build()
}

/// `GET /api/openapi.json`
pub async fn document(request: HttpRequest) -> Result<HttpResponse> {
    let served = SERVED.as_ref().map_err(|error| Error::internal(error.to_string()))?;
    if is_known(request.headers(), &served.tag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, served.tag.as_str())).finish());
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, MEDIA_TYPE))
        .insert_header((ETAG, served.tag.as_str()))
        .body(served.body.clone()))
}
