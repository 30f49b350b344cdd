//! Files of messages: what they are here, the bytes apart in parts, so that a range is read without the rest.

use entity::{attachment, attachment_content};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{Store, db};
use crate::domain::MessageId;
use crate::domain::error::Result;

/// Bytes of one part of a file; the last may have fewer.
pub const PART_BYTES: u64 = 256 * 1024;

/// A file without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub id: Uuid,
    pub mime_type: String,
    /// Bytes.
    pub size: u64,
}

impl Store {
    /// The file of a message, if it has one.
    pub async fn attachment(&self, message: MessageId) -> Result<Option<StoredFile>> {
        let query = attachment::Entity::find().filter(attachment::Column::MessageId.eq(message));
        let row = query.one(&self.read).await.map_err(db)?;
        Ok(row.map(|row| StoredFile { id: row.id, mime_type: row.mime_type, size: row.size.unsigned_abs() }))
    }

    /// Part `part` of the bytes, counted from 0; `None` past the end.
    pub async fn attachment_part(&self, file: Uuid, part: i32) -> Result<Option<Vec<u8>>> {
        let row = attachment_content::Entity::find_by_id((file, part)).one(&self.read).await.map_err(db)?;
        Ok(row.map(|row| row.content))
    }
}
