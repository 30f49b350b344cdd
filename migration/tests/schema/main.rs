//! The schema on both databases. PostgreSQL is tested where `GREENROOM_TEST_POSTGRES_URL` names a server
//! on which databases may be created; each check gets a database of its own.

// The lint is meant for the server: here an unexpected error fails the test.
#![allow(clippy::unwrap_used)]

mod checks;
mod rows;

use std::env;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr};

async fn sqlite() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    Database::connect(options).await
}

/// Runs a check on a new database of the server, if there is a server.
async fn on_postgres(name: &str, check: impl AsyncFnOnce(&DatabaseConnection)) {
    let server = env::var("GREENROOM_TEST_POSTGRES_URL").unwrap_or_default();
    if server.is_empty() {
        return;
    }
    let name = format!("greenroom_schema_{name}_{}", std::process::id());
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();

    let (base, _) = server.rsplit_once('/').unwrap();
    let db = Database::connect(format!("{base}/{name}")).await.unwrap();
    check(&db).await;

    db.close().await.unwrap();
    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
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
                crate::on_postgres(stringify!($check), async |db| crate::checks::$check(db).await).await;
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
