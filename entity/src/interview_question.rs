//! Generated interview questions; number 3 is the question `q3` of its job.

use sea_orm::entity::prelude::*;

use crate::Timestamp;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "interview_questions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: i64,
    /// From 1, unique within the job over all its sets.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// Marks the set: the same request finds it again.
    pub request_key: String,
    #[sea_orm(column_type = "Text")]
    pub question: String,
    #[sea_orm(column_type = "Text")]
    pub answer: String,
    /// `Technical`, `Behavioral`, `Situational` or `Problem-Solving`.
    pub category: String,
    /// `Easy`, `Medium` or `Hard`.
    pub difficulty: String,
    /// Array of strings.
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    pub created_at: Timestamp,
    #[sea_orm(belongs_to, from = "job_id", to = "id")]
    pub job: BelongsTo<super::analysis_job::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
