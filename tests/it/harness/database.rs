//! A fresh database for each server: a SQLite file in its data folder, or a database of a throwaway PostgreSQL.

use super::postgres;

/// Where a server keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    /// The URL of an empty database.
    Postgres(String),
}

/// One database of each kind that this machine has.
pub fn databases() -> Vec<Database> {
    let mut all = vec![Database::Sqlite];
    all.extend(postgres::database().map(Database::Postgres));
    all
}
