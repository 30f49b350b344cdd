//! The settings: a struct per concern, read from environment variables once, validated together.

mod ai;
mod env;
mod parts;
mod search;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

pub use ai::{AiSettings, Endpoint, Threshold};
use env::Env;
pub use parts::{
    AnalysisSettings, AuthSettings, CorsOrigins, CorsSettings, DatabaseSettings, Environment, LimitSettings, LogFormat,
    LogSettings, RedisSettings, ServerSettings, WsSettings,
};
pub use search::SearchSettings;

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Settings {
    pub server: ServerSettings,
    pub database: DatabaseSettings,
    /// Joins the nodes on one PostgreSQL.
    pub redis: Option<RedisSettings>,
    pub auth: AuthSettings,
    pub cors: CorsSettings,
    pub limits: LimitSettings,
    pub ws: WsSettings,
    pub ai: AiSettings,
    pub analysis: AnalysisSettings,
    pub search: SearchSettings,
    pub log: LogSettings,
    /// Each variable with its effective value, secrets masked: what `greenroom config` prints.
    pub effective: Vec<(&'static str, String)>,
}

impl Settings {
    /// Reads the process's environment, and `.env` in the working directory for what is not set.
    ///
    /// # Errors
    /// All problems at once, a sentence each.
    pub fn from_env() -> Result<Self, Vec<String>> {
        let own: Vec<_> = std::env::vars_os().collect();
        if let Err(error) = dotenvy::from_path(".env")
            && !error.not_found()
        {
            return Err(vec![format!(".env cannot be read: {error}")]);
        }
        // what was set before counts, also where it is no text and thus was not seen to be set
        Self::from_vars(std::env::vars_os().chain(own).collect())
    }

    /// Reads these variables only.
    pub fn from_vars(vars: HashMap<OsString, OsString>) -> Result<Self, Vec<String>> {
        let mut env = Env::new(vars);
        let server = ServerSettings::read(&mut env);
        let settings = Self {
            database: DatabaseSettings::read(&mut env, &server.data_dir),
            redis: RedisSettings::read(&mut env),
            auth: AuthSettings::read(&mut env, server.environment),
            cors: CorsSettings::read(&mut env, server.environment),
            limits: LimitSettings::read(&mut env),
            ws: WsSettings::read(&mut env, server.environment),
            ai: AiSettings::read(&mut env),
            analysis: AnalysisSettings::read(&mut env),
            search: SearchSettings::read(&mut env),
            log: LogSettings::read(&mut env, server.environment),
            server,
            effective: Vec::new(),
        };
        let (effective, problems) = env.finish();
        if problems.is_empty() { Ok(Self { effective, ..settings }) } else { Err(problems) }
    }

    /// Development settings with everything in one folder.
    ///
    /// # Errors
    /// Never: the defaults are valid, which `the_defaults_are_valid` tests.
    pub fn for_testing(data_dir: PathBuf, vars: &[(&str, &str)]) -> Result<Self, Vec<String>> {
        let mut all: HashMap<OsString, OsString> = vars.iter().map(|(k, v)| (k.into(), v.into())).collect();
        all.entry("DATA_DIR".into()).or_insert_with(|| data_dir.into());
        Self::from_vars(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
        Settings::for_testing("./data".into(), vars)
    }

    #[test]
    fn the_defaults_are_valid() {
        let settings = read(&[]).unwrap();
        assert_eq!((settings.server.host.as_str(), settings.server.port), ("127.0.0.1", 8081));
        assert_eq!(settings.database.url, "sqlite:./data/greenroom.db");
        assert_eq!(settings.analysis.max_concurrent_jobs, 5);
        assert!(settings.ai.model.is_none() && settings.ai.embedder.is_none());
    }

    #[test]
    fn every_problem_is_listed_at_once() {
        let problems = read(&[
            ("PORT", "http"),
            ("ENVIRONMENT", "production"),
            ("JWT_SECRET", "short"),
            ("CHUNK_OVERLAP", "1000"),
            ("WEBSOCKET_PING_PERIOD", "2 fortnights"),
            ("TRUSTED_PROXIES", "10.0.0.0/99"),
            ("QA_SIMILARITY_THRESHOLD", "75%"),
            ("LOG_LEVEL", "warning"),
            ("LLM_API_URL", "ollama"),
        ])
        .unwrap_err();
        for name in [
            "PORT",
            "JWT_SECRET",
            "CHUNK_OVERLAP",
            "WEBSOCKET_PING_PERIOD",
            "TRUSTED_PROXIES",
            "QA_SIMILARITY",
            "LOG_LEVEL",
            "LLM_API_URL",
        ] {
            assert!(problems.iter().any(|p| p.contains(name)), "{name} is missing in {problems:?}");
        }
    }

    #[test]
    fn a_log_filter_has_levels() {
        for good in ["warn", "INFO", "off", "info,greenroom=debug", "greenroom::ws=trace,warn"] {
            assert!(read(&[("LOG_LEVEL", good)]).is_ok(), "{good}");
        }
        for bad in ["warning", "verbose", "info,sqlx", "greenroom=loud"] {
            assert!(read(&[("LOG_LEVEL", bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_database_that_is_used_is_shown() {
        let shown = |vars: &[(&str, &str)]| {
            let effective = read(vars).unwrap().effective;
            effective.into_iter().find(|(name, _)| *name == "DATABASE_URL").map(|(_, value)| value)
        };
        assert_eq!(shown(&[]).as_deref(), Some("sqlite:./data/greenroom.db"));
        let parts = [("DB_HOST", "db"), ("DB_PASSWORD", "secret")];
        assert_eq!(shown(&parts).as_deref(), Some("postgres://greenroom:********@db:5432/greenroom?sslmode=prefer"));
    }

    #[test]
    fn production_listens_to_all_and_needs_a_secret() {
        let secret = "0123456789abcdef0123456789abcdef";
        let settings = read(&[("ENVIRONMENT", "production"), ("JWT_SECRET", secret)]).unwrap();
        assert_eq!(settings.server.host, "0.0.0.0");
        assert!(!settings.ws.allow_anonymous);
        assert!(read(&[("SERVER_MODE", "production")]).is_err());
    }

    #[test]
    fn secrets_are_masked_in_what_is_printed() {
        let settings = read(&[
            ("OPENAI_API_KEY", "sk-very-secret"),
            ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
            ("DB_HOST", "db"),
            ("DB_PASSWORD", "p@ss/word"),
        ])
        .unwrap();
        assert_eq!(settings.database.url, "postgres://greenroom:p%40ss%2Fword@db:5432/greenroom?sslmode=prefer");
        let shown = format!("{:?} {settings:?}", settings.effective);
        for secret in ["sk-very-secret", "0123456789abcdef", "p@ss", "p%40ss"] {
            assert!(!shown.contains(secret), "{secret} is shown");
        }
    }

    #[test]
    fn one_key_is_enough_for_model_and_embeddings() {
        let settings = read(&[("OPENAI_API_KEY", "sk-1"), ("LLM_MODEL", "gpt-4o")]).unwrap();
        assert_eq!(settings.ai.model.map(|e| e.model).as_deref(), Some("gpt-4o"));
        assert_eq!(settings.ai.embedder.map(|e| e.model).as_deref(), Some("text-embedding-ada-002"));
    }

    #[test]
    fn the_threshold_of_the_memory_is_a_number_or_measured() {
        let threshold = |vars: &[(&str, &str)]| read(vars).map(|settings| settings.ai.threshold);
        assert_eq!(threshold(&[]), Ok(Threshold::Fixed(0.75)));
        assert_eq!(threshold(&[("QA_SIMILARITY_THRESHOLD", "0.5")]), Ok(Threshold::Fixed(0.5)));
        assert_eq!(threshold(&[("QA_SIMILARITY_THRESHOLD", "Auto")]), Ok(Threshold::Auto));
        for bad in ["1.1", "-1", "NaN"] {
            assert!(threshold(&[("QA_SIMILARITY_THRESHOLD", bad)]).is_err());
        }
    }

    #[test]
    fn a_chroma_is_named_by_its_host_or_by_its_address() {
        let chroma = |vars: &[(&str, &str)]| read(vars).map(|settings| settings.search.chroma);
        assert_eq!(chroma(&[("CHROMA_HOST", ""), ("CHROMA_PORT", "8001")]), Ok(None));
        assert_eq!(chroma(&[("CHROMA_HOST", "db")]), Ok(Some("http://db:8000".into())));
        assert_eq!(chroma(&[("CHROMA_HOST", "::1"), ("CHROMA_PORT", "8001")]), Ok(Some("http://[::1]:8001".into())));
        assert_eq!(chroma(&[("CHROMA_HOST", "https://db.example")]), Ok(Some("https://db.example:8000".into())));
        for bad in ["db example", "ftp://db", "http://db:1234", "http://db/path", "me@db"] {
            assert!(chroma(&[("CHROMA_HOST", bad)]).unwrap_err()[0].contains("CHROMA_HOST"), "{bad}");
        }
    }

    #[test]
    fn redis_is_named_by_a_url_whose_password_is_never_shown() {
        for good in ["redis://:geheim@cache:6379/2", "rediss://user:geheim@cache", "unix:///run/redis.sock?pass=geheim"]
        {
            let settings = read(&[("REDIS_URL", good)]).unwrap();
            assert!(settings.redis.is_some());
            assert!(!format!("{settings:?} {:?}", settings.effective).contains("geheim"), "{good}");
        }
        for bad in ["localhost:6379", "http://cache", "redis://"] {
            let problems = read(&[("REDIS_URL", bad)]).unwrap_err();
            assert!(problems.len() == 1 && problems[0].starts_with("REDIS_URL"), "{bad}: {problems:?}");
        }
        assert!(read(&[("REDIS_URL", "")]).unwrap().redis.is_none());
    }

    #[test]
    fn an_endpoint_without_a_key_is_an_endpoint() {
        let settings = read(&[("LLM_API_URL", "http://127.0.0.1:11434/v1"), ("LLM_MODEL", "llama3")]).unwrap();
        assert_eq!(settings.ai.model.map(|e| e.base_url).as_deref(), Some("http://127.0.0.1:11434/v1"));
        assert!(settings.ai.embedder.is_none());
    }
}
