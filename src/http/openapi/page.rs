//! The page of the API: Swagger UI, whose files are part of the binary.

use std::sync::Arc;

use actix_web::http::header::{CONTENT_ENCODING, HeaderValue};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};
use utoipa_swagger_ui::Config;

use crate::domain::error::{Error, Result};
use crate::http::error::unknown_path;
use crate::http::web_client::part_of_page;

/// Swagger UI's own page but for its paths: this one has no slash at its end. Nothing in it is inline, so the policy of our
/// pages holds.
const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Greenroom API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
<link rel="stylesheet" href="docs/index.css">
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/swagger-ui-standalone-preset.js"></script>
<script src="docs/swagger-initializer.js"></script>
</body>
</html>
"#;

/// `GET /api/docs`
pub async fn docs(request: HttpRequest) -> HttpResponse {
    part_of_page(&request, tag(PAGE.as_bytes()), "text/html; charset=utf-8", PAGE)
}

/// `GET /api/docs/{file}`: what the page loads. The files are compressed in the binary, and every browser takes them so.
pub async fn docs_file(request: HttpRequest, file: Path<String>) -> Result<HttpResponse> {
    // the other layout has a bar whose logo brings an inline style
    let config = Config::new(["openapi.json"]).validator_url("none").use_base_layout();
    let found =
        utoipa_swagger_ui::serve(&file, Arc::new(config)).map_err(|error| Error::internal(error.to_string()))?;
    let Some(found) = found.filter(|_| !file.ends_with(".html")) else { return unknown_path(request).await };
    let mut answer = part_of_page(&request, tag(&found.bytes), &found.content_type, found.bytes.into_owned());
    if found.gzpipped {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(answer)
}

fn tag(content: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(content)[..12]))
}
