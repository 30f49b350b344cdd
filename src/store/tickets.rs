//! Single-use tickets for socket upgrades. Only their hash is stored.

use entity::ws_ticket;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Store, db};
use crate::domain::error::Result;

impl Store {
    /// Keeps a ticket for the token until `expires_at`, and forgets expired ones.
    pub async fn insert_ticket(&self, hash: String, jti: Uuid, expires_at: OffsetDateTime) -> Result<()> {
        let now: entity::Timestamp = self.clock.now().into();
        ws_ticket::Entity::delete_many()
            .filter(ws_ticket::Column::ExpiresAt.lt(now))
            .exec(&self.write)
            .await
            .map_err(db)?;
        let row = ws_ticket::ActiveModel { ticket_hash: Set(hash), jti: Set(jti), expires_at: Set(expires_at.into()) };
        ws_ticket::Entity::insert(row).exec_without_returning(&self.write).await.map_err(db)?;
        Ok(())
    }

    /// Uses a ticket up: the token it stands for, once.
    pub async fn take_ticket(&self, hash: String) -> Result<Option<Uuid>> {
        let txn = self.begin().await?;
        let Some(row) = ws_ticket::Entity::find_by_id(hash.clone()).one(&txn).await.map_err(db)? else {
            return Ok(None);
        };
        let deleted = ws_ticket::Entity::delete_by_id(hash).exec(&txn).await.map_err(db)?;
        txn.commit().await.map_err(db)?;
        let valid = deleted.rows_affected == 1 && *row.expires_at > self.clock.now();
        Ok(valid.then_some(row.jti))
    }
}
