//! Databases for unit tests: a SQLite file, and a database of a throwaway PostgreSQL where this machine has one.

#[path = "../../tests/support/postgres.rs"]
mod postgres;
#[path = "../../tests/support/require.rs"]
mod require;

use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;

use super::{Backend, Store};
use crate::domain::clock::Clock;

/// The URL of an empty database, and what keeps it.
pub struct Bed {
    pub url: String,
    pub folder: TempDir,
}

impl Bed {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { url: format!("sqlite://{}?mode=rwc", folder.path().join("greenroom.db").display()), folder }
    }

    pub fn postgres() -> Option<Self> {
        postgres::database().map(|url| Self { url, folder: tempfile::tempdir().unwrap() })
    }

    /// One of each kind.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::sqlite()).chain(Self::postgres())
    }

    /// The database with its schema.
    pub async fn open(&self, clock: Clock) -> Store {
        let store = Store::connect(&self.url, 5, clock).await.unwrap();
        store.migrate().await.unwrap();
        store
    }
}

/// The plan of a statement, in one line; PostgreSQL does it without these methods.
pub async fn plan(store: &Store, statement: Statement, without: &[&str]) -> String {
    let (explain, column) = match store.backend() {
        Backend::Sqlite => ("EXPLAIN QUERY PLAN", "detail"),
        Backend::Postgres => ("EXPLAIN", "QUERY PLAN"),
    };
    // so small a table is read whole by PostgreSQL unless it is told not to
    let txn = store.begin().await.unwrap();
    if store.backend() == Backend::Postgres {
        for method in ["seqscan"].iter().chain(without) {
            txn.execute_unprepared(&format!("SET LOCAL enable_{method} = off")).await.unwrap();
        }
    }
    let statement = Statement { sql: format!("{explain} {}", statement.sql), ..statement };
    let rows = txn.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", column).unwrap()).collect::<Vec<_>>().join(" | ")
}
