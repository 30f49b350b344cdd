//! Leases: the right of one worker to work on a job. A worker that has lost it can change nothing.

use entity::analysis_job::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query, SelectStatement, SubQueryStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect, UpdateMany};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Store, WAITING, change, db, job};
use crate::domain::clock::rfc3339;
use crate::domain::error::Result;
use crate::domain::job::{Job, Stage, Status};
use crate::store::owner_lock::holds_its_lock;

/// For so long a lease counts without being extended.
const LEASE: Duration = Duration::seconds(30);

/// A claimed job. Every write under the lease counts only while its token stands in the row;
/// such a write answers `None` (or false) when it does not any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub job: Job,
    pub token: Uuid,
}

/// Which leases are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leased {
    /// Nobody has extended them in time.
    Expired,
    /// Expired, or their owner's advisory lock is free: its process is dead. PostgreSQL only.
    Orphaned,
    /// All there are.
    Any,
}

impl Lease {
    /// The row, while the lease holds.
    fn row(&self) -> UpdateMany<Entity> {
        Entity::update_many().filter(Column::Id.eq(self.job.id)).filter(Column::LeaseToken.eq(self.token))
    }

    /// Whether the lease holds; if so, nobody can take it until the end of the transaction.
    pub(in crate::store) async fn holds(&self, txn: &DatabaseTransaction) -> Result<bool> {
        Ok(self.held(txn).await?.is_some())
    }

    /// The row, held until the end of the transaction.
    async fn held(&self, txn: &DatabaseTransaction) -> Result<Option<Model>> {
        let query = Entity::find_by_id(self.job.id).filter(Column::LeaseToken.eq(self.token)).lock(LockType::Update);
        query.one(txn).await.map_err(db)
    }

    /// One more try that did not end well, in the number of tries and in the history of failures.
    /// `None`: the lease is lost.
    async fn counted(
        &self,
        txn: &DatabaseTransaction,
        message: &str,
        now: OffsetDateTime,
    ) -> Result<Option<UpdateMany<Entity>>> {
        let Some(row) = self.held(txn).await? else { return Ok(None) };
        let failure = serde_json::json!({
            "at": rfc3339::format(now), "attempt": row.attempt, "stage": row.stage, "message": message,
        });
        let mut errors = row.errors.as_array().cloned().unwrap_or_default();
        errors.push(failure);
        let update = self
            .row()
            .col_expr(Column::Errors, Expr::value(serde_json::Value::Array(errors)))
            .col_expr(Column::Tries, Expr::value(row.tries + 1));
        Ok(Some(update))
    }

    /// Steps to a stage, which has its tries before it.
    pub(in crate::store) async fn step(
        &self,
        to: Stage,
        now: OffsetDateTime,
        txn: &impl ConnectionTrait,
    ) -> Result<Option<Job>> {
        let now = entity::Timestamp::from(now);
        let mut update = self
            .row()
            .col_expr(Column::Status, Expr::value(to.as_str()))
            .col_expr(Column::Stage, Expr::value(to.as_str()))
            .col_expr(Column::Tries, Expr::value(0))
            .col_expr(Column::UpdatedAt, Expr::value(now));
        if to == Stage::Completed {
            update = freed(update).col_expr(Column::CompletedAt, Expr::value(now));
        }
        change(update, txn).await
    }
}

/// Without a lease.
fn freed(update: UpdateMany<Entity>) -> UpdateMany<Entity> {
    update
        .col_expr(Column::LeaseToken, Expr::value(None::<Uuid>))
        .col_expr(Column::LeaseOwner, Expr::value(None::<i64>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<entity::Timestamp>))
}

/// Ended without a result; the stage stays.
pub(super) fn failed(update: UpdateMany<Entity>, message: &str, now: OffsetDateTime) -> UpdateMany<Entity> {
    freed(update)
        .col_expr(Column::Status, Expr::value(Status::Failed.as_str()))
        .col_expr(Column::ErrorMessage, Expr::value(message))
        .col_expr(Column::UpdatedAt, Expr::value(entity::Timestamp::from(now)))
}

/// The next waiting job. `=` with a scalar subquery, not `IN`: PostgreSQL might run the latter more than once.
fn first_waiting(now: entity::Timestamp) -> Expr {
    let select: SelectStatement = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Expr::cust(WAITING))
        .and_where(Column::RunAt.lte(now))
        .order_by(Column::RunAt, sea_orm::Order::Asc)
        .order_by(Column::Id, sea_orm::Order::Asc)
        .limit(1)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .take();
    Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(select)))
}

impl Store {
    /// Claims the job that has waited longest, for the process with the boot id `owner`. One short statement.
    /// The job stays at its stage: a queued one takes its first step under the lease.
    pub async fn claim_job(&self, owner: i64) -> Result<Option<Lease>> {
        let token = Uuid::new_v4();
        let now = self.clock.now();
        let update = Entity::update_many()
            .col_expr(Column::LeaseToken, Expr::value(token))
            .col_expr(Column::LeaseOwner, Expr::value(owner))
            .col_expr(Column::LeaseUntil, Expr::value(entity::Timestamp::from(now + LEASE)))
            .filter(Expr::col(Column::Id).eq(first_waiting(now.into())));
        Ok(change(update, &self.write).await?.map(|job| Lease { job, token }))
    }

    /// Extends a lease; false if it is lost.
    pub async fn extend_lease(&self, lease: &Lease) -> Result<bool> {
        let until = entity::Timestamp::from(self.clock.now() + LEASE);
        let update = lease.row().col_expr(Column::LeaseUntil, Expr::value(until));
        Ok(update.exec(&self.write).await.map_err(db)?.rows_affected == 1)
    }

    /// Frees the job for anybody, as if it had not been claimed.
    pub async fn release_lease(&self, lease: &Lease) -> Result<Option<Job>> {
        change(freed(lease.row()), &self.write).await
    }

    /// Steps to a stage whose input is stored already.
    pub async fn step_job(&self, lease: &Lease, to: Stage) -> Result<Option<Job>> {
        lease.step(to, self.clock.now(), &self.write).await
    }

    /// Counts a failed try; the next one begins at `at` at the earliest.
    pub async fn postpone_job(&self, lease: &Lease, at: OffsetDateTime, message: &str) -> Result<Option<Job>> {
        let txn = self.begin().await?;
        let Some(update) = lease.counted(&txn, message, self.clock.now()).await? else { return Ok(None) };
        let update = freed(update).col_expr(Column::RunAt, Expr::value(entity::Timestamp::from(at)));
        let job = change(update, &txn).await?;
        txn.commit().await.map_err(db)?;
        Ok(job)
    }

    /// Ends the attempt with a sentence for the user.
    pub async fn fail_job(&self, lease: &Lease, message: &str) -> Result<Option<Job>> {
        let txn = self.begin().await?;
        let now = self.clock.now();
        let Some(update) = lease.counted(&txn, message, now).await? else { return Ok(None) };
        let job = change(failed(update, message, now), &txn).await?;
        txn.commit().await.map_err(db)?;
        Ok(job)
    }

    /// The leases that somebody holds, or held when they died; oldest jobs first.
    pub async fn leases(&self, which: Leased) -> Result<Vec<Lease>> {
        let expired = Column::LeaseUntil.lt(entity::Timestamp::from(self.clock.now()));
        let which = match which {
            Leased::Expired => expired,
            Leased::Orphaned => expired.or(Expr::cust(format!("NOT {}", holds_its_lock("lease_owner")))),
            Leased::Any => Expr::value(true),
        };
        let query = Entity::find().filter(Expr::cust("lease_until IS NOT NULL")).filter(which);
        let mut leases = Vec::new();
        for row in query.all(&self.read).await.map_err(db)? {
            if let Some(token) = row.lease_token {
                leases.push(Lease { job: job(row)?, token });
            }
        }
        leases.sort_by_key(|lease| lease.job.id);
        Ok(leases)
    }
}
