//! Results of completed analyses.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_profile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: i64,
    pub upload_id: i64,
    pub user_id: i64,
    pub name: Option<String>,
    /// `offline` or `provider:model`.
    pub analyzer: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub profile: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub parse_quality: Json,
    pub created_at: Timestamp,
    #[sea_orm(belongs_to, from = "job_id", to = "id")]
    pub job: BelongsTo<super::analysis_job::Entity>,
    #[sea_orm(belongs_to, from = "upload_id", to = "id")]
    pub upload: BelongsTo<super::user_upload::Entity>,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
