//! The bytes of an attachment in parts, so that a range is read without the rest.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment_contents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub attachment_id: Uuid,
    /// Place in the file, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i32,
    /// 1 to 262,144 bytes.
    #[sea_orm(column_type = "Blob")]
    pub content: Vec<u8>,
    #[sea_orm(belongs_to, from = "attachment_id", to = "id")]
    pub attachment: BelongsTo<super::attachment::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
