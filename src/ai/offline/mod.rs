//! The AI that needs no network and no key: real heuristics, the same answer every time.

mod embedder;
pub mod interview;
mod profile;

use futures_util::future::BoxFuture;

pub use embedder::OfflineEmbedder;

use super::{AiError, LanguageModel};
use crate::domain::clock::Clock;
use crate::domain::profile::Profile;

/// Reads résumés by rules and lexicons.
pub struct OfflineModel {
    clock: Clock,
}

impl OfflineModel {
    /// The clock tells how long "until now" is.
    pub fn new(clock: Clock) -> Self {
        Self { clock }
    }
}

impl LanguageModel for OfflineModel {
    fn name(&self) -> String {
        "offline".to_owned()
    }

    fn profile<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Profile, AiError>> {
        let (text, today) = (text.to_owned(), self.clock.now().date());
        Box::pin(async move {
            let reading = tokio::task::spawn_blocking(move || profile::analyze(&text, today));
            reading.await.map_err(|_| AiError::Permanent {
                message: "This résumé could not be read by the offline analyser. Please report it.".to_owned(),
            })
        })
    }
}
