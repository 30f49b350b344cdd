//! Files of messages, without their bytes (see [`super::attachment_content`]).

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub message_id: Uuid,
    pub mime_type: String,
    /// Bytes, 1 to 10,485,760.
    pub size: i64,
    pub duration_ms: Option<i64>,
    pub created_at: Timestamp,
    #[sea_orm(belongs_to, from = "message_id", to = "id")]
    pub message: BelongsTo<super::chat_message::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
