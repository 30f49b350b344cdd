//! The settings of each concern, with their names and defaults (contract, section 9).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

use super::env::{Env, mask_password};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    Development,
    Production,
}

impl Environment {
    pub fn is_production(self) -> bool {
        self == Self::Production
    }
}

#[derive(Clone, Debug)]
pub struct ServerSettings {
    pub environment: Environment,
    pub host: String,
    pub port: u16,
    /// Holds the SQLite database and, in development, the secret for tokens.
    pub data_dir: PathBuf,
    /// Peers whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Where metrics are served apart from the API.
    pub metrics_addr: Option<SocketAddr>,
    /// Whether customers see all users (`USER_DIRECTORY=all`) or staff only (`agents`).
    pub public_directory: bool,
    /// Whether customers may post to everybody (`GLOBAL_MESSAGES=all`) or staff only (`agents`).
    pub global_for_all: bool,
    /// Whether the channels API hides addresses from other customers (`CHANNELS_MASK_EMAIL`).
    pub mask_emails: bool,
    /// Whether `User-Email` of a trusted proxy names the user under `/api/v1` (`TRUST_USER_EMAIL_HEADER`).
    pub trust_user_email: bool,
    /// SIGTERM to exit, at most.
    pub shutdown_grace: Duration,
}

impl ServerSettings {
    pub(super) fn read(env: &mut Env) -> Self {
        let words = [("development", Environment::Development), ("production", Environment::Production)];
        let name = if env.has("ENVIRONMENT") { "ENVIRONMENT" } else { "SERVER_MODE" };
        let environment = env.choice(name, "development", &words).unwrap_or(Environment::Development);
        let host = if environment.is_production() { "0.0.0.0" } else { "127.0.0.1" };
        Self {
            environment,
            host: env.text("HOST", host),
            port: env.number("PORT", 8081, 0..=u16::MAX),
            data_dir: env.text("DATA_DIR", "./data").into(),
            trusted_proxies: networks(env),
            metrics_addr: metrics_addr(env),
            public_directory: env.choice("USER_DIRECTORY", "all", &[("all", true), ("agents", false)]).unwrap_or(true),
            global_for_all: env.choice("GLOBAL_MESSAGES", "all", &[("all", true), ("agents", false)]).unwrap_or(true),
            mask_emails: env.flag("CHANNELS_MASK_EMAIL", false),
            trust_user_email: env.flag("TRUST_USER_EMAIL_HEADER", false),
            shutdown_grace: env.duration("SHUTDOWN_GRACE", Duration::from_secs(20)),
        }
    }
}

/// `TRUSTED_PROXIES`: networks, or single addresses.
fn networks(env: &mut Env) -> Vec<IpNet> {
    let entries: Vec<String> = env.list("TRUSTED_PROXIES", "a network");
    let mut networks = Vec::new();
    for entry in entries {
        match entry.parse::<IpNet>().or_else(|_| entry.parse::<std::net::IpAddr>().map(IpNet::from)) {
            Ok(network) => networks.push(network),
            Err(_) => {
                env.problem(format!("TRUSTED_PROXIES: {entry:?} is not an address or a network such as 10.0.0.0/8."))
            }
        }
    }
    networks
}

fn metrics_addr(env: &mut Env) -> Option<SocketAddr> {
    let text = env.optional("METRICS_ADDR")?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        env.problem(format!("METRICS_ADDR must be an address and port such as 127.0.0.1:9090, not {text:?}."));
    }
    parsed
}

#[derive(Clone)]
pub struct DatabaseSettings {
    /// `sqlite:…` or `postgres://…`; may hold a password.
    pub url: String,
    pub max_connections: u32,
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DatabaseSettings({}, {})", mask_password(&self.url), self.max_connections)
    }
}

impl DatabaseSettings {
    pub(super) fn read(env: &mut Env, data_dir: &Path) -> Self {
        let max_connections = env.number("DB_MAX_CONNECTIONS", 10, 2..=1000);
        let url = match env.given("DATABASE_URL") {
            Some(url) => url.replacen("postgresql://", "postgres://", 1),
            None if env.has("DB_HOST") => Self::from_parts(env),
            None => format!("sqlite:{}", data_dir.join("greenroom.db").display()),
        };
        env.record_url("DATABASE_URL", &url);
        if !url.starts_with("sqlite:") && !url.starts_with("postgres://") {
            env.problem("DATABASE_URL must begin with sqlite: or postgres://.");
        }
        Self { url, max_connections }
    }

    fn from_parts(env: &mut Env) -> String {
        let host = env.text("DB_HOST", "localhost");
        let port: u16 = env.number("DB_PORT", 5432, 1..=u16::MAX);
        let user = env.text("DB_USER", "greenroom");
        let password = env.secret("DB_PASSWORD");
        let name = env.text("DB_NAME", "greenroom");
        let mode = env.text("DB_SSLMODE", "prefer");
        let Ok(mut url) = url::Url::parse(&format!("postgres://{host}:{port}/{name}?sslmode={mode}")) else {
            env.problem(format!("DB_HOST, DB_PORT and DB_NAME make no address: {host:?}, {port}, {name:?}."));
            return "postgres://invalid".to_owned();
        };
        let password = password.as_ref().map(ExposeSecret::expose_secret);
        if url.set_username(&user).is_err() || url.set_password(password).is_err() {
            env.problem("DB_USER and DB_PASSWORD cannot be part of an address.");
        }
        url.to_string()
    }
}

/// Where the nodes meet.
#[derive(Clone)]
pub struct RedisSettings {
    /// `redis://…`, `rediss://…` or `unix://…`; may hold a password.
    pub client: redis::Client,
}

impl std::fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisSettings")
    }
}

impl RedisSettings {
    pub(super) fn read(env: &mut Env) -> Option<Self> {
        let url = env.url_with_secret("REDIS_URL")?;
        let client = redis::Client::open(url.as_str());
        if client.is_err() {
            env.problem(
                "REDIS_URL must be redis://[:password@]host[:port][/database], rediss://… for TLS, or unix:///path.",
            );
        }
        client.ok().map(|client| Self { client })
    }
}

#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// None in development: made once and kept in the data folder.
    pub secret: Option<SecretString>,
    pub token_lifetime: Duration,
    /// A token may be refreshed in this last part of its life.
    pub refresh_window: Duration,
    pub secure_cookie: bool,
}

impl AuthSettings {
    pub(super) fn read(env: &mut Env, environment: Environment) -> Self {
        let secret = env.secret("JWT_SECRET");
        let length = secret.as_ref().map(|secret| secret.expose_secret().len());
        if environment.is_production() && length.is_none_or(|length| length < 32) {
            env.problem(
                "JWT_SECRET must be set in production and have at least 32 bytes: `openssl rand -hex 32` makes one.",
            );
        } else if length == Some(0) {
            env.problem("JWT_SECRET must not be empty.");
        }
        let hours: u64 = env.number("JWT_EXPIRY_HOURS", 24, 1..=24 * 365);
        let minutes: u64 = env.number("JWT_REFRESH_WINDOW_MINUTES", 15, 1..=60 * 24 * 365);
        Self {
            secret,
            token_lifetime: Duration::from_secs(hours * 3600),
            refresh_window: Duration::from_secs(minutes * 60),
            secure_cookie: environment.is_production(),
        }
    }
}

/// Who may read answers from another origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// `localhost`, `127.0.0.1`, `[::1]`, on any port.
    Localhost,
    /// Anybody, without credentials.
    Any,
    Listed(Vec<String>),
}

#[derive(Clone, Debug)]
pub struct CorsSettings {
    pub enabled: bool,
    pub origins: CorsOrigins,
}

impl CorsSettings {
    pub(super) fn read(env: &mut Env, environment: Environment) -> Self {
        let enabled = env.flag("CORS_ENABLED", true);
        let listed: Vec<String> = env.list("CORS_ALLOWED_ORIGINS", "an origin");
        for origin in listed.iter().filter(|origin| *origin != "*") {
            let is_origin = url::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
            if !is_origin {
                env.problem(format!(
                    "CORS_ALLOWED_ORIGINS: {origin:?} is not an origin such as https://app.example.com."
                ));
            }
        }
        let origins = match environment {
            _ if listed.iter().any(|origin| origin == "*") => CorsOrigins::Any,
            Environment::Development if listed.is_empty() => CorsOrigins::Localhost,
            _ => CorsOrigins::Listed(listed),
        };
        Self { enabled, origins }
    }

    /// Whether pages of this origin may act with the credentials of their user.
    pub fn trusts(&self, origin: &str) -> bool {
        match &self.origins {
            CorsOrigins::Any => false,
            CorsOrigins::Listed(origins) => origins.iter().any(|listed| listed == origin),
            CorsOrigins::Localhost => url::Url::parse(origin).is_ok_and(|url| {
                matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
                    && url.origin().ascii_serialization() == origin
            }),
        }
    }
}

/// Rate limits; 0 turns one off.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    pub per_minute: u32,
    pub expensive_per_minute: u32,
    pub login_per_minute: u32,
    pub signup_per_hour: u32,
}

impl LimitSettings {
    pub(super) fn read(env: &mut Env) -> Self {
        let all = 0..=1_000_000;
        Self {
            per_minute: env.number("RATE_LIMIT_PER_MINUTE", 100, all.clone()),
            expensive_per_minute: env.number("RATE_LIMIT_EXPENSIVE_PER_MINUTE", 10, all.clone()),
            login_per_minute: env.number("RATE_LIMIT_LOGIN_PER_MINUTE", 10, all.clone()),
            signup_per_hour: env.number("RATE_LIMIT_SIGNUP_PER_HOUR", 20, all),
        }
    }
}

#[derive(Clone, Debug)]
pub struct WsSettings {
    pub ping_period: Duration,
    pub pong_wait: Duration,
    /// Bytes of one message, its fragments joined.
    pub max_message_size: usize,
    pub max_per_user: u32,
    /// Signed-out sockets of one address.
    pub max_per_ip: u32,
    /// Frames; 0 turns the limit off.
    pub rate_limit_per_second: u32,
    pub burst: u32,
    pub allow_anonymous: bool,
    pub allow_query_token: bool,
}

impl WsSettings {
    pub(super) fn read(env: &mut Env, environment: Environment) -> Self {
        let settings = Self {
            ping_period: env.duration("WEBSOCKET_PING_PERIOD", Duration::from_secs(54)),
            pong_wait: env.duration("WEBSOCKET_PONG_WAIT", Duration::from_secs(60)),
            max_message_size: env.number("WEBSOCKET_MAX_MESSAGE_SIZE", 524_288, 1024..=16_777_216),
            max_per_user: env.number("WS_MAX_PER_USER", 200, 1..=1_000_000),
            max_per_ip: env.number("WS_MAX_PER_IP", 100, 1..=1_000_000),
            rate_limit_per_second: env.number("WS_RATE_LIMIT_PER_SECOND", 50, 0..=1_000_000),
            burst: env.number("WS_RATE_LIMIT_BURST", 200, 1..=1_000_000),
            allow_anonymous: env.flag("WS_ALLOW_ANONYMOUS", !environment.is_production()),
            allow_query_token: env.flag("WS_ALLOW_QUERY_TOKEN", true),
        };
        if settings.ping_period >= settings.pong_wait || settings.ping_period.is_zero() {
            env.problem("WEBSOCKET_PING_PERIOD must be shorter than WEBSOCKET_PONG_WAIT, and not 0.");
        }
        settings
    }
}

#[derive(Clone, Copy, Debug)]
pub struct AnalysisSettings {
    pub max_concurrent_jobs: usize,
    /// Characters of a chunk, and of the overlap with the next.
    pub chunk_size: usize,
    pub chunk_overlap: usize,
}

impl AnalysisSettings {
    pub(super) fn read(env: &mut Env) -> Self {
        let settings = Self {
            max_concurrent_jobs: env.number("MAX_CONCURRENT_JOBS", 5, 1..=100),
            chunk_size: env.number("CHUNK_SIZE", 1000, 100..=20_000),
            chunk_overlap: env.number("CHUNK_OVERLAP", 200, 0..=10_000),
        };
        if settings.chunk_overlap * 2 > settings.chunk_size {
            env.problem("CHUNK_OVERLAP must be at most half of CHUNK_SIZE.");
        }
        settings
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Whether a text is a filter of `tracing`, of which a part without a level would be a target that logs everything, and
/// nothing else would be logged: that is a level misspelt.
fn is_filter(text: &str) -> bool {
    let is_level = |part: &str| part.trim().parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
    let parts = text.split(',').all(|part| part.contains(['=', '[']) || is_level(part));
    parts && tracing_subscriber::EnvFilter::try_new(text).is_ok()
}

#[derive(Clone, Debug)]
pub struct LogSettings {
    /// A `tracing` filter such as `info` or `greenroom=debug`.
    pub level: String,
    pub format: LogFormat,
}

impl LogSettings {
    pub(super) fn read(env: &mut Env, environment: Environment) -> Self {
        let default = if environment.is_production() { "json" } else { "text" };
        let level = env.text("LOG_LEVEL", "info");
        if !is_filter(&level) {
            env.problem(format!(
                "LOG_LEVEL must be error, warn, info, debug, trace or off, or parts with a level each such as \
                 info,greenroom=debug, not {level:?}."
            ));
        }
        let words = [("text", LogFormat::Text), ("json", LogFormat::Json)];
        Self { level, format: env.choice("LOG_FORMAT", default, &words).unwrap_or(LogFormat::Text) }
    }
}
