//! Metrics: the recorder of this process, and an address of their own if one is configured.

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::domain::error::{Error, Result};
use crate::http::exposition;
use crate::state::AppState;

/// Seconds: from a cached answer to a slow model.
const BUCKETS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];

/// Makes the recorder of this process. Once.
pub fn install() -> Result<PrometheusHandle> {
    let failed = |error: metrics_exporter_prometheus::BuildError| Error::internal(format!("metrics: {error}"));
    let recorder = PrometheusBuilder::new().set_buckets(&BUCKETS).map_err(failed)?;
    let handle = recorder.install_recorder().map_err(failed)?;
    describe();
    Ok(handle)
}

fn describe() {
    metrics::describe_counter!("greenroom_http_requests_total", "Requests answered, by method, route and status");
    metrics::describe_histogram!("greenroom_http_request_seconds", "Time to answer, by route");
    metrics::describe_gauge!("greenroom_sockets", "Open sockets");
    metrics::describe_counter!("greenroom_frames_total", "Frames, by direction");
    metrics::describe_counter!("greenroom_slow_consumers_total", "Sockets dropped because their reader was too slow");
    metrics::describe_counter!("greenroom_socket_closes_total", "Sockets closed by us, by reason");
    metrics::describe_gauge!("greenroom_jobs", "Analysis jobs, by state");
    metrics::describe_counter!("greenroom_jobs_finished_total", "Analysis jobs ended, by outcome");
    metrics::describe_histogram!("greenroom_job_stage_seconds", "Time of a stage of a job");
    metrics::describe_counter!("greenroom_ai_calls_total", "Calls of a model or embedder, by outcome");
    metrics::describe_counter!("greenroom_actor_restarts_total", "Actors started again after a panic");
    metrics::describe_gauge!("greenroom_database_connections", "Connections of the pool, by state");
}

/// Serves `/metrics` on `METRICS_ADDR`, without authentication: the address is to be reachable by the scraper only.
pub fn metrics_server(state: &Data<AppState>) -> Result<Option<Server>> {
    let Some(address) = state.settings.server.metrics_addr else { return Ok(None) };
    let shared = state.clone();
    let server = HttpServer::new(move || {
        let metrics = |state: Data<AppState>| async move { exposition(&state).await };
        App::new().app_data(shared.clone()).route("/metrics", web::get().to(metrics))
    });
    let bound = server.workers(1).disable_signals().bind(address).map_err(|error| {
        Error::internal(error.to_string()).saying(format!("{address} cannot be listened on: change METRICS_ADDR."))
    })?;
    Ok(Some(bound.run()))
}
