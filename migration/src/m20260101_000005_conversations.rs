//! Conversations of all kinds, their members, messages, files and reactions.

use sea_orm_migration::{prelude::*, schema::*};

use sea_orm_migration::sea_orm::{
    DbBackend,
    prelude::{TimeDateTimeWithTimeZone, Uuid},
};

use crate::parts::*;

const CHAT_STATUSES: &[&str] = &["active", "closed", "archived"];

/// As `entity::conversation::GENERAL_CHANNEL_ID`.
const GENERAL: Uuid = Uuid::from_u128(0x019b76da_a800_7000_8000_000000000001);
/// As `entity::conversation::GLOBAL_ID`.
const GLOBAL: Uuid = Uuid::from_u128(0x019b76da_a800_7000_8000_000000000002);

const ONE_GLOBAL: &str = "CREATE UNIQUE INDEX idx_conversations_global ON conversations (kind) WHERE kind = 'global'";

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        manager.create_table(conversations()).await?;
        manager.create_table(conversation_members()).await?;
        manager.create_table(chat_messages(backend)).await?;
        manager.create_table(attachments()).await?;
        manager.create_table(attachment_contents()).await?;
        manager.create_table(reactions()).await?;
        unique(manager, "conversations", &["slug"]).await?;
        unique(manager, "conversations", &["direct_key"]).await?;
        manager.get_connection().execute_unprepared(ONE_GLOBAL).await?;
        index(manager, "conversations", &["kind", "created_at"]).await?;
        index(manager, "conversations", &["owner_id"]).await?;
        index(manager, "conversations", &["customer_id"]).await?;
        index(manager, "conversations", &["agent_id"]).await?;
        index(manager, "conversation_members", &["user_id"]).await?;
        unique(manager, "chat_messages", &["conversation_id", "seq"]).await?;
        unique(manager, "chat_messages", &["sender_id", "client_msg_id"]).await?;
        index(manager, "chat_messages", &["conversation_id", "updated_seq"]).await?;
        index(manager, "chat_messages", &["sender_id", "id"]).await?;
        unique(manager, "attachments", &["message_id"]).await?;
        index(manager, "reactions", &["user_id"]).await?;
        manager.execute(first_conversations(start()?)?).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(
            manager,
            &[
                "reactions",
                "attachment_contents",
                "attachments",
                "chat_messages",
                "conversation_members",
                "conversations",
            ],
        )
        .await
    }
}

fn conversations() -> TableCreateStatement {
    Table::create()
        .table("conversations")
        .col(pk_uuid("id"))
        .col(text("kind"))
        .col(text("title"))
        .col(text_null("description"))
        .col(text_null("slug"))
        .col(text_null("direct_key"))
        .col(big_integer_null("owner_id"))
        .col(big_integer_null("customer_id"))
        .col(big_integer_null("agent_id"))
        .col(text_null("status"))
        .col(text_null("status_before"))
        .col(big_integer("last_seq").default(0))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(one_of("kind", &["assistant", "global", "direct", "room", "channel", "support"]))
        .check(one_of("status", CHAT_STATUSES))
        .check(one_of("status_before", CHAT_STATUSES))
        .check(only_kind_has("channel", "slug"))
        .check(only_kind_has("direct", "direct_key"))
        .check(only_kind_has("support", "status"))
        .check(chars("title", 0, 200))
        .check(chars("description", 0, 2000))
        .check(chars("slug", 1, 80))
        .check(at_least("last_seq", 0))
        .foreign_key(&mut mentions("owner_id", "users"))
        .foreign_key(&mut mentions("customer_id", "users"))
        .foreign_key(&mut mentions("agent_id", "users"))
        .to_owned()
}

fn conversation_members() -> TableCreateStatement {
    Table::create()
        .table("conversation_members")
        .col(uuid("conversation_id"))
        .col(big_integer("user_id"))
        .col(text("role"))
        .col(big_integer("last_read_seq").default(0))
        .col(timestamp_with_time_zone("joined_at"))
        .primary_key(&mut key(&["conversation_id", "user_id"]))
        .check(one_of("role", &["owner", "member", "customer", "agent"]))
        .check(at_least("last_read_seq", 0))
        .foreign_key(&mut owned_by("conversation_id", "conversations"))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

/// The index of the full-text search in SQLite needs a row number that stays; a table whose key is a UUID has none.
fn message_keys(backend: DbBackend) -> TableCreateStatement {
    let mut table = Table::create();
    match backend {
        DbBackend::Sqlite => table.col(big_integer("search_row").primary_key()).col(uuid("id").unique_key()),
        _ => table.col(pk_uuid("id")),
    };
    table
}

fn chat_messages(backend: DbBackend) -> TableCreateStatement {
    let mut table = message_keys(backend);
    table
        .table("chat_messages")
        .col(uuid("conversation_id"))
        .col(big_integer("seq"))
        .col(big_integer("updated_seq"))
        .col(text("sender_kind"))
        .col(big_integer_null("sender_id"))
        .col(text_null("client_msg_id"))
        .col(text("msg_type"))
        .col(text("content"))
        .col(json_binary_null("metadata"))
        .col(uuid_null("reply_to"))
        .col(text_null("session_id"))
        .col(timestamp_with_time_zone_null("edited_at"))
        .col(timestamp_with_time_zone_null("deleted_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(one_of("sender_kind", &["user", "assistant", "system"]))
        .check(one_of("msg_type", &["text", "image", "audio", "video", "file", "system"]))
        .check(at_least("seq", 1))
        .check(Expr::cust("updated_seq >= seq"))
        .check(chars("client_msg_id", 1, 64))
        // Answers of the assistant may be longer: a saved answer has up to 20,000 characters.
        .check(chars("content", 0, 16_384).or(Expr::col("sender_kind").ne("user")))
        .foreign_key(&mut owned_by("conversation_id", "conversations"))
        .foreign_key(&mut mentions("sender_id", "users"))
        .to_owned()
}

fn attachments() -> TableCreateStatement {
    Table::create()
        .table("attachments")
        .col(pk_uuid("id"))
        .col(uuid("message_id"))
        .col(text("mime_type"))
        .col(big_integer("size"))
        .col(big_integer_null("duration_ms"))
        .col(timestamp_with_time_zone("created_at"))
        .check(between("size", 1, FILE_BYTES))
        .check(at_least("duration_ms", 0))
        .foreign_key(&mut owned_by("message_id", "chat_messages"))
        .to_owned()
}

fn attachment_contents() -> TableCreateStatement {
    Table::create()
        .table("attachment_contents")
        .col(uuid("attachment_id"))
        .col(integer("part"))
        .col(blob("content"))
        .primary_key(&mut key(&["attachment_id", "part"]))
        .check(at_least("part", 0))
        .check(bytes("content", 1, PART_BYTES))
        .foreign_key(&mut owned_by("attachment_id", "attachments"))
        .to_owned()
}

fn reactions() -> TableCreateStatement {
    Table::create()
        .table("reactions")
        .col(uuid("message_id"))
        .col(big_integer("user_id"))
        .col(text("emoji"))
        .col(timestamp_with_time_zone("created_at"))
        .primary_key(&mut key(&["message_id", "user_id", "emoji"]))
        .check(bytes("emoji", 1, 32))
        .foreign_key(&mut owned_by("message_id", "chat_messages"))
        .foreign_key(&mut owned_by("user_id", "users"))
        .to_owned()
}

/// The rows that exist from the start.
fn first_conversations(made: TimeDateTimeWithTimeZone) -> Result<InsertStatement, DbErr> {
    let columns = ["id", "kind", "title", "slug", "created_at", "updated_at"];
    let mut rows = Query::insert();
    rows.into_table("conversations").columns(columns);
    for (id, kind, title, slug) in
        [(GENERAL, "channel", "general", Some("general")), (GLOBAL, "global", "Global", None)]
    {
        let row = [id.into(), kind.into(), title.into(), slug.into(), made.into(), made.into()];
        rows.values(row).map_err(|error| DbErr::Migration(error.to_string()))?;
    }
    Ok(rows)
}

/// 2026-01-01T00:00:00.000001Z: an odd microsecond, as all times have (see `entity::Timestamp`).
fn start() -> Result<TimeDateTimeWithTimeZone, DbErr> {
    TimeDateTimeWithTimeZone::from_unix_timestamp_nanos(1_767_225_600_000_001_000)
        .map_err(|error| DbErr::Migration(error.to_string()))
}
