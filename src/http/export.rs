//! `GET /api/analysis/export`: the result of an analysis as a file.

use actix_web::http::header::{CONTENT_DISPOSITION, ETAG};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::extract::caller::Caller;
use super::extract::params::Params;
use super::middleware::conditional::is_known;
use crate::domain::error::{Error, Kind, Result};
use crate::export::Format;
use crate::services::analyses::{Reading, parse_job_id};
use crate::state::AppState;

/// The file of a completed job, in the format that the query names. Who has it already gets a 304, and nothing is
/// written.
pub async fn export_result(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let job = parse_job_id(params.required("job_id")?)?;
    let format = params.get("format").and_then(Format::parse).ok_or_else(invalid_format)?;
    let result = state.analyses.result(&caller.0, job, Reading::Export).await?;
    let tag = format!("W/\"{}\"", state.exports.fingerprint(format, &result)?);
    if is_known(request.headers(), &tag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, tag)).finish());
    }
    let file = state.exports.render(format, result).await?;
    tracing::info!(job_id = %job, format = format.name(), bytes = file.len(), "result exported");
    Ok(HttpResponse::Ok()
        .content_type(format.media_type())
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", format.file_name(job))))
        .insert_header((ETAG, tag))
        .body(file))
}

fn invalid_format() -> Error {
    let message = "Supported formats: json, csv, pdf, docx";
    Error::new(Kind::Invalid, "INVALID_FORMAT", "Invalid format", message).field("format")
}
