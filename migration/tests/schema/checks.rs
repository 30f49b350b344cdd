//! What must hold on a new database, whichever it is.

use entity::*;
use migration::Migrator;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, Set, SqlErr, Statement, prelude::Uuid, sea_query::Value,
};
use sea_orm_migration::MigratorTrait;
use time::{Duration, macros::datetime};

use crate::rows::{self, AGENT, JOB, MESSAGE, OWNER, ROOM};

/// Tables that have rows of a user, and so nothing once the user is erased.
const OF_A_USER: &[&str] = &[
    "tokens",
    "ws_tickets",
    "user_uploads",
    "upload_contents",
    "analysis_jobs",
    "job_texts",
    "resume_chunks",
    "user_profile",
    "access_log",
    "interview_questions",
    "saved_interview_questions",
    "saved_question_tags",
    "conversation_members",
    "idempotency_keys",
    "loaded_memories",
];

/// Tables that may have rows without a user.
const OF_NOBODY: &[&str] = &[
    "users",
    "retired_usernames",
    "conversations",
    "chat_messages",
    "attachments",
    "attachment_contents",
    "reactions",
    "model_calibrations",
    "deployment",
];

async fn count(db: &DatabaseConnection, table: &str) -> i64 {
    let sql = format!("SELECT count(*) AS rows FROM {table}");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get("", "rows").unwrap()
}

/// Everything the migrations made: tables, indexes, triggers.
async fn objects(db: &DatabaseConnection) -> Vec<String> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND tbl_name <> 'seaql_migrations' ORDER BY name"
        }
        _ => {
            "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace \
             AND relname NOT LIKE 'seaql_migrations%' ORDER BY name"
        }
    };
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

pub async fn a_revert_leaves_nothing(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    let first = objects(db).await;
    assert!(OF_A_USER.iter().chain(OF_NOBODY).all(|table| first.iter().any(|name| name == table)), "{first:?}");
    rows::keep_all(db).await;

    Migrator::down(db, None).await.unwrap();
    assert_eq!(objects(db).await, Vec::<String>::new());

    Migrator::up(db, None).await.unwrap();
    assert_eq!(objects(db).await, first);
}

pub async fn every_table_keeps_a_row(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    rows::keep_all(db).await;
    for table in OF_A_USER.iter().chain(OF_NOBODY) {
        assert!(count(db, table).await > 0, "{table} is empty");
    }
}

pub async fn erasing_a_user_takes_what_is_theirs(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    rows::keep_all(db).await;

    user::Entity::delete_by_id(AGENT).exec(db).await.unwrap();
    let read = access_log::Entity::find_by_id(1).one(db).await.unwrap().unwrap();
    assert_eq!(read.viewer_id, None);
    assert_eq!(count(db, "reactions").await, 0);

    user::Entity::delete_by_id(OWNER).exec(db).await.unwrap();
    for table in OF_A_USER {
        assert_eq!(count(db, table).await, 0, "{table} kept a row");
    }
    let message = chat_message::Entity::find_by_id(MESSAGE).one(db).await.unwrap().unwrap();
    assert_eq!(message.sender_id, None);
    let room = conversation::Entity::find_by_id(ROOM).one(db).await.unwrap().unwrap();
    assert_eq!(room.owner_id, None);
}

pub async fn bad_values_are_refused(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    rows::keep_all(db).await;
    let long = |length: usize| format!("'{}'", "é".repeat(length));
    for (table, column, value) in [
        ("users", "role", "'admin'".into()),
        ("users", "username", long(51)),
        ("users", "name", "'x'".into()),
        ("users", "email", long(255)),
        ("user_uploads", "file_size", "10485761".into()),
        ("user_uploads", "file_name", long(128)),
        ("analysis_jobs", "status", "'running'".into()),
        ("analysis_jobs", "stage", "'failed'".into()),
        ("access_log", "action", "'delete'".into()),
        ("interview_questions", "category", "'technical'".into()),
        ("interview_questions", "difficulty", "'Impossible'".into()),
        ("saved_interview_questions", "question", long(2_001)),
        ("saved_interview_questions", "company", long(201)),
        ("conversations", "kind", "'email'".into()),
        ("conversations", "status", "'active'".into()),
        ("conversations", "slug", "'kitchen'".into()),
        ("conversation_members", "role", "'guest'".into()),
        ("chat_messages", "msg_type", "'gif'".into()),
        ("chat_messages", "sender_kind", "'bot'".into()),
        ("chat_messages", "content", long(16_385)),
        ("chat_messages", "updated_seq", "0".into()),
        ("attachments", "size", "0".into()),
        ("reactions", "emoji", long(17)),
        ("idempotency_keys", "key", long(256)),
        ("model_calibrations", "cut", "1.5".into()),
        ("loaded_memories", "question_limit", "501".into()),
    ] {
        let refusal = db.execute_unprepared(&format!("UPDATE {table} SET {column} = {value}")).await;
        let message = refusal.map(drop).unwrap_err().to_string();
        assert!(message.to_lowercase().contains("check constraint"), "{table}.{column}: {message}");
    }
}

pub async fn doubles_are_refused(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    rows::keep_all(db).await;
    let again = [
        user::Entity::insert(rows::user(3, "jANE", "customer").into_active_model()).exec(db).await.map(drop),
        saved_interview_question::Entity::insert(rows::saved_question(2).into_active_model()).exec(db).await.map(drop),
        chat_message::Entity::insert(rows::message(Uuid::from_u128(9), 1, "again").into_active_model())
            .exec(db)
            .await
            .map(drop),
        conversation::ActiveModel { kind: Set("global".into()), ..unnamed_conversation() }.insert(db).await.map(drop),
    ];
    for id in [12, 13] {
        let theirs = conversation::ActiveModel {
            id: Set(Uuid::from_u128(id)),
            kind: Set("assistant".into()),
            owner_id: Set(Some(OWNER)),
            ..unnamed_conversation()
        };
        let made = theirs.insert(db).await;
        assert_eq!(made.is_ok(), id == 12, "{made:?}");
    }
    for outcome in again {
        let error = outcome.unwrap_err();
        assert!(matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))), "{error}");
    }
}

fn unnamed_conversation() -> conversation::ActiveModel {
    conversation::ActiveModel {
        id: Set(Uuid::from_u128(10)),
        title: Set(String::new()),
        created_at: Set(rows::now()),
        updated_at: Set(rows::now()),
        ..Default::default()
    }
}

/// On SQLite times are text, and `…:05Z` would sort after `…:05.5Z`.
pub async fn later_times_compare_as_later(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    user::Entity::insert(rows::user(OWNER, "Jane", "customer").into_active_model()).exec(db).await.unwrap();
    let whole = datetime!(2026-02-03 04:05:05 UTC);
    let steps = [0, 10, 500_000, 500_010, 990_000, 1_000_000, 1_100_000].map(Duration::microseconds);
    for step in steps.iter().rev() {
        read_at(db, (whole + *step).into()).await;
    }

    let times = || access_log::Entity::find().order_by_asc(access_log::COLUMN.at);
    let stored: Vec<Timestamp> = times().all(db).await.unwrap().iter().map(|read| read.at).collect();
    assert_eq!(stored, steps.map(|step| Timestamp::from(whole + step)));
    for (earlier, at) in stored.iter().enumerate() {
        let before = times().filter(access_log::COLUMN.at.lt(*at)).count(db).await.unwrap();
        assert_eq!(before, earlier as u64, "before {at:?}");
        let until = times().filter(access_log::Column::At.lte(*at)).count(db).await.unwrap();
        assert_eq!(until, earlier as u64 + 1, "until {at:?}");
    }
}

async fn read_at(db: &DatabaseConnection, at: Timestamp) {
    let read = access_log::ActiveModel {
        owner_id: Set(OWNER),
        viewer_id: Set(None),
        job_id: Set(JOB),
        action: Set("status".into()),
        at: Set(at),
        ..Default::default()
    };
    read.insert(db).await.unwrap();
}

pub async fn messages_are_found_by_their_words(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    rows::keep_all(db).await;
    let other = Uuid::from_u128(11);
    chat_message::Entity::insert(rows::message(other, 2, "Nothing to see").into_active_model()).exec(db).await.unwrap();
    assert_eq!(found(db, "GRÜßE").await, [MESSAGE]);
    assert_eq!(found(db, "nothing").await, [other]);

    let edited = chat_message::ActiveModel { id: Set(MESSAGE), content: Set("Farewell".into()), ..Default::default() };
    edited.update(db).await.unwrap();
    assert_eq!(found(db, "Grüße").await, NONE);
    assert_eq!(found(db, "farewell").await, [MESSAGE]);

    conversation::Entity::delete_by_id(ROOM).exec(db).await.unwrap();
    assert_eq!(found(db, "farewell").await, NONE);
    if db.get_database_backend() == DbBackend::Sqlite {
        let check = "INSERT INTO chat_messages_fts (chat_messages_fts, rank) VALUES ('integrity-check', 1)";
        db.execute_unprepared(check).await.unwrap();
    }
}

const NONE: [Uuid; 0] = [];

async fn found(db: &DatabaseConnection, word: &str) -> Vec<Uuid> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => {
            "SELECT id FROM chat_messages JOIN chat_messages_fts ON chat_messages_fts.rowid = search_row \
             WHERE chat_messages_fts MATCH ?"
        }
        _ => "SELECT id FROM chat_messages WHERE content_search @@ plainto_tsquery('simple', $1)",
    };
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [Value::from(word)]);
    let rows = db.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "id").unwrap()).collect()
}

pub async fn the_first_conversations_exist(db: &DatabaseConnection) {
    Migrator::up(db, None).await.unwrap();
    let general = conversation::Entity::find_by_id(conversation::GENERAL_CHANNEL_ID);
    let general = general.one(db).await.unwrap().unwrap();
    assert_eq!((general.kind.as_str(), general.slug.as_deref()), ("channel", Some("general")));
    assert_eq!(general.created_at, datetime!(2026-01-01 00:00 UTC).into());

    let global = conversation::Entity::find_by_id(conversation::GLOBAL_ID).one(db).await.unwrap().unwrap();
    assert_eq!((global.kind.as_str(), global.last_seq), ("global", 0));
}
