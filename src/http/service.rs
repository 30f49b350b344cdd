//! The service itself: what it is, how it does, what it counts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::http::header::ACCEPT;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::unknown_path;
use super::extract::body::{Body, required};
use super::extract::caller::{Caller, Sender, sender};
use super::web_client;
use crate::actors::bridge::RedisHealth;
use crate::actors::hub::{Count, DropSocket};
use crate::domain::error::{Error, Result};
use crate::domain::user::Role;
use crate::state::AppState;

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[derive(Deserialize)]
pub struct DisconnectForm {
    client_id: Option<String>,
}

/// `GET /`: the page for browsers, a description for programs.
pub async fn root(request: HttpRequest) -> Result<HttpResponse> {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/html") {
        return web_client::index(&request);
    }
    Ok(HttpResponse::Ok().insert_header(("Vary", "Accept")).json(json!({
        "name": "Greenroom",
        "version": VERSION,
        "description": env!("CARGO_PKG_DESCRIPTION"),
        "endpoints": {
            "health": "/health",
            "statistics": "/stats",
            "accounts": "/api/auth",
            "uploads": "/api/uploads",
            "analysis": "/api/analysis",
            "socket": "/ws",
            "documentation": "/api/docs",
            "openapi": "/api/openapi.json",
        },
    })))
}

/// `GET /health`
pub async fn health(state: Data<AppState>) -> HttpResponse {
    let database = state.store.ping().await;
    let redis = state.redis_health.as_ref().map(RedisHealth::is_good);
    let body = |status: &str, database: &str| {
        let mut body = json!({
            "status": status,
            "database": database,
            "websocket": "ready",
            "ai": state.ai,
            "search": if state.searches.is_good() { state.searches.index_name() } else { "unavailable" },
            "version": VERSION,
            "uptime_seconds": state.started.elapsed().as_secs(),
        });
        if let Some(good) = redis {
            body["redis"] = if good { "connected" } else { "unavailable" }.into();
        }
        body
    };
    match database {
        Ok(()) if state.ai_health.is_good() && state.searches.is_good() && redis != Some(false) => {
            HttpResponse::Ok().json(body("healthy", "connected"))
        }
        Ok(()) => HttpResponse::Ok().json(body("degraded", "connected")),
        Err(error) => unhealthy(&error, body("unhealthy", "unavailable")),
    }
}

/// 503 with the error fields beside.
fn unhealthy(error: &Error, mut body: Value) -> HttpResponse {
    if let Some(object) = body.as_object_mut() {
        object.extend(error.to_json());
    }
    HttpResponse::ServiceUnavailable().insert_header(("Retry-After", "5")).json(body)
}

/// `GET /health/live`
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// `GET /health/ready`: not while starting (nothing listens then), draining, or without the database.
pub async fn ready(state: Data<AppState>) -> Result<HttpResponse> {
    if state.draining.load(Ordering::Acquire) {
        return Err(Error::unavailable("DRAINING", "The server is shutting down.", Duration::from_secs(5)));
    }
    state.store.ping().await?;
    Ok(HttpResponse::Ok().json(json!({"status": "ready"})))
}

/// `GET /stats`, `/api/ws/stats`
pub async fn stats(state: Data<AppState>) -> Result<HttpResponse> {
    let counts = state.hub.count.ask(Count).await.unwrap_or_default();
    let jobs = state.analyses.counts().await?;
    Ok(HttpResponse::Ok().json(json!({
        "connected_clients": counts.connected_clients,
        "authenticated_users": counts.authenticated_users,
        "conversations_with_listeners": counts.conversations_with_listeners,
        "jobs": jobs,
        "ai": state.ai,
        "uptime_seconds": state.started.elapsed().as_secs(),
    })))
}

/// `GET /metrics`: elsewhere if `METRICS_ADDR` is set; in production for super-agents only.
pub async fn metrics(request: HttpRequest, state: Data<AppState>) -> Result<HttpResponse> {
    if state.settings.server.metrics_addr.is_some() {
        return unknown_path(request).await;
    }
    if state.settings.server.environment.is_production() {
        match sender(&request) {
            Sender::SignedIn { identity, .. } if identity.role == Role::SuperAgent => {}
            Sender::SignedIn { .. } => {
                return Err(Error::forbidden("Metrics are for super-agents, or on METRICS_ADDR."));
            }
            Sender::Refused(error) => return Err(error),
            Sender::SignedOut => {
                return Err(Error::unauthenticated("AUTHENTICATION_REQUIRED", "Metrics need a super-agent's token."));
            }
        }
    }
    Ok(exposition(&state).await)
}

/// The metrics as Prometheus text, with what is only known when asked.
pub async fn exposition(state: &AppState) -> HttpResponse {
    if let Ok(jobs) = state.analyses.counts().await {
        metrics::gauge!("greenroom_jobs", "state" => "queued").set(jobs.queued as f64);
        metrics::gauge!("greenroom_jobs", "state" => "running").set(jobs.running as f64);
    }
    let (open, idle) = state.store.pool_size();
    metrics::gauge!("greenroom_database_connections", "state" => "open").set(f64::from(open));
    metrics::gauge!("greenroom_database_connections", "state" => "idle").set(idle as f64);
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(state.metrics.render())
}

/// `POST /simulate/disconnect`, for tests of clients; not in production.
pub async fn simulate_disconnect(
    request: HttpRequest,
    state: Data<AppState>,
    caller: Caller,
    body: Body<DisconnectForm>,
) -> Result<HttpResponse> {
    if state.settings.server.environment.is_production() {
        return unknown_path(request).await;
    }
    let client_id = required("client_id", body.value.client_id)?;
    let not_found = || Error::not_found("CLIENT_NOT_FOUND", "Client not found");
    let client_id = client_id.parse().map_err(|_| not_found())?;
    let dropped = state.hub.drop_socket.ask(DropSocket { client_id, user: caller.0.user_id }).await.unwrap_or(false);
    if dropped { Ok(HttpResponse::Ok().json(json!({"success": true}))) } else { Err(not_found()) }
}
