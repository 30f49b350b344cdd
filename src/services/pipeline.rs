//! The work on one job: from stage to stage, each stored before the next begins, until it completes, fails or waits.

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use uuid::Uuid;

use crate::ai::{AiError, Embedder, LanguageModel};
use crate::analysis::chunk::{ChunkSize, chunks};
use crate::analysis::evidence;
use crate::analysis::extract::explain;
use crate::analysis::extract::sandbox::Sandbox;
use crate::domain::UploadId;
use crate::domain::document::{ExtractStatus, Extraction};
use crate::domain::error::{Error, Result};
use crate::domain::job::{Decision, Failure, Job, Stage, Status, next};
use crate::domain::profile::Profile;
use crate::store::{Backend, Chunk, Lease, Leased, Store, StoredProfile};

/// A text with less than this (Unicode scalar values) is no résumé, and no model is asked about it.
const LEAST_TEXT: usize = 30;
/// Chunks that are embedded with one call and stored together.
const BATCH: u64 = 32;

const NO_TEXT: &str = "No text was found in this document: is it a scan? Upload a PDF with a text layer, or a DOCX.";
const UNREADABLE_NOW: &str = "The document could not be read at the moment. Please try again in a few minutes.";
const STORE_AWAY: &str = "The server could not store the result of a step. Please try again in a few minutes.";
const BAD_EMBEDDINGS: &str = "The embedding service gave another number of vectors than it was given texts. \
                              Please try again; if it happens again, tell the operator of this server.";

/// Reads the text of a document. The sandbox, or a test double.
pub trait Extractor: Send + Sync {
    /// The document comes in segments. The detail of an error is for the log: another try may end better.
    fn extract<'a>(&'a self, content: &'a [Bytes], file_name: &'a str) -> BoxFuture<'a, Result<Extraction, String>>;
}

impl Extractor for Sandbox {
    fn extract<'a>(&'a self, content: &'a [Bytes], file_name: &'a str) -> BoxFuture<'a, Result<Extraction, String>> {
        Box::pin(async move { Sandbox::extract(self, content, file_name).await.map_err(|error| error.to_string()) })
    }
}

/// What the stages work with.
pub struct Pipeline {
    pub store: Store,
    pub extractor: Arc<dyn Extractor>,
    pub model: Arc<dyn LanguageModel>,
    pub embedder: Arc<dyn Embedder>,
    pub chunk_size: ChunkSize,
}

impl Pipeline {
    /// Works on a claimed job until there is nothing to do under this lease. `report` is told of every step of the
    /// job after it is committed, the last included. Dropping the future aborts the present stage; the lease stays.
    pub async fn run(&self, mut lease: Lease, report: impl Fn(Job)) {
        loop {
            match self.stage(&lease).await {
                Ok(job) => {
                    report(job.clone());
                    lease.job = job;
                }
                Err(failure) => {
                    self.settle(&lease, failure).await.into_iter().for_each(report);
                    return;
                }
            }
            if lease.job.status == Status::At(Stage::Completed) {
                finished("completed");
                return;
            }
        }
    }

    /// Does what follows a failure. The job, if that was its end. A lost database leaves the lease to expire.
    pub async fn settle(&self, lease: &Lease, failure: Failure) -> Option<Job> {
        let job_id = lease.job.job_id;
        let decision = next(failure, lease.job.tries, self.store.clock().now(), rand::random());
        tracing::info!(%job_id, stage = lease.job.stage.as_str(), ?decision, "stage not finished");
        let settled = match decision {
            Decision::TryAgain { at, message } => self.store.postpone_job(lease, at, &message).await.map(|_| None),
            Decision::Fail { message } => self.store.fail_job(lease, &message).await,
            Decision::Release => self.store.release_lease(lease).await.map(|_| None),
            Decision::Nothing => Ok(None),
        };
        let ended = settled.unwrap_or_else(|error| {
            tracing::warn!(%job_id, %error, detail = error.detail, "lease left to expire");
            None
        });
        if ended.is_some() {
            finished("failed");
        }
        ended
    }

    /// Takes over the jobs of dead processes, but those whose token is in `alive`. Each counts a try, so that a
    /// document that kills its process cannot do so for ever. The jobs that have failed by that.
    pub async fn rescue(&self, which: Leased, alive: &HashSet<Uuid>) -> Result<Vec<Job>> {
        let mut ended = Vec::new();
        for lease in self.store.leases(which).await? {
            if !alive.contains(&lease.token) {
                tracing::warn!(job_id = %lease.job.job_id, "worker died, job taken over");
                ended.extend(self.settle(&lease, Failure::Died).await);
            }
        }
        Ok(ended)
    }

    /// To be called once, before the first job is claimed and with the owner lock taken: on SQLite, which one process
    /// at a time uses, nobody is left who could hold a lease.
    pub async fn rescue_at_start(&self) -> Result<()> {
        let which = match self.store.backend() {
            Backend::Sqlite => Leased::Any,
            Backend::Postgres => Leased::Orphaned,
        };
        self.rescue(which, &HashSet::new()).await.map(drop)
    }

    async fn stage(&self, lease: &Lease) -> Result<Job, Failure> {
        let stage = lease.job.stage;
        if stage == Stage::Queued {
            return self.begin(lease).await;
        }
        tracing::debug!(job_id = %lease.job.job_id, stage = stage.as_str(), "stage begins");
        let begun = Instant::now();
        let stepped = match stage {
            Stage::ExtractingText => self.extract(lease).await,
            Stage::Chunking => self.chunk(lease).await,
            Stage::GeneratingEmbeddings => self.embed(lease).await,
            Stage::Analyzing => self.analyze(lease).await,
            // nothing to do before the first stage and after the last
            Stage::Queued | Stage::Completed => Err(Failure::Fenced),
        };
        let seconds = begun.elapsed().as_secs_f64();
        metrics::histogram!("greenroom_job_stage_seconds", "stage" => stage.as_str()).record(seconds);
        stepped
    }

    async fn begin(&self, lease: &Lease) -> Result<Job, Failure> {
        let waited = self.store.clock().now() - lease.job.updated_at;
        metrics::histogram!("greenroom_job_wait_seconds").record(waited.as_seconds_f64().max(0.0));
        held(self.store.step_job(lease, Stage::ExtractingText).await)
    }

    async fn extract(&self, lease: &Lease) -> Result<Job, Failure> {
        if self.store.job_text(&lease.job).await.map_err(not_stored)?.is_some() {
            return held(self.store.step_job(lease, Stage::Chunking).await);
        }
        let upload = self.store.upload(lease.job.upload_id).await.map_err(not_stored)?.ok_or(Failure::Fenced)?;
        let content = self.content(upload.id).await.map_err(not_stored)?;
        let extraction = self.extractor.extract(&content, &upload.file_name).await.map_err(|error| {
            tracing::error!(job_id = %lease.job.job_id, error, "text extraction did not work");
            transient(UNREADABLE_NOW)
        })?;
        if extraction.status != ExtractStatus::Ok {
            return Err(permanent(explain(extraction.status)));
        }
        if extraction.text.trim().chars().count() < LEAST_TEXT {
            return Err(permanent(NO_TEXT));
        }
        held(self.store.store_text(lease, &extraction).await)
    }

    async fn content(&self, upload: UploadId) -> Result<Vec<Bytes>> {
        let mut content = Vec::new();
        for part in 0.. {
            let Some(bytes) = self.store.upload_part(upload, part).await? else { break };
            content.push(bytes.into());
        }
        Ok(content)
    }

    async fn chunk(&self, lease: &Lease) -> Result<Job, Failure> {
        if self.store.has_chunks(&lease.job).await.map_err(not_stored)? {
            return held(self.store.step_job(lease, Stage::GeneratingEmbeddings).await);
        }
        let text = self.text(lease).await?.text;
        let how = self.chunk_size;
        let pieces = blocking(move || chunks(&text, how)).await?;
        held(self.store.store_chunks(lease, pieces).await)
    }

    /// Asks only for embeddings that are missing, and stores each batch: none is paid twice.
    async fn embed(&self, lease: &Lease) -> Result<Job, Failure> {
        let model = self.embedder.model();
        loop {
            let missing = self.store.chunks_to_embed(&lease.job, model, BATCH).await.map_err(not_stored)?;
            if missing.is_empty() {
                return held(self.store.step_job(lease, Stage::Analyzing).await);
            }
            let (ids, texts): (Vec<i64>, Vec<String>) =
                missing.into_iter().map(|Chunk { id, text }| (id, text)).unzip();
            let vectors = counted("embedding", self.embedder.embed(&texts).await)?;
            if vectors.len() != ids.len() {
                return Err(transient(BAD_EMBEDDINGS));
            }
            let batch: Vec<_> = ids.into_iter().zip(vectors).collect();
            if !self.store.store_embeddings(lease, model, &batch).await.map_err(not_stored)? {
                return Err(Failure::Fenced);
            }
        }
    }

    async fn analyze(&self, lease: &Lease) -> Result<Job, Failure> {
        let Extraction { text, parse_quality, .. } = self.text(lease).await?;
        let claimed = counted("profile", self.model.profile(&text).await)?;
        let today = self.store.clock().now().date();
        let mut profile = blocking(move || evidence::ground(claimed, &text, today)).await?;
        let upload = self.store.upload(lease.job.upload_id).await.map_err(not_stored)?.ok_or(Failure::Fenced)?;
        prefer_linkedin_url(&mut profile, upload.linkedin_url);
        let found =
            StoredProfile { profile, analyzer: self.model.name(), parse_quality, created_at: self.store.clock().now() };
        held(self.store.store_profile(lease, &found).await)
    }

    async fn text(&self, lease: &Lease) -> Result<Extraction, Failure> {
        self.store.job_text(&lease.job).await.map_err(not_stored)?.ok_or(Failure::Crashed)
    }
}

/// What the user said at upload counts, not what the document says; it is no quotation then.
fn prefer_linkedin_url(profile: &mut Profile, given: Option<String>) {
    if given.is_some() && profile.linkedin_url != given {
        profile.linkedin_url = given;
        profile.evidence.remove("linkedin_url");
    }
}

/// The result of a fenced write.
fn held(written: Result<Option<Job>>) -> Result<Job, Failure> {
    written.map_err(not_stored)?.ok_or(Failure::Fenced)
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err asks for")]
fn not_stored(error: Error) -> Failure {
    tracing::warn!(%error, detail = error.detail, "store not usable by a job");
    transient(STORE_AWAY)
}

fn transient(message: &str) -> Failure {
    Failure::Transient { message: message.to_owned(), retry_after: None }
}

fn permanent(message: &str) -> Failure {
    Failure::Permanent { message: message.to_owned() }
}

/// Work that would keep other tasks from their thread. A panic in it is a failed try.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::Crashed)
}

/// Counts an AI call by its outcome.
fn counted<T>(kind: &'static str, answer: Result<T, AiError>) -> Result<T, Failure> {
    let outcome = match &answer {
        Ok(_) => "ok",
        Err(AiError::Transient { .. }) => "transient",
        Err(AiError::Permanent { .. }) => "permanent",
    };
    metrics::counter!("greenroom_ai_calls_total", "kind" => kind, "outcome" => outcome).increment(1);
    answer.map_err(|error| match error {
        AiError::Transient { message, retry_after } => Failure::Transient { message, retry_after },
        AiError::Permanent { message } => Failure::Permanent { message },
    })
}

fn finished(outcome: &'static str) {
    metrics::counter!("greenroom_jobs_finished_total", "outcome" => outcome).increment(1);
}
