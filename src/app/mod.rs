//! The only wiring: settings → store, clients → actors → state → HTTP server → shutdown.

pub mod intelligence;
pub mod memory;
mod notices;
mod shutdown;
mod telemetry;
#[cfg(test)]
mod tests;

use std::fs::DirBuilder;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

use crate::actors::bridge::{Banks, Bridge, Channels, RedisHealth};
use crate::actors::guard::{Guarded, keep};
use crate::actors::hub::{HubPeers, Limits, Outgoing, Outgoings, Relay, Vicinity, Which};
use crate::actors::scribe::{Desk, Scribe};
use crate::actors::slots::Slots;
use crate::actors::supervisor::{JobDispatch, JobSupervisor, Rhythm, Shop};
use crate::analysis::chunk::ChunkSize;
use crate::analysis::extract::sandbox::Sandbox;
use crate::config::Settings;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Result};
use crate::http::{cors, error, middleware, routes};
use crate::search::VectorIndex;
use crate::search::chroma::Chroma;
use crate::search::embedded::Embedded;
use crate::services::accounts::{Accounts, EndedSessions, OnEnd, load_or_create_secret};
use crate::services::analyses::Analyses;
use crate::services::arrivals::Arrivals;
use crate::services::conversations::Conversations;
use crate::services::exports::Exports;
use crate::services::interview::Interviews;
use crate::services::library::Library;
use crate::services::limits::RateLimits;
use crate::services::memory::Memories;
use crate::services::pipeline::Pipeline;
use crate::services::search::{Refresh, Searches};
use crate::services::uploads::Uploads;
use crate::state::AppState;
use crate::store::{Backend, Ledger, OwnerLock, Store};
use crate::ws;

use intelligence::Intelligence;

/// How often expired tokens, idempotency keys, idle rate limits and the vectors of what was deleted are forgotten.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Serves until SIGTERM or SIGINT, then shuts down in order. Must run inside an actix system.
pub async fn serve(settings: Settings) -> Result<()> {
    let settings = Arc::new(settings);
    // before anything else: who is told to stop while starting stops in order, too
    let signals = shutdown::Signals::listen()?;
    let metrics = telemetry::install()?;
    let listener = bind(&settings)?;
    let store = open_store(&settings).await?;
    let lock = OwnerLock::acquire(&store).await?;
    let intelligence = Intelligence::of(&settings.ai, store.clock())?;
    let ai = intelligence.name.clone();
    let ai_health = intelligence.health.clone();
    let (notify, notices) = mpsc::unbounded_channel();
    let (relay, outgoings) = if settings.redis.is_some() { Relay::open() } else { (Relay::none(), Outgoings::none()) };
    let limits = Limits { per_user: settings.ws.max_per_user, per_address: settings.ws.max_per_ip };
    let vicinity = Vicinity { shared: store.backend() == Backend::Postgres, relay: relay.clone() };
    let hub = HubPeers::start(limits, vicinity, notify);
    let secret = token_secret(&settings)?;
    let accounts = Accounts::new(store.clone(), settings.auth.clone(), &secret, on_end(&hub, &relay));
    let (model, embedder) = (intelligence.model.clone(), intelligence.embedder.clone());
    let index = open_index(&settings, &store, embedder.model()).await?;
    let scribe = start_scribe(&settings, &store, &hub);
    let conversations = Conversations::new(store.clone(), Arc::new(scribe), settings.server.global_for_all);
    notices::answer(accounts.clone(), conversations.clone(), hub.clone(), store.clock().clone(), notices);
    let meeting = Meeting { hub: &hub, accounts: &accounts, secret: &secret, boot_id: lock.boot_id(), outgoings };
    let bridge = start_bridge(&settings, &store, meeting);

    let supervisor = start_supervisor(&settings, &store, &hub, intelligence, lock.boot_id()).await?;
    let dispatch = JobDispatch { hub: hub.publish.clone(), wake: supervisor.peer(), cancel: supervisor.peer() };
    let analyses = Analyses::new(store.clone(), Arc::new(dispatch));
    let state = Data::new(AppState {
        limits: RateLimits::new(settings.limits),
        arrivals: Arrivals::default(),
        uploads: Uploads::new(store.clone()),
        exports: Exports::new(store.clock().clone()),
        interviews: Interviews::new(store.clone(), analyses.clone(), model, embedder.clone()),
        memories: Memories::new(store.clone(), embedder.clone(), settings.ai.threshold, lock.boot_id()),
        searches: Searches::new(store.clone(), embedder.clone(), index),
        library: Library::new(store.clone(), analyses.clone(), embedder),
        analyses,
        conversations,
        store,
        accounts,
        hub,
        metrics,
        started: Instant::now(),
        draining: Arc::new(AtomicBool::new(false)),
        ai,
        ai_health,
        redis_health: bridge.as_ref().map(|(_, health)| health.clone()),
        settings,
    });
    let port = listener.local_addr().map_or(0, |address| address.port());
    let server = http_server(listener, &state)?;
    let metrics_server = telemetry::metrics_server(&state)?;
    housekeeping(state.clone());
    announce(&state, port);
    let bridge = bridge.map(|(bridge, _)| bridge);
    let actors = shutdown::Actors { supervisor: &supervisor, bridge: bridge.as_ref(), relay: &relay };
    shutdown::run(server, metrics_server, &state, actors, signals).await;
    drop(lock);
    Ok(())
}

/// Bound before anything else is opened: a taken port is said at once, and changes nothing.
fn bind(settings: &Settings) -> Result<TcpListener> {
    let (host, port) = (settings.server.host.as_str(), settings.server.port);
    let failed = |error: io::Error| {
        Error::internal(error.to_string())
            .saying(format!("{host}:{port} cannot be listened on: stop what uses it, or set HOST and PORT."))
    };
    let listener = TcpListener::bind((host, port)).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    Ok(listener)
}

/// Makes the folder of the database and the secret, if there is none. It is nobody else's: résumés are in it.
pub fn make_data_folder(folder: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(|error| {
        Error::internal(error.to_string())
            .saying(format!("The folder {} cannot be made: check its rights, or set DATA_DIR.", folder.display()))
    })
}

async fn open_store(settings: &Settings) -> Result<Store> {
    make_data_folder(&settings.server.data_dir)?;
    let store = Store::connect(&settings.database.url, settings.database.max_connections, Clock::system()).await?;
    store.migrate().await?;
    Ok(store)
}

/// What signs tokens.
fn token_secret(settings: &Settings) -> Result<Vec<u8>> {
    match &settings.auth.secret {
        Some(secret) => Ok(secret.expose_secret().as_bytes().to_vec()),
        None => load_or_create_secret(&settings.server.data_dir).map_err(|error| {
            Error::internal(error.to_string()).saying("DATA_DIR cannot keep the secret for tokens: check its rights.")
        }),
    }
}

/// Where résumés are searched: in memory, or in the ChromaDB that is configured, which need not be there yet.
async fn open_index(settings: &Settings, store: &Store, model: &str) -> Result<Arc<dyn VectorIndex>> {
    Ok(match &settings.search.chroma {
        Some(address) => Arc::new(Chroma::new(address, store.deployment().await?, model)?),
        None => Arc::new(Embedded::default()),
    })
}

/// The sockets of sessions that end are closed, here and on other nodes.
fn on_end(hub: &HubPeers, relay: &Relay) -> OnEnd {
    let (hub, relay) = (hub.clone(), relay.clone());
    Arc::new(move |ended, tokens| {
        let which = match ended {
            EndedSessions::One(sid) => Which::Session(sid),
            EndedSessions::OfUser { user, except: None } => Which::AllOf(user),
            EndedSessions::OfUser { user, except: Some(sid) } => Which::AllOfBut(user, sid),
        };
        hub.end_sessions(which, "TOKEN_REVOKED");
        relay.tell(Outgoing::Ended { which, tokens: tokens.to_vec() });
    })
}

/// What the bridge joins.
struct Meeting<'a> {
    hub: &'a HubPeers,
    accounts: &'a Accounts,
    secret: &'a [u8],
    boot_id: i64,
    outgoings: Outgoings,
}

/// The way to the other nodes, if there is one.
fn start_bridge(settings: &Settings, store: &Store, meeting: Meeting<'_>) -> Option<(Guarded<Bridge>, RedisHealth)> {
    let client = settings.redis.as_ref()?.client.clone();
    // an SQLite file belongs to one node, whatever secret others have
    let alone = match store.backend() {
        Backend::Postgres => String::new(),
        Backend::Sqlite => meeting.boot_id.to_string(),
    };
    let accounts = meeting.accounts.clone();
    let health = RedisHealth::default();
    let banks = Banks {
        node: meeting.boot_id,
        client,
        channels: Channels::of(meeting.secret, &alone),
        hub: meeting.hub.clone(),
        outgoings: meeting.outgoings,
        on_revoked: Arc::new(move |tokens| accounts.forget(tokens)),
        health: health.clone(),
    };
    Some((keep("bridge", move |tombstone| Bridge::new(banks.clone(), tombstone)), health))
}

/// The scribe, and the way to it.
fn start_scribe(settings: &Settings, store: &Store, hub: &HubPeers) -> Desk {
    let ledger = Ledger::new(store.clone()).with_directory(settings.server.public_directory);
    let publish = hub.publish_all.clone();
    let scribe = keep("scribe", move |tombstone| Scribe::new(ledger.clone(), publish.clone(), tombstone));
    Desk::new(scribe.peer(), hub.clone())
}

async fn start_supervisor(
    settings: &Settings,
    store: &Store,
    hub: &HubPeers,
    intelligence: Intelligence,
    boot_id: i64,
) -> Result<Guarded<JobSupervisor>> {
    let sandbox = Sandbox::of_this_program().map_err(|error| Error::internal(error.to_string()))?;
    let analysis = settings.analysis;
    let chunk_size = ChunkSize::new(analysis.chunk_size, analysis.chunk_overlap)
        .ok_or_else(|| Error::internal("CHUNK_OVERLAP is not below CHUNK_SIZE"))?;
    let pipeline = Pipeline {
        store: store.clone(),
        extractor: Arc::new(sandbox),
        model: intelligence.model,
        embedder: intelligence.embedder,
        chunk_size,
    };
    pipeline.rescue_at_start().await?;
    let shop = Shop {
        pipeline: Arc::new(pipeline),
        slots: Slots::new(u32::try_from(analysis.max_concurrent_jobs).unwrap_or(u32::MAX)),
        hub: hub.publish.clone(),
        boot_id,
        rhythm: Rhythm::default(),
    };
    Ok(keep("supervisor", move |tombstone| JobSupervisor::new(shop.clone(), tombstone)))
}

fn http_server(listener: TcpListener, state: &Data<AppState>) -> Result<Server> {
    let shared = state.clone();
    let grace = state.settings.server.shutdown_grace.as_secs().max(1);
    let server = HttpServer::new(move || {
        let cors = cors::layer(&shared.settings.cors);
        App::new()
            .app_data(shared.clone())
            .configure(routes::routes)
            .route("/ws", web::get().to(ws::coach))
            .route("/api/ws/connect", web::get().to(ws::rooms))
            .route("/api/v1/ws", web::get().to(ws::channels))
            .route("/api/ws", web::get().to(ws::support))
            .default_service(web::to(error::unknown_path))
            .wrap(from_fn(middleware::gate::gate))
            .wrap(from_fn(middleware::conditional::conditional))
            .wrap(cors)
            .wrap(from_fn(middleware::envelope::envelope))
            .wrap(from_fn(middleware::wrapped::wrapped))
    })
    .on_connect(ws::tcp::prepare)
    // what jobs and sockets leave of it
    .shutdown_timeout(grace / 4)
    .disable_signals()
    .listen(listener);
    Ok(server.map_err(|error| Error::internal(error.to_string()))?.run())
}

fn housekeeping(state: Data<AppState>) {
    actix_web::rt::spawn(async move {
        // at once, so that the first search need not read all vectors; nothing waits for it
        keep_searchable(&state).await;
        loop {
            tokio::time::sleep(HOUSEKEEPING).await;
            keep_searchable(&state).await;
            state.limits.forget_idle();
            for purged in [state.store.purge_tokens().await, state.store.purge_idempotency_keys().await] {
                if let Err(error) = purged {
                    tracing::warn!(%error, "expired rows stay for now");
                }
            }
        }
    });
}

async fn keep_searchable(state: &AppState) {
    if let Err(error) = state.searches.refresh(Refresh::Everything).await {
        tracing::warn!(%error, detail = error.detail, "search index not up to date");
    }
}

/// The port is told as it is: `PORT=0` lets the system choose one.
fn announce(state: &AppState, port: u16) {
    let server = &state.settings.server;
    tracing::info!(
        host = server.host,
        port,
        environment = ?server.environment,
        database = ?state.store.backend(),
        version = env!("CARGO_PKG_VERSION"),
        "ready"
    );
    if state.ai == "offline" {
        tracing::info!("AI works offline: set OPENAI_API_KEY or LLM_API_URL for a model");
    }
    if !server.environment.is_production() {
        tracing::info!("open http://localhost:{port} in a browser");
    }
}
