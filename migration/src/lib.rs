//! The schema of the database, one set of migrations for SQLite and PostgreSQL.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod m20260101_000001_accounts;
mod m20260101_000002_uploads;
mod m20260101_000003_analysis;
mod m20260101_000004_library;
mod m20260101_000005_conversations;
mod m20260101_000006_message_search;
mod m20260101_000007_service;
mod m20260101_000008_search;
mod m20260101_000009_assistant;
mod m20260101_000010_loaded_memories;
mod m20260101_000011_message_names;
mod parts;

/// Applies and reverts the migrations; each runs in a transaction of its own on both databases.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20260101_000001_accounts::Migration),
            Box::new(m20260101_000002_uploads::Migration),
            Box::new(m20260101_000003_analysis::Migration),
            Box::new(m20260101_000004_library::Migration),
            Box::new(m20260101_000005_conversations::Migration),
            Box::new(m20260101_000006_message_search::Migration),
            Box::new(m20260101_000007_service::Migration),
            Box::new(m20260101_000008_search::Migration),
            Box::new(m20260101_000009_assistant::Migration),
            Box::new(m20260101_000010_loaded_memories::Migration),
            Box::new(m20260101_000011_message_names::Migration),
        ]
    }
}
