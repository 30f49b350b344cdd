//! What is loaded into the Q&A memory of sockets, one set for each user: it outlives the socket that has it.

use std::collections::HashSet;

use entity::loaded_memory::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::owner_lock::holds_its_lock;
use super::sql::Sql;
use super::{Backend, Store, db};
use crate::domain::error::{Error, Result};
use crate::domain::{JobId, UserId};

/// The last set that somebody loaded: the newest saved questions, of one job or of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedMemory {
    pub job: Option<JobId>,
    pub limit: u64,
    /// The socket that has it, or had it last.
    pub client_id: String,
    /// The socket from which that one took it over.
    pub predecessor: Option<String>,
    /// The process of the socket; `None` once the socket is known to be gone.
    pub boot_id: Option<i64>,
    pub loaded_at: OffsetDateTime,
}

impl Store {
    /// Those of these users who have something loaded, or had last.
    pub async fn with_loaded_memory(&self, users: &HashSet<UserId>) -> Result<HashSet<UserId>> {
        let mut sql = Sql::new("SELECT user_id FROM loaded_memories WHERE user_id IN ");
        sql.list(users.iter().copied());
        let rows = self.read.query_all_raw(sql.statement(self.read.get_database_backend())).await.map_err(db)?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(db)).collect()
    }

    pub async fn loaded_memory(&self, user: UserId) -> Result<Option<LoadedMemory>> {
        let row = Entity::find_by_id(user).one(&self.read).await.map_err(db)?;
        Ok(row.map(|row| LoadedMemory {
            job: row.job_id,
            limit: u64::try_from(row.question_limit).unwrap_or_default(),
            client_id: row.client_id,
            predecessor: row.predecessor,
            boot_id: row.boot_id,
            loaded_at: *row.loaded_at,
        }))
    }

    /// Keeps what a socket of this process was loaded with now, in the place of what the user loaded before.
    pub async fn keep_loaded_memory(
        &self,
        user: UserId,
        job: Option<JobId>,
        limit: u64,
        client_id: &str,
        boot_id: i64,
    ) -> Result<()> {
        let limit = i32::try_from(limit).map_err(|_| Error::internal("a limit beyond its bound"))?;
        let row = ActiveModel {
            user_id: Set(user),
            job_id: Set(job),
            question_limit: Set(limit),
            client_id: Set(client_id.to_owned()),
            predecessor: Set(None),
            boot_id: Set(Some(boot_id)),
            loaded_at: Set(self.clock.now().into()),
        };
        let again = OnConflict::column(Column::UserId)
            .update_columns([
                Column::JobId,
                Column::QuestionLimit,
                Column::ClientId,
                Column::Predecessor,
                Column::BootId,
                Column::LoadedAt,
            ])
            .to_owned();
        Entity::insert(row).on_conflict(again).exec_without_returning(&self.write).await.map(drop).map_err(db)
    }

    /// Gives a set to another socket, of this process; false if the socket `from` does not have it any more.
    pub async fn pass_loaded_memory(&self, user: UserId, from: &str, to: &str, boot_id: i64) -> Result<bool> {
        let passed = Entity::update_many()
            .col_expr(Column::Predecessor, Expr::value(from))
            .col_expr(Column::ClientId, Expr::value(to))
            .col_expr(Column::BootId, Expr::value(boot_id))
            .col_expr(Column::LoadedAt, Expr::value(entity::Timestamp::from(self.clock.now())))
            .filter(Column::UserId.eq(user))
            .filter(Column::ClientId.eq(from))
            .exec(&self.write)
            .await
            .map_err(db)?;
        Ok(passed.rows_affected == 1)
    }

    /// The socket that had a set is gone.
    pub async fn release_loaded_memory(&self, user: UserId, client_id: &str) -> Result<()> {
        Entity::update_many()
            .col_expr(Column::BootId, Expr::value(None::<i64>))
            .filter(Column::UserId.eq(user))
            .filter(Column::ClientId.eq(client_id))
            .exec(&self.write)
            .await
            .map(drop)
            .map_err(db)
    }

    /// Forgets the set that a socket has, or had last.
    pub async fn forget_loaded_memory(&self, user: UserId, client_id: &str) -> Result<()> {
        let theirs = Entity::delete_many().filter(Column::UserId.eq(user)).filter(Column::ClientId.eq(client_id));
        theirs.exec(&self.write).await.map(drop).map_err(db)
    }

    /// Whether another process lives. Beside this one none uses a SQLite file: see [`super::OwnerLock`].
    pub async fn process_lives(&self, boot_id: i64) -> Result<bool> {
        if self.backend() == Backend::Sqlite {
            return Ok(false);
        }
        let sql = Sql::about(&format!("SELECT 1 WHERE {}", holds_its_lock("$1")), boot_id);
        let found = self.read.query_one_raw(sql.statement(self.read.get_database_backend())).await.map_err(db)?;
        Ok(found.is_some())
    }
}
