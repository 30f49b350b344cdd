//! Messages of every kind of conversation.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chat_messages")]
pub struct Model {
    /// UUID v7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub conversation_id: Uuid,
    /// Place in the conversation, unique there.
    pub seq: i64,
    /// The `seq` of the latest change of this message: catching up reads by it.
    pub updated_seq: i64,
    /// `user`, `assistant` or `system`.
    pub sender_kind: String,
    /// None for assistant and system, and once the sender is erased.
    pub sender_id: Option<i64>,
    /// Chosen by the client, unique for its sender: a repeat is stored once.
    pub client_msg_id: Option<String>,
    /// `text`, `image`, `audio`, `video`, `file` or `system`.
    pub msg_type: String,
    /// Empty once deleted.
    #[sea_orm(column_type = "Text")]
    pub content: String,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub metadata: Option<Json>,
    /// No foreign key: the answer outlives what it answers.
    pub reply_to: Option<Uuid>,
    pub session_id: Option<String>,
    pub edited_at: Option<Timestamp>,
    /// Set: a tombstone.
    pub deleted_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[sea_orm(belongs_to, from = "conversation_id", to = "id")]
    pub conversation: BelongsTo<super::conversation::Entity>,
    #[sea_orm(belongs_to, from = "sender_id", to = "id")]
    pub sender: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
