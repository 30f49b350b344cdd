//! The schema on both databases; each check gets a database of its own.

// The lint is meant for the server: here an unexpected error fails the test.
#![allow(clippy::unwrap_used)]

mod checks;
#[path = "../../../tests/support/postgres.rs"]
mod postgres;
#[path = "../../../tests/support/require.rs"]
mod require;
mod rows;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

async fn sqlite() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    Database::connect(options).await
}

/// Runs a check on a new database of PostgreSQL, if there is one.
async fn on_postgres(check: impl AsyncFnOnce(&DatabaseConnection)) {
    let Some(url) = postgres::database() else { return };
    let db = Database::connect(url).await.unwrap();
    check(&db).await;
    db.close().await.unwrap();
}

macro_rules! on_both_databases {
    ($($check:ident),* $(,)?) => {$(
        mod $check {
            #[tokio::test]
            async fn on_sqlite() {
                crate::checks::$check(&crate::sqlite().await.unwrap()).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                crate::on_postgres(async |db| crate::checks::$check(db).await).await;
            }
        }
    )*};
}

on_both_databases! {
    a_revert_leaves_nothing,
    every_table_keeps_a_row,
    erasing_a_user_takes_what_is_theirs,
    bad_values_are_refused,
    doubles_are_refused,
    later_times_compare_as_later,
    messages_are_found_by_their_words,
    the_first_conversations_exist,
}
