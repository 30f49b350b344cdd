//! What belongs to an account: who looked at it, all of it as an archive, and its erasure.

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;

use super::auth::cookie;
use super::conversations::is_online;
use super::extract::address::client_address;
use super::extract::body::{Body, required};
use super::extract::caller::Caller;
use super::extract::paging::Paging;
use super::extract::params::Params;
use crate::domain::JobId;
use crate::domain::change::By;
use crate::domain::clock::rfc3339;
use crate::domain::error::{Error, Result};
use crate::domain::user::UserView;
use crate::state::AppState;

#[derive(Deserialize)]
pub struct EraseForm {
    password: Option<String>,
}

#[derive(Serialize)]
struct AccessView {
    #[serde(with = "rfc3339")]
    at: OffsetDateTime,
    /// Null once the viewer is erased.
    user: Option<UserView>,
    job_id: JobId,
    action: String,
}

/// `DELETE /api/users/me`
pub async fn erase(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<EraseForm>,
) -> Result<HttpResponse> {
    let (user, password) = (caller.0.user_id, required("password", body.value.password)?);
    let address = client_address(&request, &state.settings.server.trusted_proxies);
    let attempt = state.limits.login(&format!("#{user}"), address)?;
    state.accounts.check_password(user, &password).await?;
    attempt.succeeded();
    state.accounts.check_may_go(user).await?;
    let (conversations, accounts, by) = (state.conversations.clone(), state.accounts.clone(), By::from(&caller.0));
    // goes on if the client hangs up: nobody leaves all rooms and stays
    let erasure = actix_web::rt::spawn(async move {
        conversations.withdraw(by).await?;
        accounts.erase(user).await
    });
    let erasure = erasure.await.map_err(|error| Error::internal(format!("erasure: {error}")))??;
    Ok(HttpResponse::Ok().cookie(cookie(&state, "", CookieAge::ZERO)).json(json!({
        "success": true,
        "erased": erasure.erased,
        "kept": { "messages": erasure.kept_messages },
    })))
}

/// `GET /api/users/me/export`
pub async fn export(state: Data<AppState>, caller: Caller) -> Result<HttpResponse> {
    let user = state.accounts.me(&caller.0).await?;
    let archive = state.accounts.export(user)?;
    Ok(HttpResponse::Ok()
        .content_type("application/zip")
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"greenroom_export.zip\""))
        .streaming(Box::pin(archive)))
}

/// `GET /api/users/me/access-log`
pub async fn access_log(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let paging = Paging::of("access-log", &params, &caller.0)?;
    let entries = state.accounts.access_log(caller.0.user_id, paging.page).await?;
    let online = is_online(&state);
    Ok(paging.answer(&request, entries, |entry| AccessView {
        at: entry.at,
        user: entry.viewer.map(|viewer| viewer.seen_by_all(online(&viewer))),
        job_id: entry.job_id,
        action: entry.action,
    }))
}
