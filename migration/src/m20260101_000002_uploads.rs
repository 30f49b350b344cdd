//! Uploaded files and, apart from them, their bytes.

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
        manager.create_table(user_uploads()).await?;
        manager.create_table(upload_contents()).await?;
        index(manager, "user_uploads", &["user_id", "id"]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["upload_contents", "user_uploads"]).await
    }
}

fn user_uploads() -> TableCreateStatement {
    Table::create()
        .table("user_uploads")
        .col(big_pk_auto("id"))
        .col(big_integer("user_id"))
        .col(text("file_name"))
        .col(text("mime_type"))
        .col(big_integer("file_size"))
        .col(text("sha256"))
        .col(text_null("linkedin_url"))
        .col(timestamp_with_time_zone("created_at"))
        .check(bytes("file_name", 1, 255))
        .check(between("file_size", 1, FILE_BYTES))
        .check(chars("sha256", 64, 64))
        .check(chars("linkedin_url", 1, 500))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

fn upload_contents() -> TableCreateStatement {
    Table::create()
        .table("upload_contents")
        .col(big_integer("upload_id"))
        .col(integer("part"))
        .col(blob("content"))
        .primary_key(&mut key(&["upload_id", "part"]))
        .check(at_least("part", 0))
        .check(bytes("content", 1, PART_BYTES))
        .foreign_key(&mut owned_by("upload_id", "user_uploads"))
        .to_owned()
}
