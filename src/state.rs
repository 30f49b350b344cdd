//! What handlers can reach. No behaviour.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::actors::bridge::RedisHealth;
use crate::actors::hub::HubPeers;
use crate::ai::watched::ProviderHealth;
use crate::config::Settings;
use crate::services::accounts::Accounts;
use crate::services::analyses::Analyses;
use crate::services::arrivals::Arrivals;
use crate::services::conversations::Conversations;
use crate::services::exports::Exports;
use crate::services::interview::Interviews;
use crate::services::library::Library;
use crate::services::limits::RateLimits;
use crate::services::memory::Memories;
use crate::services::search::Searches;
use crate::services::uploads::Uploads;
use crate::store::Store;

/// Shared by all workers as `web::Data`.
pub struct AppState {
    pub settings: Arc<Settings>,
    pub store: Store,
    pub accounts: Accounts,
    pub arrivals: Arrivals,
    pub uploads: Uploads,
    pub analyses: Analyses,
    pub exports: Exports,
    pub interviews: Interviews,
    pub library: Library,
    pub memories: Memories,
    pub searches: Searches,
    pub conversations: Conversations,
    pub limits: RateLimits,
    pub hub: HubPeers,
    pub metrics: PrometheusHandle,
    pub started: Instant,
    /// True from SIGTERM on: not ready, no upgrades.
    pub draining: Arc<AtomicBool>,
    /// `offline`, or the name of the model in use.
    pub ai: String,
    pub ai_health: ProviderHealth,
    /// If `REDIS_URL` is set.
    pub redis_health: Option<RedisHealth>,
}
