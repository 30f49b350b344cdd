//! Analysis jobs: their stages, what a client sees of them, and every decision about how one goes on.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use time::OffsetDateTime;

use super::clock::rfc3339;
use super::error::{Error, Kind, Result};
use super::{JobId, UploadId, UserId};

/// Automatic tries of one stage. After the last one the job has failed.
pub const MAX_TRIES: u32 = 5;
/// How often the process may die at one stage of a job. More than tries: mostly the job is not to blame, but a document
/// that kills its process must not do so for ever.
pub const MAX_DEATHS: u32 = 20;
/// Retries that a user may ask for, so the attempt after them is the last.
pub const MAX_RETRIES: u32 = 5;
/// Queued and running jobs of one user.
pub const MAX_ACTIVE: u64 = 100;
/// The longest back-off that we choose ourselves.
const MAX_BACKOFF: Duration = Duration::from_secs(60);
/// An endpoint that wants to be left alone for longer is asked again after this time.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(600);

/// The steps of a job, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    Queued,
    ExtractingText,
    Chunking,
    GeneratingEmbeddings,
    Analyzing,
    Completed,
}

impl Stage {
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::ExtractingText,
        Self::Chunking,
        Self::GeneratingEmbeddings,
        Self::Analyzing,
        Self::Completed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::ExtractingText => "extracting_text",
            Self::Chunking => "chunking",
            Self::GeneratingEmbeddings => "generating_embeddings",
            Self::Analyzing => "analyzing",
            Self::Completed => "completed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }

    /// Per cent.
    pub fn progress(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::ExtractingText => 10,
            Self::Chunking => 30,
            Self::GeneratingEmbeddings => 50,
            Self::Analyzing => 70,
            Self::Completed => 100,
        }
    }

    /// `current_step` of the contract.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Queued => "Waiting",
            Self::ExtractingText => "Extracting text",
            Self::Chunking => "Chunking text",
            Self::GeneratingEmbeddings => "Generating embeddings",
            Self::Analyzing => "AI analysis",
            Self::Completed => "Analysis complete",
        }
    }
}

/// Where a job stands. A job that waits between automatic tries keeps the stage it has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    At(Stage),
    Failed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::At(stage) => stage.as_str(),
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        if text == "failed" { Some(Self::Failed) } else { Stage::parse(text).map(Self::At) }
    }

    /// Queued or running: not yet at an end.
    pub fn is_active(self) -> bool {
        !matches!(self, Self::Failed | Self::At(Stage::Completed))
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("unknown status of a job"))
    }
}

/// A job as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Row in the database, ascending with age; clients know `job_id`.
    pub id: i64,
    pub job_id: JobId,
    pub upload_id: UploadId,
    pub user_id: UserId,
    pub status: Status,
    /// The furthest step of this attempt: a failed job keeps it.
    pub stage: Stage,
    /// From 1; a retry by the user begins the next.
    pub attempt: u32,
    /// Automatic tries since the last step that did not end well.
    pub tries: u32,
    pub error_message: Option<String>,
    pub created_at: OffsetDateTime,
    /// The last step; waiting and leases do not change it.
    pub updated_at: OffsetDateTime,
    pub completed_at: Option<OffsetDateTime>,
}

/// The status object of the contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    pub job_id: JobId,
    pub upload_id: UploadId,
    pub status: Status,
    pub progress: u8,
    pub current_step: Cow<'static, str>,
    pub error_message: Option<String>,
    pub attempt: u32,
    /// From 1: how many jobs run before this one, itself included. Only while queued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_position: Option<u64>,
    #[serde(with = "rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    pub updated_at: OffsetDateTime,
    #[serde(serialize_with = "rfc3339::option::serialize", deserialize_with = "optional_time")]
    pub completed_at: Option<OffsetDateTime>,
}

fn optional_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OffsetDateTime>, D::Error> {
    #[derive(Deserialize)]
    struct Time(#[serde(with = "rfc3339")] OffsetDateTime);
    Ok(Option::<Time>::deserialize(deserializer)?.map(|time| time.0))
}

impl Job {
    /// What clients see. `queue_position` counts for queued jobs only.
    pub fn view(&self, queue_position: Option<u64>) -> JobView {
        let queued = self.status == Status::At(Stage::Queued);
        JobView {
            job_id: self.job_id,
            upload_id: self.upload_id,
            status: self.status,
            progress: self.stage.progress(),
            current_step: self.stage.sentence().into(),
            error_message: self.error_message.clone(),
            attempt: self.attempt,
            queue_position: queue_position.filter(|_| queued),
            created_at: self.created_at,
            updated_at: self.updated_at,
            // documents show when a failed job ended, too; nothing changes one after that
            completed_at: self.completed_at.or_else(|| (!self.status.is_active()).then_some(self.updated_at)),
        }
    }

    /// Whether the user may start the next attempt.
    pub fn check_retry(&self) -> Result<()> {
        if self.status != Status::Failed {
            let message = format!("only failed jobs can be retried, current status: {}", self.status.as_str());
            let error = Error::new(Kind::Invalid, "CANNOT_RETRY_JOB", "Cannot retry job", message);
            return Err(error.with("status", self.status.as_str()));
        }
        if self.attempt > MAX_RETRIES {
            let message = format!("This job was retried {MAX_RETRIES} times already: upload the file again.");
            return Err(Error::new(Kind::Invalid, "RETRY_LIMIT", "Cannot retry job", message).with("status", "failed"));
        }
        Ok(())
    }

    /// Whether the user may cancel it.
    pub fn check_cancel(&self) -> Result<()> {
        if self.status.is_active() {
            return Ok(());
        }
        let message = "Only queued or running jobs can be cancelled";
        let error = Error::new(Kind::Invalid, "CANNOT_CANCEL_JOB", "Cannot cancel job", message);
        Err(error.with("status", self.status.as_str()))
    }

    /// Whether the user may delete it.
    pub fn check_delete(&self) -> Result<()> {
        if !self.status.is_active() {
            return Ok(());
        }
        let message = "Only completed or failed jobs can be deleted";
        let error = Error::new(Kind::Invalid, "CANNOT_DELETE_JOB", "Cannot delete job", message);
        Err(error.with("status", self.status.as_str()))
    }

    /// Whether there is a result to show.
    pub fn check_completed(&self) -> Result<()> {
        if self.status == Status::At(Stage::Completed) {
            return Ok(());
        }
        let advice = match self.status {
            Status::Failed => "this one failed or was cancelled. Retry it, or upload the résumé in another format.",
            Status::At(_) => "wait until its status is completed.",
        };
        let message = format!("Only completed analysis jobs have results: {advice}");
        let error = Error::new(Kind::Invalid, "NOT_COMPLETED", "Analysis not yet completed", message);
        Err(error.with("current_status", self.status.as_str()).with("progress", self.stage.progress()))
    }
}

/// How a try at a stage ended, if not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Worth another try, not before `retry_after` if an endpoint named a time.
    Transient { message: String, retry_after: Option<Duration> },
    /// Another try would end the same way.
    Permanent { message: String },
    /// The work panicked.
    Crashed,
    /// The process that worked on it died, or stands still and has lost its lease.
    Died,
    /// The server shuts down.
    Interrupted,
    /// Somebody else holds the job by now, or it is gone or cancelled.
    Fenced,
}

/// What becomes of a job after a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Another try counts; it begins at this time at the earliest.
    TryAgain { at: OffsetDateTime, message: String },
    /// The end of this attempt, with a sentence for the user.
    Fail { message: String },
    /// Free for anybody at once, as if this try had not been.
    Release,
    /// It is not ours to change.
    Nothing,
}

/// The one rule of what follows a failure. `tries` were counted before this one; `jitter` is from 0 to 1.
pub fn next(failure: Failure, tries: u32, now: OffsetDateTime, jitter: f64) -> Decision {
    let (message, retry_after) = match failure {
        Failure::Fenced => return Decision::Nothing,
        Failure::Interrupted => return Decision::Release,
        Failure::Permanent { message } => return Decision::Fail { message },
        Failure::Transient { message, retry_after } => (message, retry_after),
        Failure::Crashed => (CRASHED.to_owned(), None),
        Failure::Died if tries + 1 >= MAX_DEATHS => return Decision::Fail { message: CRASHED.to_owned() },
        // nobody is spared by a longer wait
        Failure::Died => return Decision::TryAgain { at: now + backoff(0, jitter), message: CRASHED.to_owned() },
    };
    if tries + 1 >= MAX_TRIES {
        return Decision::Fail { message };
    }
    let wait = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER).max(backoff(tries, jitter));
    Decision::TryAgain { at: now + wait, message }
}

const CRASHED: &str = "The analysis stopped unexpectedly. Try again later; if it happens again, save the document \
                       in another format (PDF or DOCX) and upload that.";

/// Full jitter: anything up to 1, 2, 4, 8 … seconds. <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
fn backoff(tries: u32, jitter: f64) -> Duration {
    let ceiling = Duration::from_secs(1 << tries.min(16)).min(MAX_BACKOFF);
    ceiling.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests;
