//! Measured similarity cuts of embedding models.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "model_calibrations")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub model: String,
    pub dimension: i32,
    /// Cosine similarity, -1 to 1.
    pub cut: f64,
    pub measured_at: Timestamp,
}

impl ActiveModelBehavior for ActiveModel {}
