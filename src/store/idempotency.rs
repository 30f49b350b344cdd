//! First answers to requests with an `Idempotency-Key`.

use entity::idempotency_key::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::Value;
use time::Duration;

use super::{Store, db};
use crate::domain::UserId;
use crate::domain::error::Result;

/// How long an answer is kept.
const KEPT: Duration = Duration::hours(24);
/// A request that has not answered by then died with its process.
const ABANDONED: Duration = Duration::seconds(60);

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: u16,
    pub body: Vec<u8>,
    /// Name → value, of those headers that are part of the answer.
    pub headers: Value,
}

/// What a key stands for when a request arrives with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing yet: this request is the first, and must finish or abandon the key.
    First,
    /// The first request is still being answered.
    InFlight,
    /// It was answered.
    Answered(StoredAnswer),
    /// It was used for other content.
    OtherContent,
}

impl Store {
    /// Claims a key for a request of this content, or says what became of the first one.
    pub async fn begin_idempotent(&self, user: UserId, scope: &str, key: &str, request_hash: &str) -> Result<Begun> {
        let now = self.clock.now();
        self.forget_stale_key(user, scope, key).await?;
        let row = ActiveModel {
            user_id: Set(user),
            scope: Set(scope.to_owned()),
            key: Set(key.to_owned()),
            request_hash: Set(request_hash.to_owned()),
            status: Set(None),
            body: Set(None),
            headers: Set(None),
            created_at: Set(now.into()),
            expires_at: Set((now + KEPT).into()),
        };
        let conflict = OnConflict::columns([Column::UserId, Column::Scope, Column::Key]).do_nothing().to_owned();
        let inserted = Entity::insert(row).on_conflict(conflict).exec_without_returning(&self.write).await;
        match inserted {
            Ok(1) => return Ok(Begun::First),
            Ok(_) | Err(sea_orm::DbErr::RecordNotInserted) => {}
            Err(error) => return Err(db(error)),
        }
        let found = Entity::find_by_id((user, scope.to_owned(), key.to_owned())).one(&self.write).await.map_err(db)?;
        Ok(match found {
            None => Begun::InFlight,
            Some(row) if row.request_hash != request_hash => Begun::OtherContent,
            Some(row) => match (row.status.and_then(|s| u16::try_from(s).ok()), row.body) {
                (Some(status), Some(body)) => {
                    Begun::Answered(StoredAnswer { status, body, headers: row.headers.unwrap_or_default() })
                }
                _ => Begun::InFlight,
            },
        })
    }

    async fn forget_stale_key(&self, user: UserId, scope: &str, key: &str) -> Result<()> {
        let now = self.clock.now();
        let expired = Column::ExpiresAt.lt(entity::Timestamp::from(now));
        let abandoned = Condition::all()
            .add(Column::Status.is_null())
            .add(Column::CreatedAt.lt(entity::Timestamp::from(now - ABANDONED)));
        Entity::delete_many()
            .filter(Column::UserId.eq(user))
            .filter(Column::Scope.eq(scope))
            .filter(Column::Key.eq(key))
            .filter(Condition::any().add(expired).add(abandoned))
            .exec(&self.write)
            .await
            .map_err(db)?;
        Ok(())
    }

    /// Keeps the answer for 24 hours.
    pub async fn finish_idempotent(&self, user: UserId, scope: &str, key: &str, answer: StoredAnswer) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::Status, Expr::value(i32::from(answer.status)))
            .col_expr(Column::Body, Expr::value(answer.body))
            .col_expr(Column::Headers, Expr::value(answer.headers))
            .filter(Column::UserId.eq(user))
            .filter(Column::Scope.eq(scope))
            .filter(Column::Key.eq(key))
            .exec(&self.write)
            .await
            .map_err(db)?;
        Ok(())
    }

    /// Frees a key whose request was refused.
    pub async fn abandon_idempotent(&self, user: UserId, scope: &str, key: &str) -> Result<()> {
        Entity::delete_by_id((user, scope.to_owned(), key.to_owned())).exec(&self.write).await.map_err(db)?;
        Ok(())
    }

    /// Forgets what is older than 24 hours.
    pub async fn purge_idempotency_keys(&self) -> Result<u64> {
        let now: entity::Timestamp = self.clock.now().into();
        let gone = Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(&self.write).await.map_err(db)?;
        Ok(gone.rows_affected)
    }
}
