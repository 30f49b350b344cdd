//! Database errors become [`Error`]s here, and nowhere else.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, SqlErr};

use crate::domain::error::{Error, Result};

/// The code of a transaction that the database gave up for another one.
const CONFLICT: &str = "DATABASE_BUSY";
/// How often a transaction is tried at most.
const TRIES: u32 = 5;

/// A lost or busy database is a 503 that passes; everything else is a defect of ours. What the driver says goes to the log.
pub fn db(error: DbErr) -> Error {
    if is_away(&error) {
        let mut away = Error::unavailable(
            "DATABASE_UNAVAILABLE",
            "The database cannot be reached at the moment. Nothing was changed: please try again in a few seconds.",
            Duration::from_secs(5),
        );
        away.detail = Some(error.to_string());
        // sockets tell their client only
        tracing::warn!(%error, "the database does not answer");
        return away;
    }
    if is_conflict(&error) {
        let mut busy = Error::unavailable(
            CONFLICT,
            "Too much is being changed at the same time. Nothing was changed: please try again in a moment.",
            Duration::from_secs(1),
        );
        busy.detail = Some(error.to_string());
        return busy;
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

/// PostgreSQL: of transactions that wait for each other one is given up (`40P01`), or cannot be put in an order (`40001`).
fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner))) = error else {
        return false;
    };
    let code = inner.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "40P01" || code == "40001")
}

/// Runs a whole transaction, and again if the database gave it up for another one: a few times, each a little later.
pub(super) async fn persistently<T, F: Future<Output = Result<T>>>(mut transaction: impl FnMut() -> F) -> Result<T> {
    for tried in 1..TRIES {
        match transaction().await {
            Err(error) if error.code == CONFLICT => {
                tracing::debug!(detail = error.detail, "transaction given up by the database, trying again");
                tokio::time::sleep(Duration::from_millis(rand::random_range(1..=20 * u64::from(tried)))).await;
            }
            done => return done,
        }
    }
    transaction().await
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use sea_orm::ConnectionTrait as _;
    use tokio::sync::Barrier;

    use super::*;
    use crate::domain::clock::Clock;
    use crate::store::testbed::Bed;

    #[tokio::test]
    async fn of_two_transactions_that_wait_for_each_other_both_are_done_in_the_end() {
        // SQLite has one writer
        let Some(bed) = Bed::postgres() else { return };
        let store = bed.open(Clock::system()).await;
        let rows = "CREATE TABLE pair (id int PRIMARY KEY, n int NOT NULL); INSERT INTO pair VALUES (1, 0), (2, 0)";
        store.write.execute_unprepared(rows).await.unwrap();
        let both_hold_one = Barrier::new(2);
        let tries = AtomicU32::new(0);
        let raise = async |ids: [i32; 2]| {
            let first_try = AtomicU32::new(0);
            let raised = persistently(|| async {
                tries.fetch_add(1, Ordering::Relaxed);
                let txn = store.begin().await?;
                for (n, id) in ids.into_iter().enumerate() {
                    if n == 1 && first_try.fetch_add(1, Ordering::Relaxed) == 0 {
                        both_hold_one.wait().await;
                    }
                    let raise = format!("UPDATE pair SET n = n + 1 WHERE id = {id}");
                    txn.execute_unprepared(&raise).await.map_err(db)?;
                }
                txn.commit().await.map_err(db)
            });
            raised.await.unwrap();
        };
        tokio::join!(raise([1, 2]), raise([2, 1]));
        assert_eq!(tries.load(Ordering::Relaxed), 3);
        let all = "UPDATE pair SET n = n WHERE n = 2";
        assert_eq!(store.write.execute_unprepared(all).await.unwrap().rows_affected(), 2);
    }
}
