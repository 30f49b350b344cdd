//! Analyses: start, watch, read, retry, cancel, delete.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::extract::caller::Caller;
use super::extract::idempotency::Idempotent;
use super::extract::paging::Paging;
use super::extract::params::Params;
use crate::domain::error::{Error, Result};
use crate::domain::page::Page;
use crate::domain::user::Identity;
use crate::domain::{JobId, UploadId};
use crate::services::analyses::{Reading, parse_job_id};
use crate::services::search::Sought;
use crate::state::AppState;

/// Résumés that a search gives if it does not say how many.
const SEARCH_LIMIT: u64 = 10;
/// Characters of a query.
const MAX_QUERY: usize = 500;

/// `POST /api/analysis/start`
pub async fn start_analysis(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let upload = params.id("upload_id")?;
    start(request, state, caller.0, upload).await
}

/// `POST /api/analyze`: the same under the name of the first document.
pub async fn analyze(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let upload = params.id("id").map_err(|error| Error { title: "Invalid upload_id parameter".into(), ..error })?;
    start(request, state, caller.0, upload).await
}

async fn start(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Identity,
    upload: UploadId,
) -> Result<HttpResponse> {
    let idempotent = Idempotent::of(&request, &caller)?;
    let work = async move {
        state.limits.expensive(caller.user_id)?;
        let job = state.analyses.start(caller.user_id, upload).await?;
        Ok(HttpResponse::Accepted().json(json!({
            "job_id": job.job_id,
            "status": job.status,
            "message": "Analysis job started successfully",
        })))
    };
    idempotent.run(b"", work).await
}

/// The job that the query names: missing is 400, malformed is 404 as an unknown one.
fn job_id(params: &Params) -> Result<JobId> {
    parse_job_id(params.required("job_id")?)
}

/// `GET /api/analysis/status`
pub async fn job_status(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(state.analyses.status(&caller.0, job_id(&params)?).await?))
}

/// `GET /api/analysis/result`
pub async fn job_result(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(state.analyses.result(&caller.0, job_id(&params)?, Reading::Result).await?))
}

/// `GET /api/analysis/jobs`, `/api/analysis/upload-jobs`
pub async fn list_upload_jobs(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let upload = params.id("upload_id")?;
    let paging = Paging::of("upload-jobs", &params, &caller.0)?;
    let jobs = state.analyses.jobs_of_upload(caller.0.user_id, upload, paging.page).await?;
    Ok(paging.answer(&request, jobs, |job| job))
}

/// `GET /api/analysis/user-jobs`
pub async fn list_user_jobs(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let user = params.own_user("user_id", &caller.0)?;
    let paging = Paging::of("user-jobs", &params, &caller.0)?;
    let jobs = state.analyses.jobs_of_user(user, paging.page).await?;
    Ok(paging.answer(&request, jobs, |job| job))
}

/// What the query looks for: `query`, or `similar_to` instead.
fn sought(params: &Params) -> Result<Sought> {
    let text = params.get("query").map(str::trim).filter(|text| !text.is_empty());
    match (text, params.get("similar_to")) {
        (Some(_), Some(_)) => Err(Error::invalid("similar_to", "Give either query or similar_to.")),
        (None, Some(job)) => parse_job_id(job).map(Sought::Like),
        (Some(text), None) if text.chars().count() > MAX_QUERY => {
            Err(Error::invalid("query", format!("query must have at most {MAX_QUERY} characters.")))
        }
        (Some(text), None) => Ok(Sought::Text(text.to_owned())),
        (None, None) => Err(Error::invalid("query", "Say what to look for in query, or name a job in similar_to.")),
    }
}

/// `GET /api/analysis/search`
pub async fn search(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    let sought = sought(&params)?;
    let upload = params.get("upload_id").map(|_| params.id("upload_id")).transpose()?;
    let limit =
        params.get("limit").map_or(Ok(SEARCH_LIMIT), |text| Page::new(Some(text), None).map(|page| page.limit))?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let hits = state.searches.find(&caller.0, &sought, upload, limit).await?;
    Ok(HttpResponse::Ok().json(json!({"results": hits})))
}

/// `POST /api/analysis/retry-job`
pub async fn retry_job(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let (caller, id) = (caller.0, job_id(&params)?);
    let idempotent = Idempotent::of(&request, &caller)?;
    let work = async move {
        state.limits.expensive(caller.user_id)?;
        let job = state.analyses.retry(&caller, id).await?;
        Ok(HttpResponse::Accepted().json(json!({
            "success": true,
            "message": "Job retry started successfully",
            "job_id": job.job_id,
            "status": job.status,
        })))
    };
    idempotent.run(b"", work).await
}

/// `POST /api/analysis/cancel-job`
pub async fn cancel_job(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let (caller, id) = (caller.0, job_id(&params)?);
    let idempotent = Idempotent::of(&request, &caller)?;
    let work = async move {
        let job = state.analyses.cancel(&caller, id).await?;
        Ok(HttpResponse::Accepted().json(json!({"success": true, "job_id": job.job_id, "status": job.status})))
    };
    idempotent.run(b"", work).await
}

/// `DELETE /api/analysis/delete-job`
pub async fn delete_job(state: Data<AppState>, caller: Caller, params: Params) -> Result<HttpResponse> {
    let id = job_id(&params)?;
    state.analyses.delete(&caller.0, id).await?;
    Ok(HttpResponse::Ok().json(json!({"success": true, "message": "Job deleted successfully", "job_id": id})))
}
