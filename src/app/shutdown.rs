//! SIGTERM loses nothing: not ready any more, jobs put down, sockets told, requests answered, database closed.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::Data;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use crate::actors::bridge::Bridge;
use crate::actors::guard::Guarded;
use crate::actors::hub::{self, Relay};
use crate::actors::supervisor::{self, JobSupervisor};
use crate::domain::error::{Error, Result};
use crate::state::AppState;

/// The other nodes may take so long to be told that this one goes.
const GOODBYE: Duration = Duration::from_secs(1);

/// Who has to end in order.
pub struct Actors<'a> {
    pub supervisor: &'a Guarded<JobSupervisor>,
    pub bridge: Option<&'a Guarded<Bridge>>,
    pub relay: &'a Relay,
}

/// Runs the servers until a signal comes, then ends everything within the grace period.
pub async fn run(
    server: Server,
    metrics_server: Option<Server>,
    state: &Data<AppState>,
    Actors { supervisor, bridge, relay }: Actors<'_>,
    signals: Signals,
) {
    let handle = server.handle();
    let metrics_handle = metrics_server.as_ref().map(Server::handle);
    let serving = actix_web::rt::spawn(server);
    if let Some(server) = metrics_server {
        actix_web::rt::spawn(server);
    }
    signals.first().await;
    let grace = state.settings.server.shutdown_grace;
    tracing::info!(grace_seconds = grace.as_secs(), "shutting down");
    state.draining.store(true, Ordering::Release);
    supervisor.retire();
    let jobs = supervisor.peer::<supervisor::Drain>();
    let sockets = hub::Drain { within: grace / 4 };
    let (jobs, sockets) = tokio::join!(timeout(grace / 2, jobs.ask(supervisor::Drain)), state.hub.drain.ask(sockets));
    if !matches!(jobs, Ok(Ok(()))) {
        tracing::warn!("jobs did not stop in time: they go on when their leases expire");
    }
    if sockets.is_err() {
        tracing::warn!("sockets could not be told");
    }
    let told = async {
        while state.hub.count.ask(hub::Count).await.is_ok_and(|counts| counts.connected_clients > 0) {
            tokio::time::sleep(Duration::from_millis(20)).await
        }
    };
    // who has not gone by then is cut off
    let _ = timeout(grace / 4 + Duration::from_millis(500), told).await;
    handle.stop(true).await;
    if let Some(handle) = metrics_handle {
        handle.stop(false).await;
    }
    let _ = serving.await;
    if let Some(bridge) = bridge {
        bridge.retire();
        // who is not told finds out by the silence
        let _ = timeout(GOODBYE, relay.leave()).await;
    }
    state.store.clone().close().await;
    tracing::info!("stopped");
}

/// SIGTERM from an operator, SIGINT from a keyboard.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals are heard, and do not end the process by themselves.
    pub fn listen() -> Result<Self> {
        let failed = |error: io::Error| Error::internal(format!("no signals can be received: {error}"));
        Ok(Self {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }

    async fn first(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
