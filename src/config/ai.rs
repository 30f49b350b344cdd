//! Which model and which embedder answer, and how similar a saved question must be to a message.

use std::time::Duration;

use secrecy::SecretString;

use super::env::Env;
use crate::domain::matching::scale::CUT;

/// Where OpenAI itself answers.
const OPENAI: &str = "https://api.openai.com/v1";

/// An OpenAI-compatible endpoint and the model asked for there.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub base_url: String,
    /// Empty for local servers that want none.
    pub api_key: SecretString,
    pub model: String,
    /// Bounds one call.
    pub timeout: Duration,
}

/// The similarity from which on a saved question answers a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threshold {
    /// Compared with the cosine, or, if the embedder knows its own cut, with the scale on which 0.75 is that cut. 0 to 1.
    Fixed(f32),
    /// The cut of the embedder, measured if it does not know it, reported as 0.75.
    Auto,
}

impl Threshold {
    /// On the reported scale.
    pub fn value(self) -> f32 {
        match self {
            Self::Fixed(value) => value,
            Self::Auto => CUT,
        }
    }

    fn read(env: &mut Env) -> Self {
        let text = env.text("QA_SIMILARITY_THRESHOLD", "0.75");
        if text.eq_ignore_ascii_case("auto") {
            return Self::Auto;
        }
        let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
        if value.is_none() {
            env.problem(format!("QA_SIMILARITY_THRESHOLD must be a number from 0 to 1, or auto, not {text:?}."));
        }
        Self::Fixed(value.unwrap_or(CUT))
    }
}

/// The AI that is configured; `None` is the offline one.
#[derive(Clone, Debug)]
pub struct AiSettings {
    pub model: Option<Endpoint>,
    pub embedder: Option<Endpoint>,
    pub threshold: Threshold,
}

impl AiSettings {
    pub(super) fn read(env: &mut Env) -> Self {
        let shared = env.secret("OPENAI_API_KEY");
        let timeout = env.duration("LLM_TIMEOUT", Duration::from_secs(60));
        let mut read = |key: &'static str, url: &'static str, model: &'static str, default: &'static str| {
            let key = env.secret(key).or_else(|| shared.clone());
            let name = url;
            let url = env.optional(name);
            let model = env.text(model, default);
            if let Some(url) = &url
                && url::Url::parse(url).map_or(true, |url| !matches!(url.scheme(), "http" | "https"))
            {
                env.problem(format!("{name} must be an http(s) URL of an AI endpoint, such as {OPENAI}, not {url:?}."));
            }
            // a key alone means OpenAI; an address alone means a server that wants no key
            (key.is_some() || url.is_some()).then(|| Endpoint {
                base_url: url.unwrap_or_else(|| OPENAI.to_owned()).trim_end_matches('/').to_owned(),
                api_key: key.unwrap_or_default(),
                model,
                timeout,
            })
        };
        Self {
            model: read("LLM_API_KEY", "LLM_API_URL", "LLM_MODEL", "gpt-4"),
            embedder: read("EMBEDDING_API_KEY", "EMBEDDING_API_URL", "EMBEDDING_MODEL", "text-embedding-ada-002"),
            threshold: Threshold::read(env),
        }
    }
}
