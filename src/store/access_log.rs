//! Who of the staff saw somebody's résumé data.

use std::sync::Arc;

use entity::access_log;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::conversations::people;
use super::{Store, db};
use crate::domain::error::Result;
use crate::domain::page::{Page, Slice};
use crate::domain::user::User;
use crate::domain::{JobId, UserId};

/// One look at somebody's data.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessEntry {
    pub id: i64,
    pub at: OffsetDateTime,
    /// `None` once the viewer is erased.
    pub viewer: Option<Arc<User>>,
    pub job_id: JobId,
    /// `status`, `result` or `export`.
    pub action: String,
}

impl Store {
    /// Who looked at this user's data, the latest first.
    pub async fn access_log(&self, owner: UserId, page: Page) -> Result<Slice<AccessEntry>> {
        use access_log::{Column, Entity};
        let mut query =
            Entity::find().filter(Column::OwnerId.eq(owner)).order_by_desc(Column::Id).limit(page.limit + 1);
        if let Some(before) = page.before {
            query = query.filter(Column::Id.lt(before));
        }
        let rows = query.all(&self.read).await.map_err(db)?;
        let people = people(&self.read, rows.iter().filter_map(|row| row.viewer_id).collect()).await?;
        let entry = |row: access_log::Model| AccessEntry {
            id: row.id,
            at: row.at.into(),
            viewer: row.viewer_id.and_then(|id| people.get(&id).cloned()),
            job_id: row.job_id,
            action: row.action,
        };
        Ok(page.slice(rows.into_iter().map(entry).collect(), |entry| entry.id))
    }

    /// Notes that `viewer` read data of `owner`; `action` is `status`, `result` or `export`.
    pub async fn log_access(&self, owner: UserId, viewer: UserId, job_id: JobId, action: &'static str) -> Result<()> {
        let row = access_log::ActiveModel {
            owner_id: Set(owner),
            viewer_id: Set(Some(viewer)),
            job_id: Set(job_id),
            action: Set(action.to_owned()),
            at: Set(self.clock.now().into()),
            ..Default::default()
        };
        access_log::Entity::insert(row).exec_without_returning(&self.write).await.map_err(db)?;
        Ok(())
    }
}
