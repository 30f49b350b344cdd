//! Tokens: what is not stored here, or revoked here, is no credential. No token itself lies in the database, only its claims.

use entity::{token, user};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Store, db};
use crate::domain::UserId;
use crate::domain::error::Result;
use crate::domain::user::{Identity, Role};

/// For so long a refreshed token is still accepted, and refreshes to the same new one.
const GRACE: Duration = Duration::seconds(30);

/// A token to be stored before it is handed out.
#[derive(Clone, Copy, Debug)]
pub struct NewToken {
    pub jti: Uuid,
    pub sid: Uuid,
    pub user_id: UserId,
    pub issued_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// A stored token with the account it belongs to.
#[derive(Clone, Debug)]
pub struct TokenRow {
    pub identity: Identity,
    /// Set when a refresh replaced the token: it counts until then.
    pub replaced_until: Option<OffsetDateTime>,
}

fn active(new: NewToken) -> token::ActiveModel {
    token::Model {
        jti: new.jti,
        user_id: new.user_id,
        sid: new.sid,
        issued_at: new.issued_at.into(),
        expires_at: new.expires_at.into(),
        revoked_at: None,
        replaced_by: None,
        replaced_at: None,
    }
    .into_active_model()
}

impl Store {
    pub async fn insert_token(&self, new: NewToken) -> Result<()> {
        token::Entity::insert(active(new)).exec_without_returning(&self.write).await.map_err(db)?;
        Ok(())
    }

    /// The token, if it is neither revoked nor expired and its account is enabled.
    pub async fn token(&self, jti: Uuid) -> Result<Option<TokenRow>> {
        let found = token::Entity::find_by_id(jti).find_also_related(user::Entity).one(&self.read).await.map_err(db)?;
        let Some((token, Some(user))) = found else { return Ok(None) };
        let now = self.clock.now();
        let replaced_until = token.replaced_at.map(|at| *at + GRACE);
        let over = token.revoked_at.is_some() || *token.expires_at <= now || replaced_until.is_some_and(|t| t <= now);
        if over || user.disabled {
            return Ok(None);
        }
        let identity = Identity {
            user_id: user.id,
            username: user.username,
            role: Role::parse(&user.role)?,
            sid: token.sid,
            jti: token.jti,
            expires_at: token.expires_at.into(),
        };
        Ok(Some(TokenRow { identity, replaced_until }))
    }

    /// Replaces a token by `new`, or gives the token that replaced it before.
    /// None if the old one does not count any more.
    pub async fn replace_token(&self, old: Uuid, new: NewToken) -> Result<Option<NewToken>> {
        let txn = self.begin().await?;
        self.lock_owner(new.user_id, &txn).await?;
        let now = self.clock.now();
        let taken = token::Entity::update_many()
            .col_expr(token::Column::ReplacedBy, Expr::value(new.jti))
            .col_expr(token::Column::ReplacedAt, Expr::value(entity::Timestamp::from(now)))
            .filter(token::Column::Jti.eq(old))
            .filter(token::Column::ReplacedBy.is_null())
            .filter(token::Column::RevokedAt.is_null())
            .exec(&txn)
            .await
            .map_err(db)?;
        if taken.rows_affected == 1 {
            token::Entity::insert(active(new)).exec_without_returning(&txn).await.map_err(db)?;
            txn.commit().await.map_err(db)?;
            return Ok(Some(new));
        }
        let old = token::Entity::find_by_id(old).one(&txn).await.map_err(db)?;
        let valid = old.filter(|t| t.revoked_at.is_none() && t.replaced_at.is_some_and(|at| *at + GRACE > now));
        let Some(successor) = valid.and_then(|t| t.replaced_by) else { return Ok(None) };
        let row = token::Entity::find_by_id(successor).one(&txn).await.map_err(db)?;
        Ok(row.filter(|t| t.revoked_at.is_none()).map(|t| NewToken {
            jti: t.jti,
            sid: t.sid,
            user_id: t.user_id,
            issued_at: t.issued_at.into(),
            expires_at: t.expires_at.into(),
        }))
    }

    /// When the last token of a session expires; `None` once it ended.
    pub async fn session_expiry(&self, sid: Uuid) -> Result<Option<OffsetDateTime>> {
        let newest = token::Entity::find()
            .filter(token::Column::Sid.eq(sid))
            .filter(token::Column::RevokedAt.is_null())
            .filter(token::Column::ReplacedBy.is_null())
            .filter(token::Column::ExpiresAt.gt(entity::Timestamp::from(self.clock.now())))
            .one(&self.read)
            .await
            .map_err(db)?;
        Ok(newest.map(|token| token.expires_at.into()))
    }

    /// Revokes all tokens of a session; returns them.
    pub async fn revoke_session(&self, user: UserId, sid: Uuid) -> Result<Vec<Uuid>> {
        self.revoke(user, Condition::all().add(token::Column::Sid.eq(sid))).await
    }

    /// Revokes all tokens of a user but those of the session `except`; returns them.
    pub async fn revoke_user(&self, user: UserId, except: Option<Uuid>) -> Result<Vec<Uuid>> {
        let mut which = Condition::all().add(token::Column::UserId.eq(user));
        if let Some(sid) = except {
            which = which.add(token::Column::Sid.ne(sid));
        }
        self.revoke(user, which).await
    }

    /// A refresh and a revocation of one user's tokens happen one after the other: on PostgreSQL the revocation would
    /// not see a token that a refresh inserts meanwhile. SQLite has one writer anyway.
    async fn lock_owner(&self, user: UserId, txn: &impl ConnectionTrait) -> Result<()> {
        if self.backend() == super::Backend::Postgres {
            user::Entity::find_by_id(user).lock(LockType::NoKeyUpdate).one(txn).await.map_err(db)?;
        }
        Ok(())
    }

    async fn revoke(&self, user: UserId, which: Condition) -> Result<Vec<Uuid>> {
        let which = which.add(token::Column::RevokedAt.is_null());
        let txn = self.begin().await?;
        self.lock_owner(user, &txn).await?;
        let revoked = token::Entity::find()
            .select_only()
            .column(token::Column::Jti)
            .filter(which.clone())
            .into_tuple()
            .all(&txn)
            .await
            .map_err(db)?;
        token::Entity::update_many()
            .col_expr(token::Column::RevokedAt, Expr::value(entity::Timestamp::from(self.clock.now())))
            .filter(which)
            .exec(&txn)
            .await
            .map_err(db)?;
        txn.commit().await.map_err(db)?;
        Ok(revoked)
    }

    /// Forgets tokens that expired over a day ago.
    pub async fn purge_tokens(&self) -> Result<u64> {
        let limit: entity::Timestamp = (self.clock.now() - Duration::days(1)).into();
        let gone = token::Entity::delete_many().filter(token::Column::ExpiresAt.lt(limit)).exec(&self.write).await;
        Ok(gone.map_err(db)?.rows_affected)
    }
}
