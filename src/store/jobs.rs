//! Analysis jobs as their owners see and command them. What workers do under a lease is in [`lease`].

mod lease;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use entity::{analysis_job, user, user_upload};
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement, UpdateMany,
};
use uuid::Uuid;

use super::{Store, db};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::job::{Job, MAX_ACTIVE, Stage, Status};
use crate::domain::page::{Page, Slice};
use crate::domain::{JobId, UploadId, UserId};

pub use lease::{Lease, Leased};

/// Not at an end. Literally as in the partial indexes, or the planners do not use them.
const ACTIVE: &str = "status NOT IN ('completed', 'failed')";
/// Waits for a worker (perhaps until its `run_at`). Literally as in the partial index of the queue.
const WAITING: &str = "lease_token IS NULL AND status NOT IN ('completed', 'failed')";

/// A job that was queued just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    pub job: Job,
    /// Its place among all that wait for a worker, from 1.
    pub position: u64,
}

/// A job of a row. The database checks the columns, so another value is a defect.
fn job(row: analysis_job::Model) -> Result<Job> {
    let unknown = || Error::internal(format!("job {} has an unknown status or stage", row.job_id));
    Ok(Job {
        id: row.id,
        job_id: row.job_id,
        upload_id: row.upload_id,
        user_id: row.user_id,
        status: Status::parse(&row.status).ok_or_else(unknown)?,
        stage: Stage::parse(&row.stage).ok_or_else(unknown)?,
        attempt: row.attempt.unsigned_abs(),
        tries: row.tries.unsigned_abs(),
        error_message: row.error_message,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
        completed_at: row.completed_at.map(Into::into),
    })
}

/// Runs an update that concerns one row at most; the job as it is now, or `None` if it concerned none.
async fn change(update: UpdateMany<analysis_job::Entity>, on: &impl ConnectionTrait) -> Result<Option<Job>> {
    update.exec_with_returning(on).await.map_err(db)?.pop().map(job).transpose()
}

fn upload_not_found(id: UploadId) -> Error {
    Error::not_found("UPLOAD_NOT_FOUND", "Upload not found").with("upload_id", id)
}

fn too_many() -> Error {
    let message = format!("{MAX_ACTIVE} of your jobs are queued or running: wait until some of them have ended.");
    Error::new(Kind::RateLimited, "TOO_MANY_JOBS", "Too many jobs", message)
        .retry_after(std::time::Duration::from_secs(10))
}

impl Store {
    /// Queues a job for an upload of the user's. 404 if it is not theirs; 429 `TOO_MANY_JOBS`.
    pub async fn create_job(&self, user: UserId, upload: UploadId) -> Result<Queued> {
        let txn = self.begin().await?;
        let mine = user_upload::Entity::find_by_id(upload).filter(user_upload::Column::UserId.eq(user));
        if mine.lock(LockType::KeyShare).one(&txn).await.map_err(db)?.is_none() {
            return Err(upload_not_found(upload));
        }
        check_active(user, &txn).await?;
        let now = self.clock.now().into();
        let row = analysis_job::ActiveModel {
            job_id: Set(Uuid::new_v4()),
            upload_id: Set(upload),
            user_id: Set(user),
            status: Set(Stage::Queued.as_str().to_owned()),
            stage: Set(Stage::Queued.as_str().to_owned()),
            errors: Set(serde_json::json!([])),
            run_at: Set(now),
            created_at: Set(now),
            updated_at: Set(now),
            ..Default::default()
        };
        let row = analysis_job::Entity::insert(row).exec_with_returning(&txn).await.map_err(db)?;
        let queued = place(job(row)?, &txn).await?;
        txn.commit().await.map_err(db)?;
        Ok(queued)
    }

    pub async fn job(&self, id: JobId) -> Result<Option<Job>> {
        let query = analysis_job::Entity::find().filter(analysis_job::Column::JobId.eq(id));
        query.one(&self.read).await.map_err(db)?.map(job).transpose()
    }

    /// Newest first.
    pub async fn jobs_of_user(&self, user: UserId, page: Page) -> Result<Slice<Job>> {
        self.jobs(Condition::all().add(analysis_job::Column::UserId.eq(user)), page).await
    }

    /// Newest first.
    pub async fn jobs_of_upload(&self, upload: UploadId, page: Page) -> Result<Slice<Job>> {
        self.jobs(Condition::all().add(analysis_job::Column::UploadId.eq(upload)), page).await
    }

    async fn jobs(&self, which: Condition, page: Page) -> Result<Slice<Job>> {
        let which = which.add_option(page.before.map(|before| analysis_job::Column::Id.lt(before)));
        let query =
            analysis_job::Entity::find().filter(which).order_by_desc(analysis_job::Column::Id).limit(page.limit + 1);
        let rows = query.all(&self.read).await.map_err(db)?;
        let jobs = rows.into_iter().map(job).collect::<Result<Vec<_>>>()?;
        Ok(page.slice(jobs, |job| job.id))
    }

    /// The places of these jobs among all that wait for a worker, from 1. Jobs that do not wait are not in the answer.
    pub async fn queue_positions(&self, jobs: &[Job]) -> Result<HashMap<JobId, u64>> {
        positions(jobs, &self.read).await
    }

    /// Jobs that wait and jobs that run, on all nodes.
    pub async fn count_jobs(&self) -> Result<(u64, u64)> {
        let count = |which: Expr| analysis_job::Entity::find().filter(which).count(&self.read);
        let queued = count(Expr::cust(WAITING)).await.map_err(db)?;
        let running = count(Expr::cust("lease_until IS NOT NULL")).await.map_err(db)?;
        Ok((queued, running))
    }

    /// Queues the next attempt of a failed job. What its stages have stored stays. `None`: the job is gone.
    pub async fn retry_job(&self, id: JobId) -> Result<Option<Queued>> {
        let txn = self.begin().await?;
        let Some(job) = locked(id, &txn).await? else { return Ok(None) };
        job.check_retry()?;
        check_active(job.user_id, &txn).await?;
        let now = entity::Timestamp::from(self.clock.now());
        let update = row(&job)
            .col_expr(analysis_job::Column::Status, Expr::value(Stage::Queued.as_str()))
            .col_expr(analysis_job::Column::Stage, Expr::value(Stage::Queued.as_str()))
            .col_expr(analysis_job::Column::Attempt, Expr::col(analysis_job::Column::Attempt).add(1))
            .col_expr(analysis_job::Column::Tries, Expr::value(0))
            .col_expr(analysis_job::Column::ErrorMessage, Expr::value(None::<String>))
            .col_expr(analysis_job::Column::RunAt, Expr::value(now))
            .col_expr(analysis_job::Column::UpdatedAt, Expr::value(now));
        let Some(job) = change(update, &txn).await? else { return Ok(None) };
        let queued = place(job, &txn).await?;
        txn.commit().await.map_err(db)?;
        Ok(Some(queued))
    }

    /// Ends a queued or running job. Its worker, if it has one, is fenced off from now on. `None`: the job is gone.
    pub async fn cancel_job(&self, id: JobId) -> Result<Option<Job>> {
        let txn = self.begin().await?;
        let Some(job) = locked(id, &txn).await? else { return Ok(None) };
        job.check_cancel()?;
        let job = change(lease::failed(row(&job), "Cancelled by user", self.clock.now()), &txn).await?;
        txn.commit().await.map_err(db)?;
        Ok(job)
    }

    /// Deletes a job that has ended, with what its stages stored. False: the job is gone.
    pub async fn delete_job(&self, id: JobId) -> Result<bool> {
        let txn = self.begin().await?;
        let Some(job) = locked(id, &txn).await? else { return Ok(false) };
        job.check_delete()?;
        analysis_job::Entity::delete_by_id(job.id).exec(&txn).await.map_err(db)?;
        txn.commit().await.map_err(db)?;
        Ok(true)
    }
}

async fn positions(jobs: &[Job], on: &impl ConnectionTrait) -> Result<HashMap<JobId, u64>> {
    let queued = jobs.iter().filter(|job| job.status == Status::At(Stage::Queued));
    let ids = queued.map(|job| job.id.to_string()).collect::<Vec<_>>().join(", ");
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = format!(
        "SELECT job_id, position FROM (SELECT id, job_id, ROW_NUMBER() OVER (ORDER BY run_at, id) AS position \
         FROM analysis_jobs WHERE {WAITING}) AS queue WHERE id IN ({ids})"
    );
    let rows = on.query_all_raw(Statement::from_string(on.get_database_backend(), sql)).await.map_err(db)?;
    let entry = |row: &sea_orm::QueryResult| {
        let position: i64 = row.try_get_by_index(1)?;
        Ok((row.try_get_by_index(0)?, position.unsigned_abs()))
    };
    rows.iter().map(entry).collect::<Result<_, _>>().map_err(db)
}

/// A job with its place, found before the commit: once it is committed it may be claimed, and nobody would know any more.
async fn place(job: Job, txn: &impl ConnectionTrait) -> Result<Queued> {
    let position = positions(std::slice::from_ref(&job), txn).await?.get(&job.job_id).copied();
    Ok(Queued { job, position: position.unwrap_or(1) })
}

/// Refuses when the user has as many active jobs as they may have.
/// Holds their row until the end of the transaction, so that of two requests one counts the job of the other.
async fn check_active(user: UserId, txn: &impl ConnectionTrait) -> Result<()> {
    user::Entity::find_by_id(user).lock(LockType::NoKeyUpdate).one(txn).await.map_err(db)?;
    let active = analysis_job::Entity::find().filter(analysis_job::Column::UserId.eq(user)).filter(Expr::cust(ACTIVE));
    if active.count(txn).await.map_err(db)? >= MAX_ACTIVE { Err(too_many()) } else { Ok(()) }
}

/// The job, held until the end of the transaction.
async fn locked(id: JobId, txn: &impl ConnectionTrait) -> Result<Option<Job>> {
    let query = analysis_job::Entity::find().filter(analysis_job::Column::JobId.eq(id)).lock(LockType::Update);
    query.one(txn).await.map_err(db)?.map(job).transpose()
}

fn row(job: &Job) -> UpdateMany<analysis_job::Entity> {
    analysis_job::Entity::update_many().filter(analysis_job::Column::Id.eq(job.id))
}
