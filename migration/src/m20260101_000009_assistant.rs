//! One conversation with the assistant for each user, whichever nodes make it at the same time.

use sea_orm_migration::prelude::*;

/// Of those that were made twice before, the first stays the user's; the others stay readable, and are nobody's any more.
const RELEASE: &str = "UPDATE conversations SET owner_id = NULL WHERE kind = 'assistant' AND EXISTS
    (SELECT 1 FROM conversations o WHERE o.kind = 'assistant' AND o.owner_id = conversations.owner_id AND o.id < conversations.id)";
const ONE_ASSISTANT: &str =
    "CREATE UNIQUE INDEX idx_conversations_assistant ON conversations (owner_id) WHERE kind = 'assistant'";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(RELEASE).await?;
        manager.get_connection().execute_unprepared(ONE_ASSISTANT).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("idx_conversations_assistant").table("conversations").to_owned()).await
    }
}
