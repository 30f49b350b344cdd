//! Who of the staff saw whose résumé data.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_log")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub owner_id: i64,
    /// None once the viewer is erased.
    pub viewer_id: Option<i64>,
    /// No foreign key: the entry outlives the job.
    pub job_id: Uuid,
    /// `status`, `result` or `export`.
    pub action: String,
    pub at: Timestamp,
    #[sea_orm(belongs_to, relation_enum = "Owner", from = "owner_id", to = "id")]
    pub owner: BelongsTo<super::user::Entity>,
    #[sea_orm(belongs_to, relation_enum = "Viewer", from = "viewer_id", to = "id")]
    pub viewer: BelongsTo<Option<super::user::Entity>>,
}

impl ActiveModelBehavior for ActiveModel {}
