//! Tags of saved questions, for the filter of the library.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_question_tags")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub question_id: i64,
    /// In lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag: String,
    #[sea_orm(belongs_to, from = "question_id", to = "id")]
    pub question: BelongsTo<super::saved_interview_question::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
