//! Search over the résumés that somebody may see. The index proposes passages, the database decides: what is shown, and how near it
//! is, is read there, so what was deleted on any node is never shown, and vectors of two models are never compared.

mod snippet;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::Mutex;

use super::analyses::gone;
use super::interview::away;
use crate::ai::Embedder;
use crate::domain::error::{Error, Result};
use crate::domain::user::{Identity, Role};
use crate::domain::{JobId, UploadId};
use crate::search::{Entry, Owners, Scope, VectorIndex, cosine, is_usable};
use crate::store::{EmbeddedChunk, Store};
use snippet::snippet;

/// Jobs whose vectors are read and indexed together.
const BATCH: usize = 64;
/// How long a search waits for the index to be filled.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    Text(String),
    /// Résumés like the one of this job, which is left out.
    Like(JobId),
}

/// One résumé that was found, by its best passage.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    pub upload_id: UploadId,
    pub job_id: JobId,
    pub name: Option<String>,
    /// Cosine similarity.
    pub score: f64,
    pub snippet: String,
}

/// How the index is brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresh {
    /// With what was completed since the last time.
    News,
    /// With all that there is: what is gone goes, too.
    Everything,
}

/// What the index holds, as far as is known.
#[derive(Debug, Default)]
struct Filled {
    /// Jobs that are in it, or have nothing for it. `None`: it must be asked.
    jobs: Option<HashSet<i64>>,
    /// When the latest of them was completed.
    until: Option<OffsetDateTime>,
}

/// The best passage of an upload.
#[derive(Clone, Copy)]
struct Best {
    score: f64,
    job: i64,
    chunk: i64,
}

#[derive(Clone)]
pub struct Searches {
    store: Store,
    embedder: Arc<dyn Embedder>,
    index: Arc<dyn VectorIndex>,
    /// Held while the index is filled.
    filled: Arc<Mutex<Filled>>,
    good: Arc<AtomicBool>,
}

impl Searches {
    pub fn new(store: Store, embedder: Arc<dyn Embedder>, index: Arc<dyn VectorIndex>) -> Self {
        Self { store, embedder, index, filled: Arc::default(), good: Arc::new(AtomicBool::new(true)) }
    }

    /// What `/health` calls the index.
    pub fn index_name(&self) -> &'static str {
        self.index.name()
    }

    /// False while the index is away.
    pub fn is_good(&self) -> bool {
        self.good.load(Ordering::Relaxed)
    }

    /// The résumés nearest to what is sought among those that the asker may see, the nearest first, each once. 404 for an upload or a
    /// job that they may not see; 503 if the embedder or the index is away.
    pub async fn find(
        &self,
        asker: &Identity,
        sought: &Sought,
        upload: Option<UploadId>,
        limit: usize,
    ) -> Result<Vec<Hit>> {
        let owners = self.owners(asker).await?;
        if let Some(upload) = upload {
            self.check_upload(&owners, upload).await?;
        }
        let (query, text, without) = match sought {
            Sought::Text(text) => (self.embedded(std::slice::from_ref(text)).await?, text.as_str(), None),
            Sought::Like(job) => {
                let (query, upload) = self.like(&owners, *job).await?;
                (query, "", Some(upload))
            }
        };
        let Some(query) = mean(&query) else { return Ok(Vec::new()) };
        let nearest = self.nearest(&query, &Scope { owners, upload, without }, limit).await?;
        self.shown(nearest, text).await
    }

    /// Brings the index up to date. To be called now and then: a search does only what it must.
    pub async fn refresh(&self, how: Refresh) -> Result<()> {
        let Ok(mut filled) = tokio::time::timeout(PATIENCE, self.filled.lock()).await else { return Err(filling()) };
        let done = self.fill(&mut filled, how).await;
        if done.is_err() {
            *filled = Filled::default();
        }
        self.noted(done)
    }

    /// Whose résumés somebody may search: their own, and what `domain::permission::job_reader` lets staff read.
    async fn owners(&self, asker: &Identity) -> Result<Owners> {
        let mut users = match asker.role {
            Role::SuperAgent => return Ok(Owners::Everybody),
            Role::Agent => self.store.customers_of(asker.user_id).await?,
            Role::Customer => Vec::new(),
        };
        users.push(asker.user_id);
        Ok(Owners::These(users.into_iter().collect()))
    }

    async fn check_upload(&self, owners: &Owners, id: UploadId) -> Result<()> {
        let found = self.store.upload(id).await?.filter(|upload| owners.include(upload.user_id));
        found.map(drop).ok_or_else(|| Error::not_found("UPLOAD_NOT_FOUND", "Upload not found").with("upload_id", id))
    }

    /// The vectors of a completed job, and its upload.
    async fn like(&self, owners: &Owners, id: JobId) -> Result<(Vec<Vec<f32>>, UploadId)> {
        let job = self.store.job(id).await?.filter(|job| owners.include(job.user_id)).ok_or_else(|| gone(id))?;
        job.check_completed()?;
        let chunks = self.store.vectors_of_jobs(&[job.id], self.embedder.model()).await?;
        let mut vectors: Vec<Vec<f32>> = chunks.into_iter().map(|chunk| chunk.vector).collect();
        if vectors.is_empty() {
            // its own are of an earlier model
            vectors = self.embedded(&self.store.chunk_texts(job.id).await?).await?;
        }
        Ok((vectors, job.upload_id))
    }

    async fn embedded(&self, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        self.embedder.embed(texts).await.map_err(|error| away(&error))
    }

    async fn nearest(&self, query: &[f32], scope: &Scope, limit: usize) -> Result<Vec<Best>> {
        self.refresh(Refresh::News).await?;
        match self.weighed(query, scope, limit).await {
            Ok((best, true)) => return Ok(best),
            // something was deleted, perhaps on another node, and took the place of others
            Ok((_, false)) => {}
            // the index was away for a moment, and may have come back with nothing
            Err(error) if error.code == "SEARCH_UNAVAILABLE" => {}
            Err(error) => return Err(error),
        }
        self.refresh(Refresh::Everything).await?;
        Ok(self.weighed(query, scope, limit).await?.0)
    }

    /// What the index proposes, weighed by the stored vectors; and whether all of it was there.
    async fn weighed(&self, query: &[f32], scope: &Scope, limit: usize) -> Result<(Vec<Best>, bool)> {
        let proposed = self.index.nearest(query.to_vec(), scope.clone(), limit).await;
        if proposed.is_err() {
            *self.filled.lock().await = Filled::default();
        }
        let proposed = self.noted(proposed)?;
        let stored = self.store.vectors_of_chunks(&proposed, self.embedder.model()).await?;
        let complete = stored.len() == proposed.len();
        let mut uploads: HashMap<UploadId, Best> = HashMap::new();
        for chunk in stored.iter().filter(|chunk| scope.admits(chunk.user, chunk.upload)) {
            let found = Best { score: cosine(query, &chunk.vector), job: chunk.job, chunk: chunk.id };
            let best = uploads.entry(chunk.upload).or_insert(found);
            if found.is_better_than(best) {
                *best = found;
            }
        }
        let mut best: Vec<Best> = uploads.into_values().collect();
        best.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(b.job.cmp(&a.job)));
        best.truncate(limit);
        Ok((best, complete))
    }

    async fn shown(&self, best: Vec<Best>, query: &str) -> Result<Vec<Hit>> {
        let query = query.to_owned();
        let chunks: Vec<i64> = best.iter().map(|best| best.chunk).collect();
        let passages = self.store.passages(&chunks).await?;
        let mut passages: HashMap<i64, _> = passages.into_iter().map(|passage| (passage.chunk, passage)).collect();
        let hit = move |best: Best| {
            let passage = passages.remove(&best.chunk)?;
            Some(Hit {
                upload_id: passage.upload_id,
                job_id: passage.job_id,
                name: passage.name,
                score: (best.score * 1e4).round() / 1e4,
                snippet: snippet(&passage.text, &query),
            })
        };
        // hundreds of passages would hold up other requests
        let hits = tokio::task::spawn_blocking(move || best.into_iter().filter_map(hit).collect());
        hits.await.map_err(|error| Error::internal(format!("showing what was found: {error}")))
    }

    async fn fill(&self, filled: &mut Filled, how: Refresh) -> Result<()> {
        let model = self.embedder.model();
        let known = match &mut filled.jobs {
            Some(known) => known,
            unknown => {
                filled.until = None;
                unknown.insert(self.index.jobs().await?)
            }
        };
        let since = filled.until.filter(|_| how == Refresh::News);
        let completed = self.store.embedded_jobs(model, since).await?;
        if since.is_none() {
            let all: HashSet<i64> = completed.iter().map(|job| job.id).collect();
            let gone: Vec<i64> = known.difference(&all).copied().collect();
            if !gone.is_empty() {
                self.index.remove(gone).await?;
                known.retain(|job| all.contains(job));
            }
        }
        let new: Vec<i64> = completed.iter().map(|job| job.id).filter(|job| !known.contains(job)).collect();
        for jobs in new.chunks(BATCH) {
            let chunks = self.store.vectors_of_jobs(jobs, model).await?;
            self.index.insert(chunks.into_iter().filter_map(entry).collect()).await?;
            known.extend(jobs);
        }
        filled.until = completed.iter().map(|job| job.at).chain(filled.until).max();
        Ok(())
    }

    /// Remembers whether the index answers.
    fn noted<T>(&self, outcome: Result<T>) -> Result<T> {
        match &outcome {
            Ok(_) => self.good.store(true, Ordering::Relaxed),
            Err(error) if error.code == "SEARCH_UNAVAILABLE" => self.good.store(false, Ordering::Relaxed),
            Err(_) => {}
        }
        outcome
    }
}

impl Best {
    /// Nearer; of two analyses of one résumé that are equally near, the newer.
    fn is_better_than(self, other: &Self) -> bool {
        self.score.total_cmp(&other.score).then(self.job.cmp(&other.job)).is_gt()
    }
}

fn filling() -> Error {
    let message = "The search index is being filled: please try again in a few seconds.";
    Error::unavailable("SEARCH_FILLING", message, PATIENCE)
}

fn entry(chunk: EmbeddedChunk) -> Option<Entry> {
    let EmbeddedChunk { id, job, user, upload, vector } = chunk;
    is_usable(&vector).then_some(Entry { chunk: id, job, user, upload, vector })
}

/// The middle of vectors of the dimension of the first; `None` if it has no direction.
fn mean(vectors: &[Vec<f32>]) -> Option<Vec<f32>> {
    let dimension = vectors.first()?.len();
    let mut sum = vec![0.0; dimension];
    for vector in vectors.iter().filter(|vector| vector.len() == dimension) {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
    }
    is_usable(&sum).then_some(sum)
}
