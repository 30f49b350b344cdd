//! Who there is: one's own account, the directory, roles, presence.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::auth::own_view;
use super::extract::body::{Body, required};
use super::extract::caller::{Caller, SuperAgent};
use super::extract::paging::Paging;
use super::extract::params::Params;
use crate::actors::hub::PresenceMoved;
use crate::domain::error::{Error, Result};
use crate::domain::user::{Role, User, UserRef, UserView};
use crate::state::AppState;
use crate::store::UserFilter;

/// Characters of a search: no name has more.
const MAX_Q: usize = 100;

#[derive(Deserialize)]
pub struct RoleForm {
    role: Option<String>,
}

#[derive(Deserialize)]
pub struct DisabledForm {
    disabled: Option<bool>,
}

#[derive(Deserialize)]
pub struct StatusForm {
    #[serde(rename = "isOnline")]
    is_online: Option<bool>,
}

fn view(state: &AppState, caller: &crate::domain::user::Identity, user: User) -> UserView {
    let online = !user.away && state.hub.online.contains(user.id);
    user.seen_by(caller, online)
}

/// `GET /api/auth/me`, `/api/auth/profile`, `/api/users/me`
pub async fn me(state: Data<AppState>, caller: Caller) -> Result<HttpResponse> {
    let user = state.accounts.me(&caller.0).await?;
    Ok(HttpResponse::Ok().json(own_view(&state, user)))
}

/// `GET /api/users`
pub async fn list_users(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    params: Params,
) -> Result<HttpResponse> {
    let q = params.get("q").filter(|q| !q.is_empty()).map(str::to_owned);
    if q.as_ref().is_some_and(|q| q.chars().count() > MAX_Q) {
        return Err(Error::invalid("q", format!("q must have at most {MAX_Q} characters.")));
    }
    let paging = Paging::of("users", &params, &caller.0)?;
    let online = params.flag("online")?.map(|online| (online, state.hub.online.all().into_iter().collect()));
    let filter = UserFilter {
        q,
        role: params.get("role").map(Role::parse).transpose()?,
        online,
        disabled: params.flag("disabled")?,
        staff_and: None,
    };
    let users = state.accounts.list(&caller.0, filter, state.settings.server.public_directory, paging.page).await?;
    Ok(paging.answer(&request, users, |user| view(&state, &caller.0, user)))
}

/// `GET /api/users/{userId}`
pub async fn get_user(state: Data<AppState>, caller: Caller, user: Path<String>) -> Result<HttpResponse> {
    let user = state.accounts.visible(&caller.0, &user, state.settings.server.public_directory).await?;
    Ok(HttpResponse::Ok().json(view(&state, &caller.0, user)))
}

async fn named(state: &AppState, reference: &str) -> Result<User> {
    let found = state.accounts.find(&UserRef::parse(reference)).await?;
    found.ok_or_else(|| Error::not_found("USER_NOT_FOUND", "User not found"))
}

/// `PUT /api/users/{userId}/role`
pub async fn set_role(
    state: Data<AppState>,
    caller: SuperAgent,
    user: Path<String>,
    body: Body<RoleForm>,
) -> Result<HttpResponse> {
    let role = Role::parse(&required("role", body.value.role)?)?;
    let user = named(&state, &user).await?;
    state.accounts.set_role(user.id, role).await?;
    let user = named(&state, &user.id.to_string()).await?;
    Ok(HttpResponse::Ok().json(view(&state, &caller.0, user)))
}

/// `PUT /api/users/{userId}/disabled`
pub async fn set_disabled(
    state: Data<AppState>,
    caller: SuperAgent,
    user: Path<String>,
    body: Body<DisabledForm>,
) -> Result<HttpResponse> {
    let disabled = required("disabled", body.value.disabled)?;
    let user = named(&state, &user).await?;
    state.accounts.set_disabled(user.id, disabled).await?;
    let user = named(&state, &user.id.to_string()).await?;
    Ok(HttpResponse::Ok().json(view(&state, &caller.0, user)))
}

/// `PUT /api/users/status`
pub async fn set_status(state: Data<AppState>, caller: Caller, body: Body<StatusForm>) -> Result<HttpResponse> {
    let is_online = required("isOnline", body.value.is_online)?;
    state.accounts.set_away(caller.0.user_id, !is_online).await?;
    state.hub.presence_moved.tell(PresenceMoved(caller.0.user_id));
    let user = state.accounts.me(&caller.0).await?;
    Ok(HttpResponse::Ok().json(own_view(&state, user)))
}
