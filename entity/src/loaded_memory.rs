//! What somebody last loaded into the Q&A memory of a socket, so that it outlives the socket: one row for each user.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "loaded_memories")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: i64,
    /// Only questions of this job; it may be gone.
    pub job_id: Option<Uuid>,
    pub question_limit: i32,
    /// The socket that has it, or had it last.
    pub client_id: String,
    /// The socket from which that one took it over.
    pub predecessor: Option<String>,
    /// The process of the socket; null once the socket is known to be gone.
    pub boot_id: Option<i64>,
    pub loaded_at: Timestamp,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
