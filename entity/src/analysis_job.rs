//! Analysis jobs; the id is the order of the queue.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "analysis_jobs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What clients call the job.
    #[sea_orm(unique)]
    pub job_id: Uuid,
    pub upload_id: i64,
    pub user_id: i64,
    /// `queued`, `extracting_text`, `chunking`, `generating_embeddings`, `analyzing`, `completed` or `failed`.
    pub status: String,
    /// The furthest step reached in this attempt; a failed job keeps it.
    pub stage: String,
    /// Counts from 1; each retry by the user begins the next.
    pub attempt: i32,
    /// Automatic tries of the current attempt.
    pub tries: i32,
    pub error_message: Option<String>,
    /// Array: the history of failures.
    #[sea_orm(column_type = "JsonBinary")]
    pub errors: Json,
    /// Not to be claimed before this time (back-off).
    pub run_at: Timestamp,
    /// Fence: a write of a worker counts only while its token stands here.
    pub lease_token: Option<Uuid>,
    /// Boot id of the process that holds the lease.
    pub lease_owner: Option<i64>,
    pub lease_until: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub completed_at: Option<Timestamp>,
    #[sea_orm(belongs_to, from = "upload_id", to = "id")]
    pub upload: BelongsTo<super::user_upload::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
