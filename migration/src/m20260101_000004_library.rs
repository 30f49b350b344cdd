//! Interview questions: generated sets and the library of saved ones.

use sea_orm_migration::{prelude::*, schema::*};

use crate::parts::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(interview_questions()).await?;
        manager.create_table(saved_interview_questions()).await?;
        manager.create_table(saved_question_tags()).await?;
        index(manager, "interview_questions", &["job_id", "request_key"]).await?;
        unique(manager, "saved_interview_questions", &["user_id", "job_id", "question_id"]).await?;
        index(manager, "saved_interview_questions", &["user_id", "id"]).await?;
        index(manager, "saved_question_tags", &["tag"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["saved_question_tags", "saved_interview_questions", "interview_questions"]).await
    }
}

fn interview_questions() -> TableCreateStatement {
    Table::create()
        .table("interview_questions")
        .col(big_integer("job_id"))
        .col(integer("number"))
        .col(text("request_key"))
        .col(text("question"))
        .col(text("answer"))
        .col(text("category"))
        .col(text("difficulty"))
        .col(json_binary("tags"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(&mut key(&["job_id", "number"]))
        .check(at_least("number", 1))
        .check(one_of("category", CATEGORIES))
        .check(one_of("difficulty", DIFFICULTIES))
        .check(chars("question", 1, 2000))
        .check(chars("answer", 0, 20000))
        .foreign_key(&mut owned_by("job_id", "analysis_jobs"))
        .to_owned()
}

fn saved_interview_questions() -> TableCreateStatement {
    Table::create()
        .table("saved_interview_questions")
        .col(big_pk_auto("id"))
        .col(big_integer("user_id"))
        .col(uuid_null("job_id"))
        .col(text("question_id"))
        .col(text("question"))
        .col(text("question_key"))
        .col(text("answer"))
        .col(text("category"))
        .col(text("difficulty"))
        .col(json_binary("tags"))
        .col(text_null("job_title"))
        .col(text_null("company"))
        .col(blob_null("embedding"))
        .col(text_null("embedding_model"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(one_of("category", CATEGORIES))
        .check(one_of("difficulty", DIFFICULTIES))
        .check(chars("question", 1, 2000))
        .check(chars("answer", 0, 20000))
        .check(chars("job_title", 0, 200))
        .check(chars("company", 0, 200))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

fn saved_question_tags() -> TableCreateStatement {
    Table::create()
        .table("saved_question_tags")
        .col(big_integer("question_id"))
        .col(text("tag"))
        .primary_key(&mut key(&["question_id", "tag"]))
        // Lower case may be longer: `İ` becomes two characters.
        .check(chars("tag", 1, 100))
        .foreign_key(&mut owned_by("question_id", "saved_interview_questions"))
        .to_owned()
}
