//! Which model and embedder answer: the configured endpoints, or the offline ones.

use std::sync::Arc;

use crate::ai::offline::{OfflineEmbedder, OfflineModel};
use crate::ai::openai::{OpenAiEmbedder, OpenAiModel};
use crate::ai::watched::{ProviderHealth, Watched};
use crate::ai::{AiError, Embedder, LanguageModel};
use crate::config::AiSettings;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Result};

/// What reads and embeds, under the name that `/health` shows.
pub struct Intelligence {
    pub model: Arc<dyn LanguageModel>,
    pub embedder: Arc<dyn Embedder>,
    pub name: String,
    pub health: ProviderHealth,
}

impl Intelligence {
    /// # Errors
    /// An address or key that cannot be used.
    pub fn of(settings: &AiSettings, clock: &Clock) -> Result<Self> {
        let health = ProviderHealth::default();
        let model: Arc<dyn LanguageModel> = match &settings.model {
            Some(endpoint) => {
                let inner = OpenAiModel::new(&endpoint.into()).map_err(misconfigured)?;
                Arc::new(Watched { inner, health: health.clone() })
            }
            None => Arc::new(OfflineModel::new(clock.clone())),
        };
        let embedder: Arc<dyn Embedder> = match &settings.embedder {
            Some(endpoint) => {
                let inner = OpenAiEmbedder::new(&endpoint.into()).map_err(misconfigured)?;
                Arc::new(Watched { inner, health: health.clone() })
            }
            None => Arc::new(OfflineEmbedder),
        };
        Ok(Self { name: model.name(), model, embedder, health })
    }
}

fn misconfigured(error: AiError) -> Error {
    Error::internal(error.to_string()).saying(format!("The AI endpoint is not configured well: {error}"))
}
