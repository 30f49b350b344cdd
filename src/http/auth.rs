//! Signing up, in and out; tokens and tickets.

use actix_web::cookie::time::Duration as CookieAge;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::extract::address::client_address;
use super::extract::body::{Body, required};
use super::extract::caller::{Caller, Sender, sender};
use super::extract::{credentials, origin};
use crate::domain::account::key;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::user::{Role, User, UserView};
use crate::services::accounts::{IssuedToken, Registration};
use crate::state::AppState;

#[derive(Deserialize)]
pub struct SignUpForm {
    username: Option<String>,
    name: Option<String>,
    email: Option<String>,
    password: Option<String>,
    role: Option<String>,
}

#[derive(Deserialize)]
pub struct LoginForm {
    email: Option<String>,
    username: Option<String>,
    password: Option<String>,
}

#[derive(Deserialize)]
pub struct PasswordForm {
    current_password: Option<String>,
    new_password: Option<String>,
}

pub(super) fn cookie(state: &AppState, token: &str, age: CookieAge) -> Cookie<'static> {
    Cookie::build(credentials::COOKIE, token.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(state.settings.auth.secure_cookie)
        .max_age(age)
        .finish()
}

/// The user object as this user sees it.
pub fn own_view(state: &AppState, user: User) -> UserView {
    let online = !user.away && state.hub.online.contains(user.id);
    user.seen_by_oneself(online)
}

fn signed_in(
    state: &AppState,
    mut answer: actix_web::HttpResponseBuilder,
    user: User,
    token: &IssuedToken,
) -> HttpResponse {
    let expires_at = token.expires_at.unix_timestamp();
    let age = CookieAge::try_from(state.settings.auth.token_lifetime).unwrap_or_default();
    answer.cookie(cookie(state, &token.token, age)).json(json!({
        "success": true,
        "user": own_view(state, user),
        "token": token.token,
        "expires_at": expires_at,
    }))
}

/// `POST /api/auth/signup`
pub async fn sign_up(request: HttpRequest, state: Data<AppState>, body: Body<SignUpForm>) -> Result<HttpResponse> {
    let form = body.value;
    let registration = Registration {
        username: None,
        email: required("email", form.email)?,
        password: required("password", form.password)?,
        name: Some(required("name", form.name)?),
        role: Role::Customer,
    };
    register_and_sign_in(&request, &state, registration).await
}

/// `POST /api/auth/register`
pub async fn register(request: HttpRequest, state: Data<AppState>, body: Body<SignUpForm>) -> Result<HttpResponse> {
    let form = body.value;
    let role = form.role.as_deref().map(Role::parse).transpose()?.unwrap_or_default();
    let registration = Registration {
        username: Some(required("username", form.username)?),
        email: required("email", form.email)?,
        password: required("password", form.password)?,
        name: form.name,
        role,
    };
    if by_super_agent(&request)? {
        let user = state.accounts.register(registration).await?;
        return Ok(HttpResponse::Created().json(json!({"success": true, "user": own_view(&state, user)})));
    }
    if role != Role::Customer {
        return Err(Error::forbidden("Only a super-agent can make accounts of this role.").field("role"));
    }
    register_and_sign_in(&request, &state, registration).await
}

/// A header that does not count is refused; an old cookie must not keep somebody from signing up.
fn by_super_agent(request: &HttpRequest) -> Result<bool> {
    match sender(request) {
        Sender::SignedIn { identity, .. } => Ok(identity.role == Role::SuperAgent),
        Sender::Refused(error) if credentials::bearer(request).is_some() => Err(error),
        Sender::Refused(_) | Sender::SignedOut => Ok(false),
    }
}

async fn register_and_sign_in(
    request: &HttpRequest,
    state: &Data<AppState>,
    registration: Registration,
) -> Result<HttpResponse> {
    origin::check(request)?;
    state.limits.signup(client_address(request, &state.settings.server.trusted_proxies))?;
    let user = state.accounts.register(registration).await?;
    let token = state.accounts.issue(&user).await?;
    Ok(signed_in(state, HttpResponse::Created(), user, &token))
}

/// `POST /api/auth/login`
pub async fn login(request: HttpRequest, state: Data<AppState>, body: Body<LoginForm>) -> Result<HttpResponse> {
    origin::check(&request)?;
    let present = |text: Option<String>| text.filter(|text| !text.is_empty());
    let form = body.value;
    let (Some(login), Some(password)) = (present(form.email).or(present(form.username)), present(form.password)) else {
        return Err(Error::new(
            Kind::Invalid,
            "CREDENTIALS_REQUIRED",
            "Email and password are required",
            "Send `password` and `email` or `username`.",
        ));
    };
    let address = client_address(&request, &state.settings.server.trusted_proxies);
    let attempt = state.limits.login(&account_of(&state, &login).await?, address)?;
    let (user, token) = match state.accounts.sign_in(&login, &password).await {
        Err(error) if error.kind == Kind::Unauthenticated => return Err(error),
        other => {
            attempt.succeeded();
            other?
        }
    };
    Ok(signed_in(&state, HttpResponse::Ok(), user, &token))
}

/// The name under which failures are counted: the same for every spelling of an account.
async fn account_of(state: &AppState, login: &str) -> Result<String> {
    let known = state.store.user_for_login(login.trim()).await?;
    Ok(known.map_or_else(|| key(login.trim()), |(user, _)| format!("#{}", user.id)))
}

/// `POST /api/auth/logout`
pub async fn logout(state: Data<AppState>, caller: Caller) -> Result<HttpResponse> {
    state.accounts.logout(&caller.0).await?;
    Ok(HttpResponse::Ok()
        .cookie(cookie(&state, "", CookieAge::ZERO))
        .json(json!({"success": true, "message": "Logged out"})))
}

/// `POST /api/auth/refresh`
pub async fn refresh(state: Data<AppState>, caller: Caller) -> Result<HttpResponse> {
    let token = state.accounts.refresh(&caller.0).await?;
    let user = state.accounts.me(&caller.0).await?;
    Ok(signed_in(&state, HttpResponse::Ok(), user, &token))
}

/// `POST /api/auth/password`
pub async fn change_password(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<PasswordForm>,
) -> Result<HttpResponse> {
    let form = body.value;
    let current = required("current_password", form.current_password)?;
    let new = required("new_password", form.new_password)?;
    crate::domain::account::password("new_password", &new)?;
    let address = client_address(&request, &state.settings.server.trusted_proxies);
    let attempt = state.limits.login(&format!("#{}", caller.0.user_id), address)?;
    state.accounts.check_password(caller.0.user_id, &current).await?;
    attempt.succeeded();
    state.accounts.change_password(&caller.0, new).await?;
    Ok(HttpResponse::Ok().json(json!({"success": true, "message": "Password changed"})))
}

/// `POST /api/ws/ticket`
pub async fn issue_ticket(state: Data<AppState>, caller: Caller) -> Result<HttpResponse> {
    let ticket = state.accounts.issue_ticket(&caller.0).await?;
    Ok(HttpResponse::Created().json(json!({"ticket": ticket, "expires_in": 30})))
}
