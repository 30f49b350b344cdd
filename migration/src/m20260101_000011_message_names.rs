//! Only messages that their client named are looked up by that name: the others stay out of the index.
//!
//! That the index is younger than the one by sender matters too: of two that seem equally good, as they do while statistics
//! are older than the messages, PostgreSQL takes the younger; by the other one it would read all messages of a sender.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, " WHERE client_msg_id IS NOT NULL").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        replace(manager, "").await
    }
}

async fn replace(manager: &SchemaManager<'_>, condition: &str) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    connection.execute_unprepared("DROP INDEX idx_chat_messages_sender_id_client_msg_id").await?;
    let unique =
        "CREATE UNIQUE INDEX idx_chat_messages_sender_id_client_msg_id ON chat_messages (sender_id, client_msg_id)";
    connection.execute_unprepared(&format!("{unique}{condition}")).await?;
    Ok(())
}
