//! Single-use tickets for socket upgrades.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ws_tickets")]
pub struct Model {
    /// SHA-256 of the ticket, in hex: the ticket itself is never stored.
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_hash: String,
    pub jti: Uuid,
    pub expires_at: Timestamp,
    #[sea_orm(belongs_to, from = "jti", to = "jti")]
    pub token: BelongsTo<super::token::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
