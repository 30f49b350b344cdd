//! The Q&A memory of a socket: loads saved questions into it, and makes it forget them.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Deserialize;
use serde_json::json;

use super::chat::named;
use super::conversations::UserField;
use super::extract::body::{Body, required};
use super::extract::caller::Caller;
use super::extract::params::own_user;
use super::interview::job_filter;
use crate::actors::hub::{Memory, Reach, Reached};
use crate::domain::UserId;
use crate::domain::error::{Error, Result};
use crate::domain::user::Identity;
use crate::services::memory::question_limit;
use crate::state::AppState;

#[derive(Deserialize)]
pub struct LoadForm {
    client_id: Option<String>,
    user_id: Option<UserField>,
    job_id: Option<String>,
    limit: Option<i64>,
}

#[derive(Deserialize)]
pub struct UnloadForm {
    client_id: Option<String>,
}

/// A socket as a request names it, and the way to its session.
struct Target {
    client_id: String,
    reached: Reached,
}

impl Target {
    /// 400 without a name; 404 if there is no such socket, or it is another user's.
    async fn find(state: &AppState, client_id: Option<String>, user: UserId) -> Result<Self> {
        let client_id = named_client(client_id)?;
        let id = client_id.parse().map_err(|_| not_found())?;
        let reached = state.hub.reach(Reach { client_id: id, user }).await?.ok_or_else(not_found)?;
        Ok(Self { client_id, reached })
    }

    async fn give(&self, memory: Memory) -> Result<()> {
        if self.reached.outbox.remember(memory).await { Ok(()) } else { Err(not_found()) }
    }
}

fn named_client(client_id: Option<String>) -> Result<String> {
    required("client_id", client_id.filter(|id| !id.is_empty()))
}

fn not_found() -> Error {
    Error::not_found("CLIENT_NOT_FOUND", "Client not found")
}

/// A `user_id` must be the caller's own; one that repeats the `job_id`, as older clients send it, says nothing.
fn check_user(form: &LoadForm, caller: &Identity) -> Result<()> {
    let Some(user) = form.user_id.as_ref().map(named) else { return Ok(()) };
    if form.job_id.as_ref() == Some(&user) { Ok(()) } else { own_user("user_id", &user, caller).map(drop) }
}

/// `POST /api/chat/load-qa`
pub async fn load(state: Data<AppState>, caller: Caller, body: Body<LoadForm>) -> Result<HttpResponse> {
    let (form, user) = (body.value, caller.0.user_id);
    named_client(form.client_id.clone())?;
    let limit = question_limit(form.limit)?;
    check_user(&form, &caller.0)?;
    let target = Target::find(&state, form.client_id, user).await?;
    let job = form.job_id.filter(|job| !job.trim().is_empty()).map(|job| job_filter(&job));
    let matcher = state.memories.load(user, job, limit).await?;
    let loaded = matcher.len();
    target.give(Memory { by: user, matcher: Some(matcher) }).await?;
    if target.reached.is_signed_in {
        state.memories.keep(user, job, limit, &target.client_id).await?;
    }
    Ok(HttpResponse::Ok().json(json!({"success": true, "client_id": target.client_id, "loaded": loaded})))
}

/// `POST /api/chat/unload-qa`
pub async fn unload(state: Data<AppState>, caller: Caller, body: Body<UnloadForm>) -> Result<HttpResponse> {
    let user = caller.0.user_id;
    let target = Target::find(&state, body.value.client_id, user).await?;
    target.give(Memory { by: user, matcher: None }).await?;
    let is_open = async |client_id: &str| state.hub.is_open(client_id, user).await;
    state.memories.forget(user, &target.client_id, is_open).await?;
    Ok(HttpResponse::Ok().json(json!({"success": true, "client_id": target.client_id})))
}
