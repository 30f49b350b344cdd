//! The Q&A memory: a user's saved questions made ready to answer chat messages, and the vectors of those messages.

mod kept;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::calibration::measure;
use super::matching::{Matcher, SavedQuestion};
use crate::ai::{AiError, Embedder};
use crate::config::Threshold;
use crate::domain::error::{Error, Result};
use crate::domain::matching::scale::{CUT, Scale};
use crate::domain::{JobId, UserId};
use crate::store::{Remembered, Store};
pub use kept::{Restored, Successor};
use shared::Shared;

/// Questions that are loaded if the request does not say how many.
const DEFAULT_QUESTIONS: u64 = 20;
/// Questions that are loaded at most.
const MAX_QUESTIONS: u64 = 500;
/// How long a message waits for its vector; then only the exact wording is found.
const MESSAGE_PATIENCE: Duration = Duration::from_secs(5);
/// How long loading waits for vectors that are missing, and for the measuring of a model.
const LOAD_PATIENCE: Duration = Duration::from_secs(30);

/// How many questions a request asks for: 20 if it does not say, 500 at most.
pub fn question_limit(asked: Option<i64>) -> Result<u64> {
    let Some(asked) = asked else { return Ok(DEFAULT_QUESTIONS) };
    let limit = u64::try_from(asked).ok().filter(|limit| *limit > 0);
    let limit = limit.ok_or_else(|| Error::invalid("limit", "limit must be a whole number from 1 on."))?;
    Ok(limit.min(MAX_QUESTIONS))
}

#[derive(Clone)]
pub struct Memories {
    store: Store,
    embedder: Arc<dyn Embedder>,
    threshold: Threshold,
    /// Of this process.
    boot_id: i64,
    kept: kept::Register,
    shared: Shared,
    /// Held while a model is measured: one measurement serves all who wait.
    measuring: Arc<Mutex<()>>,
}

impl Memories {
    /// `boot_id` is that of this process: see [`crate::store::OwnerLock`]. Must be called inside a runtime.
    pub fn new(store: Store, embedder: Arc<dyn Embedder>, threshold: Threshold, boot_id: i64) -> Self {
        let kept = kept::Register::open(store.clone());
        let shared = Shared::new(shared::MAX_BYTES);
        Self { store, embedder, threshold, boot_id, kept, shared, measuring: Arc::default() }
    }

    /// The newest saved questions of a user, of one job or of all. Vectors that are missing or of another model are made now;
    /// if that fails, these questions are found by their exact wording only. Sockets that load the same share it; 409 if all that
    /// those of the user have loaded would take more than 64 MiB.
    pub async fn load(&self, user: UserId, job: Option<JobId>, limit: u64) -> Result<Arc<Matcher>> {
        let _turn = self.shared.turn(user).await?;
        let mut questions = self.store.remembered(user, job, self.embedder.model(), limit).await?;
        drop_other_dimensions(&mut questions);
        self.complete(&mut questions).await?;
        let scale = self.scale(dimension(&questions)).await?;
        let saved = questions.into_iter().map(|Remembered { id, question, answer, vector }| SavedQuestion {
            id,
            question,
            answer,
            embedding: vector.unwrap_or_default(),
        });
        self.shared.share(user, Matcher::new(saved.collect(), scale, self.threshold.value()))
    }

    /// The vector of a message; `None` if the embedder does not give it soon.
    pub async fn vector(&self, message: &str) -> Option<Vec<f32>> {
        let texts = [message.to_owned()];
        patiently(MESSAGE_PATIENCE, self.embedder.embed(&texts)).await?.pop()
    }

    /// Makes the vectors that are missing, and keeps them.
    async fn complete(&self, questions: &mut [Remembered]) -> Result<()> {
        let mut missing: Vec<&mut Remembered> = questions.iter_mut().filter(|saved| saved.vector.is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let texts: Vec<_> = missing.iter().map(|saved| (saved.question.clone(), saved.answer.clone())).collect();
        let Some(vectors) = patiently(LOAD_PATIENCE, self.embedder.embed_saved(&texts)).await else { return Ok(()) };
        for (saved, vector) in missing.iter_mut().zip(vectors) {
            saved.vector = Some(vector);
        }
        let made: Vec<Remembered> = missing.into_iter().map(|saved| saved.clone()).collect();
        self.store.store_vectors(&made, self.embedder.model()).await
    }

    /// How cosines of the embedder are reported: by the cut that it knows, or that is measured if the threshold is `auto`.
    async fn scale(&self, dimension: Option<usize>) -> Result<Scale> {
        match (self.embedder.cut(), self.threshold, dimension) {
            (Some(cut), ..) => Ok(Scale::with_cut(cut)),
            (None, Threshold::Auto, Some(dimension)) => self.measured(dimension).await,
            _ => Ok(Scale::PLAIN),
        }
    }

    /// Measures the model once. If it does not answer, its cosines are taken as they are until it does.
    async fn measured(&self, dimension: usize) -> Result<Scale> {
        let (model, dimension) = (self.embedder.model(), i32::try_from(dimension).unwrap_or(i32::MAX));
        let _alone = self.measuring.lock().await;
        if let Some(cut) = self.store.measured_cut(model, dimension).await? {
            return Ok(Scale::with_cut(cut));
        }
        let Some(found) = patiently(LOAD_PATIENCE, measure(&*self.embedder)).await else { return Ok(Scale::PLAIN) };
        tracing::info!(model, cut = found.cut, f1 = found.f1, "embedding model measured");
        // kept as well if the model does not separate: the plain scale is the one whose cut is 0.75
        let cut = found.cut.unwrap_or(CUT);
        self.store.store_cut(model, dimension, cut).await?;
        Ok(Scale::with_cut(cut))
    }
}

/// Floats of a vector of the newest question that has one.
fn dimension(questions: &[Remembered]) -> Option<usize> {
    questions.iter().find_map(|saved| saved.vector.as_ref().map(Vec::len))
}

/// A model that changed behind its name: vectors of another dimension than the newest cannot be compared with it.
fn drop_other_dimensions(questions: &mut [Remembered]) {
    let newest = dimension(questions);
    for saved in questions {
        saved.vector = saved.vector.take().filter(|vector| Some(vector.len()) == newest);
    }
}

/// What an embedder gives in time; why it gave nothing is logged.
async fn patiently<T>(patience: Duration, call: impl Future<Output = Result<T, AiError>>) -> Option<T> {
    let reason = match tokio::time::timeout(patience, call).await {
        Ok(Ok(value)) => return Some(value),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    tracing::warn!(reason, "the embedder gave nothing");
    None
}
