//! Notes whether the provider answers, so that `/health` can say so without asking (and paying) it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::{AiError, Embedder, LanguageModel};
use crate::domain::interview::{AnswerRequest, Question, SetRequest};
use crate::domain::profile::Profile;

/// A failure is remembered for so long if no call succeeds before.
const MEMORY: Duration = Duration::from_secs(120);

/// How the last calls to a provider went. Clones share it.
#[derive(Clone, Debug)]
pub struct ProviderHealth {
    started: Instant,
    /// Milliseconds from `started` to the last failure, plus one; 0 after a success.
    failed: Arc<AtomicU64>,
}

impl Default for ProviderHealth {
    fn default() -> Self {
        Self { started: Instant::now(), failed: Arc::default() }
    }
}

impl ProviderHealth {
    /// False while the last call failed for a reason that may pass, for at most two minutes.
    pub fn is_good(&self) -> bool {
        let failed = self.failed.load(Ordering::Relaxed);
        failed == 0 || self.started.elapsed() > Duration::from_millis(failed) + MEMORY
    }

    fn note<T>(&self, outcome: &Result<T, AiError>) {
        let failed = match outcome {
            Err(AiError::Transient { .. }) => self.started.elapsed().as_millis() as u64 + 1,
            _ => 0,
        };
        self.failed.store(failed, Ordering::Relaxed);
    }
}

/// A model or embedder whose calls are noted.
pub struct Watched<T> {
    pub inner: T,
    pub health: ProviderHealth,
}

impl<T: LanguageModel> LanguageModel for Watched<T> {
    fn name(&self) -> String {
        self.inner.name()
    }

    fn profile<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Profile, AiError>> {
        Box::pin(async move {
            let outcome = self.inner.profile(text).await;
            self.health.note(&outcome);
            outcome
        })
    }

    fn questions<'a>(
        &'a self,
        profile: &'a Profile,
        request: &'a SetRequest,
    ) -> BoxFuture<'a, Result<Vec<Question>, AiError>> {
        Box::pin(async move {
            let outcome = self.inner.questions(profile, request).await;
            self.health.note(&outcome);
            outcome
        })
    }

    fn regenerate<'a>(
        &'a self,
        profile: &'a Profile,
        request: &'a AnswerRequest,
    ) -> BoxFuture<'a, Result<String, AiError>> {
        Box::pin(async move {
            let outcome = self.inner.regenerate(profile, request).await;
            self.health.note(&outcome);
            outcome
        })
    }
}

impl<T: Embedder> Embedder for Watched<T> {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        Box::pin(async move {
            let outcome = self.inner.embed(texts).await;
            self.health.note(&outcome);
            outcome
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passing_failure_is_remembered_until_the_next_success() {
        let health = ProviderHealth::default();
        assert!(health.is_good());
        health.note::<()>(&Err(AiError::Transient { message: String::new(), retry_after: None }));
        assert!(!health.is_good());
        health.note(&Ok(()));
        assert!(health.is_good());
    }
}
