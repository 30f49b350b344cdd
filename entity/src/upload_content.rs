//! The bytes of an upload in parts, so that a file is never one value in memory.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload_contents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub upload_id: i64,
    /// Place in the file, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    /// 1 to 262,144 bytes.
    #[sea_orm(column_type = "Blob")]
    pub content: Vec<u8>,
    #[sea_orm(belongs_to, from = "upload_id", to = "id")]
    pub upload: BelongsTo<super::user_upload::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
