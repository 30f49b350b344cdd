//! The service itself.

use crate::http::openapi::MEDIA_TYPE;
use crate::http::openapi::endpoint::{Endpoint, get, post};
use crate::http::openapi::shape::{always, count, map, may, must, object, one_of, shared, success, text};

pub fn endpoints() -> Vec<Endpoint> {
    vec![
        root(),
        health(),
        live(),
        ready(),
        stats("/stats", "stats"),
        stats("/api/ws/stats", "socketStats"),
        metrics(),
        disconnect(),
        document(),
        docs(),
    ]
}

fn root() -> Endpoint {
    let description = object([
        must("name", text()),
        must("version", text()),
        must("description", text()),
        must("endpoints", map(text()).says("Where things are.")),
    ]);
    get("/", "root", "The web client, or what this server is")
        .explain("With `Accept: text/html` the page; otherwise a description for programs.")
        .uncounted()
        .answers(200, "The page, or the description.", description)
        .answers_with(200, "The page, or the description.", &["text/html"])
        .tagged()
        .tells(200, "Vary")
}

fn health_fields(status: &[&'static str]) -> [crate::http::openapi::shape::Field; 8] {
    [
        must("status", one_of(status.iter().copied())),
        must("database", one_of(["connected", "unavailable"])),
        must("websocket", always("ready")),
        must("ai", text().says("`offline`, or the model.")),
        must("search", one_of(["embedded", "chroma", "unavailable"]).says("Where résumés are searched.")),
        may("redis", one_of(["connected", "unavailable"]).says("With `REDIS_URL` only.")),
        must("version", text()),
        must("uptime_seconds", count()),
    ]
}

fn health() -> Endpoint {
    let errors = ["error", "message", "code"].map(|name| must(name, text()));
    let unhealthy = object(health_fields(&["unhealthy"]).into_iter().chain(errors)).open();
    get("/health", "health", "How the server is")
        .uncounted()
        .answers(
            200,
            "Healthy, or degraded: the AI provider, the index of résumés or Redis is away.",
            object(health_fields(&["healthy", "degraded"])),
        )
        .answers(503, "Unhealthy: the database is away. The error stands beside.", unhealthy)
        .tells(503, "Retry-After")
}

fn live() -> Endpoint {
    get("/health/live", "live", "Whether the process lives").uncounted().answers(
        200,
        "It does.",
        object([must("status", always("live"))]),
    )
}

fn ready() -> Endpoint {
    get("/health/ready", "ready", "Whether to send traffic")
        .uncounted()
        .answers(200, "Send traffic.", object([must("status", always("ready"))]))
        .fails(503, "The server is stopping (`DRAINING`), or the database is away.")
}

fn stats(path: &'static str, id: &str) -> Endpoint {
    get(path, id, "Sums of clients, users, conversations and jobs").answers(200, "The sums.", shared("Stats"))
}

fn metrics() -> Endpoint {
    get("/metrics", "metrics", "Metrics for Prometheus")
        .explain("In production for super-agents only; not here if `METRICS_ADDR` is set.")
        .uncounted()
        .maybe_signed_in()
        .answers_with(200, "Prometheus text.", &["text/plain"])
        .fails(403, "In production you must be a super-agent.")
        .fails(404, "The metrics are served on `METRICS_ADDR`.")
        .fails(503, "In production: the database is away.")
}

fn disconnect() -> Endpoint {
    post("/simulate/disconnect", "simulateDisconnect", "Drop a socket of yours without a close frame")
        .explain("For tests of clients; not in production.")
        .signed_in()
        .takes(object([must("client_id", text().says("From the first frame of the socket."))]))
        .answers(200, "Dropped.", object([success()]))
        .fails(404, "`CLIENT_NOT_FOUND`: no socket of yours; or this is production.")
}

fn document() -> Endpoint {
    get("/api/openapi.json", "openapi", "This document").answers_with(200, "OpenAPI 3.1.", &[MEDIA_TYPE]).tagged()
}

fn docs() -> Endpoint {
    get("/api/docs", "docs", "A page to read this document")
        .uncounted()
        .answers_with(200, "The page.", &["text/html"])
        .tagged()
}
