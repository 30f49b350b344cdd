//! Conversations of every kind; all dialects share them.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

/// The channel `general`, which exists from the start and cannot be deleted.
pub const GENERAL_CHANNEL_ID: Uuid = Uuid::from_u128(0x019b76da_a800_7000_8000_000000000001);

/// The one conversation of kind `global`, which exists from the start.
pub const GLOBAL_ID: Uuid = Uuid::from_u128(0x019b76da_a800_7000_8000_000000000002);

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub struct Model {
    /// UUID v7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `assistant`, `global`, `direct`, `room`, `channel` or `support`.
    pub kind: String,
    pub title: String,
    #[sea_orm(column_type = "Text", nullable)]
    pub description: Option<String>,
    /// What clients call a channel; exactly channels have one.
    #[sea_orm(unique)]
    pub slug: Option<String>,
    /// The two user ids, smaller first, as `1:2`; exactly direct conversations have one.
    #[sea_orm(unique)]
    pub direct_key: Option<String>,
    pub owner_id: Option<i64>,
    pub customer_id: Option<i64>,
    /// None: the support chat waits in the queue.
    pub agent_id: Option<i64>,
    /// `active`, `closed` or `archived`; exactly support chats have one.
    pub status: Option<String>,
    /// What unarchiving restores.
    pub status_before: Option<String>,
    /// The `seq` of the latest stored change; the next takes this plus one.
    pub last_seq: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[sea_orm(belongs_to, relation_enum = "Owner", from = "owner_id", to = "id")]
    pub owner: BelongsTo<Option<super::user::Entity>>,
    #[sea_orm(belongs_to, relation_enum = "Customer", from = "customer_id", to = "id")]
    pub customer: BelongsTo<Option<super::user::Entity>>,
    #[sea_orm(belongs_to, relation_enum = "Agent", from = "agent_id", to = "id")]
    pub agent: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
