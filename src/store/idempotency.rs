//! First answers to requests with an `Idempotency-Key`.

use entity::Timestamp;
use entity::idempotency_key::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

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

/// A request has a key to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// When the key is forgotten: the same for all that take it until then.
    pub until: OffsetDateTime,
    /// A request before this one died unanswered, and may have had its effect.
    pub again: bool,
}

/// What a key stands for when a request arrives with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Nothing yet: this request is the first, and must finish or abandon the key.
    First(Claim),
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
        let until = Timestamp::from(now + KEPT);
        self.forget_expired_key(user, scope, key).await?;
        let row = ActiveModel {
            user_id: Set(user),
            scope: Set(scope.to_owned()),
            key: Set(key.to_owned()),
            request_hash: Set(request_hash.to_owned()),
            status: Set(None),
            body: Set(None),
            headers: Set(None),
            created_at: Set(now.into()),
            expires_at: Set(until),
        };
        let conflict = OnConflict::columns([Column::UserId, Column::Scope, Column::Key]).do_nothing().to_owned();
        let inserted = Entity::insert(row).on_conflict(conflict).exec_without_returning(&self.write).await;
        match inserted {
            Ok(1) => return Ok(Begun::First(Claim { until: *until, again: false })),
            Ok(_) | Err(sea_orm::DbErr::RecordNotInserted) => {}
            Err(error) => return Err(db(error)),
        }
        let found = Entity::find_by_id((user, scope.to_owned(), key.to_owned())).one(&self.write).await.map_err(db)?;
        let Some(row) = found else { return Ok(Begun::InFlight) };
        if row.request_hash != request_hash {
            return Ok(Begun::OtherContent);
        }
        if let (Some(status), Some(body)) = (row.status.and_then(|status| u16::try_from(status).ok()), row.body) {
            return Ok(Begun::Answered(StoredAnswer { status, body, headers: row.headers.unwrap_or_default() }));
        }
        let taken = *row.created_at < now - ABANDONED && self.take_over(user, scope, key, row.created_at).await?;
        Ok(if taken { Begun::First(Claim { until: *row.expires_at, again: true }) } else { Begun::InFlight })
    }

    /// Takes the place of a request that died; false if another one was quicker.
    async fn take_over(&self, user: UserId, scope: &str, key: &str, since: Timestamp) -> Result<bool> {
        let taken = Entity::update_many()
            .col_expr(Column::CreatedAt, Expr::value(Timestamp::from(self.clock.now())))
            .filter(Column::UserId.eq(user))
            .filter(Column::Scope.eq(scope))
            .filter(Column::Key.eq(key))
            .filter(Column::Status.is_null())
            .filter(Column::CreatedAt.eq(since))
            .exec(&self.write)
            .await
            .map_err(db)?;
        Ok(taken.rows_affected == 1)
    }

    async fn forget_expired_key(&self, user: UserId, scope: &str, key: &str) -> Result<()> {
        Entity::delete_many()
            .filter(Column::UserId.eq(user))
            .filter(Column::Scope.eq(scope))
            .filter(Column::Key.eq(key))
            .filter(Column::ExpiresAt.lt(Timestamp::from(self.clock.now())))
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
        let now: Timestamp = self.clock.now().into();
        let gone = Entity::delete_many().filter(Column::ExpiresAt.lt(now)).exec(&self.write).await.map_err(db)?;
        Ok(gone.rows_affected)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::clock::Clock;
    use crate::domain::user::Role;
    use crate::store::NewUser;
    use crate::store::testbed::Bed;

    async fn world(bed: &Bed) -> (Store, Clock, UserId) {
        let clock = Clock::manual(datetime!(2026-11-20 09:30 UTC));
        let store = bed.open(clock.clone()).await;
        let new = NewUser {
            username: "alice".into(),
            name: "Alice".into(),
            email: "alice@example.com".into(),
            password_hash: String::new(),
            role: Role::Customer,
        };
        let user = store.create_user(new).await.unwrap().id;
        (store, clock, user)
    }

    #[tokio::test]
    async fn whoever_takes_the_place_of_a_request_that_died_has_its_claim() {
        for bed in Bed::all() {
            let (store, clock, user) = world(&bed).await;
            let begin = async |content| store.begin_idempotent(user, "scope", "k", content).await.unwrap();
            let Begun::First(claim) = begin("one").await else { panic!() };
            assert!(!claim.again);
            clock.advance(ABANDONED);
            assert_eq!((begin("one").await, begin("two").await), (Begun::InFlight, Begun::OtherContent));
            clock.advance(Duration::seconds(1));
            assert_eq!(begin("two").await, Begun::OtherContent);
            assert_eq!(begin("one").await, Begun::First(Claim { again: true, ..claim }));
            assert_eq!(begin("one").await, Begun::InFlight);
            clock.advance(KEPT);
            let Begun::First(later) = begin("two").await else { panic!() };
            assert!(!later.again && later.until > claim.until);
        }
    }
}
