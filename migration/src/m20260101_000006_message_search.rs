//! Full-text search over messages: FTS5 on SQLite, a generated `tsvector` on PostgreSQL.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SQLITE_UP, POSTGRES_UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SQLITE_DOWN, POSTGRES_DOWN).await
    }
}

async fn run(manager: &SchemaManager<'_>, sqlite: &str, postgres: &str) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        DbBackend::Sqlite => sqlite,
        _ => postgres,
    };
    manager.get_connection().execute_unprepared(sql).await.map(drop)
}

/// The index holds no text of its own; the triggers keep it in step, on cascading deletes too
/// (<https://www.sqlite.org/fts5.html#external_content_tables>).
const SQLITE_UP: &str = "
CREATE VIRTUAL TABLE chat_messages_fts USING fts5(
    content, content='chat_messages', content_rowid='search_row', tokenize='unicode61 remove_diacritics 0'
);
INSERT INTO chat_messages_fts (chat_messages_fts) VALUES ('rebuild');
CREATE TRIGGER chat_messages_fts_insert AFTER INSERT ON chat_messages BEGIN
    INSERT INTO chat_messages_fts (rowid, content) VALUES (new.search_row, new.content);
END;
CREATE TRIGGER chat_messages_fts_delete AFTER DELETE ON chat_messages BEGIN
    INSERT INTO chat_messages_fts (chat_messages_fts, rowid, content) VALUES ('delete', old.search_row, old.content);
END;
CREATE TRIGGER chat_messages_fts_update AFTER UPDATE OF content ON chat_messages BEGIN
    INSERT INTO chat_messages_fts (chat_messages_fts, rowid, content) VALUES ('delete', old.search_row, old.content);
    INSERT INTO chat_messages_fts (rowid, content) VALUES (new.search_row, new.content);
END;
";

const SQLITE_DOWN: &str = "
DROP TRIGGER chat_messages_fts_update;
DROP TRIGGER chat_messages_fts_delete;
DROP TRIGGER chat_messages_fts_insert;
DROP TABLE chat_messages_fts;
";

const POSTGRES_UP: &str = "
ALTER TABLE chat_messages
    ADD COLUMN content_search tsvector GENERATED ALWAYS AS (to_tsvector('simple', content)) STORED;
CREATE INDEX idx_chat_messages_content_search ON chat_messages USING gin (content_search);
";

const POSTGRES_DOWN: &str = "
ALTER TABLE chat_messages DROP COLUMN content_search;
";
