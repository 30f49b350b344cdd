//! Database errors become [`Error`]s here, and nowhere else.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::domain::error::Error;

/// A lost or busy database is a 503 that passes; everything else is a defect of ours. What the driver says goes to the log.
pub fn db(error: DbErr) -> Error {
    if is_away(&error) {
        let mut away = Error::unavailable(
            "DATABASE_UNAVAILABLE",
            "The database cannot be reached at the moment. Nothing was changed: please try again in a few seconds.",
            Duration::from_secs(5),
        );
        away.detail = Some(error.to_string());
        return away;
    }
    Error::internal(format!("database: {error}"))
}

/// Whether a unique index refused the row. The column is looked for in what the driver says.
pub fn is_unique_violation(error: &DbErr, column: &str) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(message)) if message.contains(column))
}

fn is_away(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => is_away_sqlx(inner),
        _ => false,
    }
}

fn is_away_sqlx(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // PostgreSQL class 57P: shutting down, starting up; class 08: connection. SQLite 5 and 6: busy, locked.
        sqlx::Error::Database(inner) => inner
            .code()
            .is_some_and(|code| code.starts_with("57P") || code.starts_with("08") || code == "5" || code == "6"),
        _ => false,
    }
}
