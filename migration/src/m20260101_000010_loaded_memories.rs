//! What is loaded into the memory of sockets, so that it outlives them.

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
        manager.create_table(loaded_memories()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["loaded_memories"]).await
    }
}

fn loaded_memories() -> TableCreateStatement {
    Table::create()
        .table("loaded_memories")
        .col(big_integer("user_id").primary_key())
        .col(uuid_null("job_id"))
        .col(integer("question_limit"))
        .col(text("client_id"))
        .col(text_null("predecessor"))
        .col(big_integer_null("boot_id"))
        .col(timestamp_with_time_zone("loaded_at"))
        .check(between("question_limit", 1, 500))
        .check(chars("client_id", 32, 32))
        .check(chars("predecessor", 32, 32))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}
