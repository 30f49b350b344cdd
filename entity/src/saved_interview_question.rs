//! The library: saved questions outlive their job and upload.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_interview_questions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    /// No foreign key: the question outlives its job.
    pub job_id: Option<Uuid>,
    pub question_id: String,
    #[sea_orm(column_type = "Text")]
    pub question: String,
    /// The question without case, punctuation and extra spaces.
    #[sea_orm(column_type = "Text")]
    pub question_key: String,
    #[sea_orm(column_type = "Text")]
    pub answer: String,
    /// `Technical`, `Behavioral`, `Situational` or `Problem-Solving`.
    pub category: String,
    /// `Easy`, `Medium` or `Hard`.
    pub difficulty: String,
    /// Array of strings.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    pub job_title: Option<String>,
    pub company: Option<String>,
    #[sea_orm(column_type = "Blob", nullable)]
    pub embedding: Option<Vec<u8>>,
    /// Embeddings are only compared within one model.
    pub embedding_model: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[sea_orm(belongs_to, from = "user_id", to = "id")]
    pub user: BelongsTo<super::user::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
