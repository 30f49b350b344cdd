//! Analyses as users ask for them: start, watch, read, retry, cancel, delete.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::clock::rfc3339;
use crate::domain::document::ParseQuality;
use crate::domain::error::{Error, Result};
use crate::domain::event::Event;
use crate::domain::job::{Job, JobView};
use crate::domain::page::{Page, Slice};
use crate::domain::permission::{JobReader, job_reader, may_change_job};
use crate::domain::profile::Profile;
use crate::domain::user::{Identity, Role};
use crate::domain::{JobId, UploadId, UserId};
use crate::store::Store;

/// Whom the service tells of what it has committed: the actors, or a test double. Nothing here waits.
pub trait Dispatch: Send + Sync {
    /// To the live clients.
    fn publish(&self, event: Event);
    /// A job waits for a worker.
    fn wake(&self);
    /// A job that may run here was cancelled.
    fn stop(&self, job: JobId);
}

/// What is read of a job, as the owner's access log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Status,
    Result,
    Export,
}

impl Reading {
    fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Result => "result",
            Self::Export => "export",
        }
    }
}

/// The result object of the contract.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnalysisResult {
    pub job_id: JobId,
    pub upload_id: UploadId,
    #[serde(flatten)]
    pub profile: Profile,
    /// `offline` or `provider:model`.
    pub analyzer: String,
    pub parse_quality: ParseQuality,
    #[serde(with = "rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Jobs on all nodes: those that wait, those that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct JobCounts {
    pub queued: u64,
    pub running: u64,
}

#[derive(Clone)]
pub struct Analyses {
    store: Store,
    dispatch: Arc<dyn Dispatch>,
}

/// Reads a `job_id`. Whatever is no UUID is nobody's job: 404.
pub fn parse_job_id(text: &str) -> Result<JobId> {
    let hyphenated = JobId::try_parse(text).ok().filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH);
    hyphenated.ok_or_else(|| not_found(text))
}

fn not_found(job_id: &str) -> Error {
    Error::not_found("JOB_NOT_FOUND", "Job not found").with("job_id", job_id)
}

pub(super) fn gone(job_id: JobId) -> Error {
    not_found(&job_id.to_string())
}

impl Analyses {
    pub fn new(store: Store, dispatch: Arc<dyn Dispatch>) -> Self {
        Self { store, dispatch }
    }

    /// Queues an analysis of one's own upload. 404 `Upload not found`; 429 `TOO_MANY_JOBS`.
    pub async fn start(&self, user: UserId, upload: UploadId) -> Result<JobView> {
        let queued = self.store.create_job(user, upload).await?;
        tracing::info!(job_id = %queued.job.job_id, upload_id = upload, "job queued");
        Ok(self.tell(&queued.job, queued.position))
    }

    /// Tells of a queued job at once, before a worker can tell of its first step.
    fn tell(&self, job: &Job, position: u64) -> JobView {
        let view = job.view(Some(position));
        self.dispatch.publish(Event::JobProgressed { owner: job.user_id, job: view.clone() });
        self.dispatch.wake();
        view
    }

    pub async fn status(&self, reader: &Identity, job: JobId) -> Result<JobView> {
        let job = self.readable(reader, job, Reading::Status).await?;
        self.view(&job).await
    }

    /// One's own jobs of one's own upload, newest first. 404 `Upload not found`.
    pub async fn jobs_of_upload(&self, user: UserId, upload: UploadId, page: Page) -> Result<Slice<JobView>> {
        let owned = self.store.upload(upload).await?.is_some_and(|upload| upload.user_id == user);
        if !owned {
            return Err(Error::not_found("UPLOAD_NOT_FOUND", "Upload not found").with("upload_id", upload));
        }
        let jobs = self.store.jobs_of_upload(upload, page).await?;
        self.views(jobs).await
    }

    /// Newest first.
    pub async fn jobs_of_user(&self, user: UserId, page: Page) -> Result<Slice<JobView>> {
        let jobs = self.store.jobs_of_user(user, page).await?;
        self.views(jobs).await
    }

    /// The result of a completed job, for `Result` or `Export`. 400 `NOT_COMPLETED`; 404 `Profile not found`.
    pub async fn result(&self, reader: &Identity, job: JobId, reading: Reading) -> Result<AnalysisResult> {
        let job = self.readable(reader, job, reading).await?;
        self.result_of(&job).await
    }

    /// The same for work that only the owner does, as with interview questions.
    pub async fn own_result(&self, user: &Identity, job: JobId) -> Result<AnalysisResult> {
        let job = self.own_job(user, job).await?;
        self.result_of(&job).await
    }

    /// Queues the next attempt of a failed job. 400 `CANNOT_RETRY_JOB`, `RETRY_LIMIT`; 429 `TOO_MANY_JOBS`.
    pub async fn retry(&self, user: &Identity, job: JobId) -> Result<JobView> {
        self.own_job(user, job).await?;
        let queued = self.store.retry_job(job).await?.ok_or_else(|| gone(job))?;
        tracing::info!(job_id = %queued.job.job_id, attempt = queued.job.attempt, "job queued again");
        Ok(self.tell(&queued.job, queued.position))
    }

    /// Ends a queued or running job at once. 400 `CANNOT_CANCEL_JOB`.
    pub async fn cancel(&self, user: &Identity, job: JobId) -> Result<JobView> {
        self.own_job(user, job).await?;
        let job = self.store.cancel_job(job).await?.ok_or_else(|| gone(job))?;
        tracing::info!(job_id = %job.job_id, "job cancelled");
        metrics::counter!("greenroom_jobs_finished_total", "outcome" => "cancelled").increment(1);
        self.dispatch.stop(job.job_id);
        let view = job.view(None);
        self.dispatch.publish(Event::JobProgressed { owner: job.user_id, job: view.clone() });
        Ok(view)
    }

    /// Deletes a job that has ended, with its result. 400 `CANNOT_DELETE_JOB`.
    pub async fn delete(&self, user: &Identity, job: JobId) -> Result<()> {
        self.own_job(user, job).await?;
        if self.store.delete_job(job).await? { Ok(()) } else { Err(gone(job)) }
    }

    pub async fn counts(&self) -> Result<JobCounts> {
        let (queued, running) = self.store.count_jobs().await?;
        Ok(JobCounts { queued, running })
    }

    /// A job that the reader may see; what staff sees is logged for the owner.
    async fn readable(&self, reader: &Identity, job_id: JobId, reading: Reading) -> Result<Job> {
        let job = self.store.job(job_id).await?.ok_or_else(|| gone(job_id))?;
        let owner = job.user_id;
        let serves = reader.role == Role::Agent && self.store.serves_customer(reader.user_id, owner).await?;
        match job_reader(reader, owner, serves) {
            Some(JobReader::Owner) => Ok(job),
            Some(JobReader::Staff) => {
                self.store.log_access(owner, reader.user_id, job_id, reading.as_str()).await?;
                Ok(job)
            }
            None => Err(gone(job_id)),
        }
    }

    /// One's own job, whatever its state.
    pub async fn own_job(&self, user: &Identity, job_id: JobId) -> Result<Job> {
        let job = self.store.job(job_id).await?;
        job.filter(|job| may_change_job(user, job.user_id)).ok_or_else(|| gone(job_id))
    }

    async fn result_of(&self, job: &Job) -> Result<AnalysisResult> {
        job.check_completed()?;
        let found = self.store.profile(job).await?.ok_or_else(|| {
            let mut error = Error::not_found("PROFILE_NOT_FOUND", "Profile not found");
            error.message = "No analysis results available for this job".into();
            error
        })?;
        Ok(AnalysisResult {
            job_id: job.job_id,
            upload_id: job.upload_id,
            profile: found.profile,
            analyzer: found.analyzer,
            parse_quality: found.parse_quality,
            created_at: found.created_at,
        })
    }

    async fn view(&self, job: &Job) -> Result<JobView> {
        let places = self.store.queue_positions(std::slice::from_ref(job)).await?;
        Ok(job.view(places.get(&job.job_id).copied()))
    }

    async fn views(&self, jobs: Slice<Job>) -> Result<Slice<JobView>> {
        let places = self.store.queue_positions(&jobs.items).await?;
        let items = jobs.items.iter().map(|job| job.view(places.get(&job.job_id).copied())).collect();
        Ok(Slice { items, next: jobs.next })
    }
}
