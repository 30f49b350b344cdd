//! Uploads: metadata here, the bytes apart in parts, so that no listing drags them and no file is one value.

use bytes::Bytes;
use entity::{analysis_job, upload_content, user_upload};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;

use super::{Store, db};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::page::{Page, Slice};
use crate::domain::{UploadId, UserId};

/// A file to be stored: its bytes in parts of at most 256 KiB.
pub struct NewUpload {
    pub user_id: UserId,
    pub file_name: String,
    pub mime_type: &'static str,
    pub file_size: i64,
    /// Hex.
    pub sha256: String,
    pub linkedin_url: Option<String>,
    pub parts: Vec<Bytes>,
}

/// A stored file without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    pub user_id: UserId,
    pub file_name: String,
    pub mime_type: String,
    pub file_size: i64,
    pub linkedin_url: Option<String>,
    pub created_at: OffsetDateTime,
}

impl From<user_upload::Model> for Upload {
    fn from(row: user_upload::Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            file_name: row.file_name,
            mime_type: row.mime_type,
            file_size: row.file_size,
            linkedin_url: row.linkedin_url,
            created_at: row.created_at.into(),
        }
    }
}

impl Store {
    /// Stores a file, all or nothing. Each part is freed as soon as the database has it.
    pub async fn insert_upload(&self, new: NewUpload) -> Result<Upload> {
        let txn = self.begin().await?;
        let row = user_upload::ActiveModel {
            user_id: Set(new.user_id),
            file_name: Set(new.file_name),
            mime_type: Set(new.mime_type.to_owned()),
            file_size: Set(new.file_size),
            sha256: Set(new.sha256),
            linkedin_url: Set(new.linkedin_url),
            created_at: Set(self.clock.now().into()),
            ..Default::default()
        };
        let row = user_upload::Entity::insert(row).exec_with_returning(&txn).await.map_err(db)?;
        for (part, content) in (0..).zip(new.parts) {
            let row =
                upload_content::ActiveModel { upload_id: Set(row.id), part: Set(part), content: Set(content.into()) };
            upload_content::Entity::insert(row).exec_without_returning(&txn).await.map_err(db)?;
        }
        txn.commit().await.map_err(db)?;
        Ok(row.into())
    }

    pub async fn upload(&self, id: UploadId) -> Result<Option<Upload>> {
        Ok(user_upload::Entity::find_by_id(id).one(&self.read).await.map_err(db)?.map(Into::into))
    }

    /// Part `part` of the bytes, counted from 0; `None` past the end.
    pub async fn upload_part(&self, id: UploadId, part: i32) -> Result<Option<Vec<u8>>> {
        let row = upload_content::Entity::find_by_id((id, part)).one(&self.read).await.map_err(db)?;
        Ok(row.map(|row| row.content))
    }

    /// Newest first.
    pub async fn uploads(&self, owner: UserId, page: Page) -> Result<Slice<Upload>> {
        let mut query = user_upload::Entity::find()
            .filter(user_upload::Column::UserId.eq(owner))
            .order_by_desc(user_upload::Column::Id)
            .limit(page.limit + 1);
        if let Some(before) = page.before {
            query = query.filter(user_upload::Column::Id.lt(before));
        }
        let rows = query.all(&self.read).await.map_err(db)?;
        Ok(page.slice(rows.into_iter().map(Upload::from).collect(), |upload| upload.id))
    }

    /// Deletes an upload with its jobs, profiles and chunks; false if the owner has no such upload.
    /// Refused while a job of it is active.
    pub async fn delete_upload(&self, id: UploadId, owner: UserId) -> Result<bool> {
        let txn = self.begin().await?;
        let mut mine = user_upload::Entity::find_by_id(id).filter(user_upload::Column::UserId.eq(owner));
        if self.backend() == super::Backend::Postgres {
            // a job that is being started refers to this row: its insert waits for us, or we for it
            mine = mine.lock_exclusive();
        }
        if mine.one(&txn).await.map_err(db)?.is_none() {
            return Ok(false);
        }
        let active = analysis_job::Entity::find()
            .filter(analysis_job::Column::UploadId.eq(id))
            .filter(analysis_job::Column::Status.is_not_in(["completed", "failed"]));
        if active.count(&txn).await.map_err(db)? > 0 {
            return Err(Error::new(
                Kind::Invalid,
                "UPLOAD_IN_USE",
                "Cannot delete upload",
                "An analysis of this upload is still running: wait for it or cancel it first.",
            ));
        }
        user_upload::Entity::delete_by_id(id).exec(&txn).await.map_err(db)?;
        txn.commit().await.map_err(db)?;
        Ok(true)
    }
}
