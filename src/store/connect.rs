//! Opening the database: SQLite with one writer and several readers, PostgreSQL with one pool.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgSslMode};
use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, TransactionTrait,
};

use super::db;
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Result};

/// Key of the advisory lock under which one node at a time migrates. Any constant will do; this one is "greenroo" in ASCII.
const MIGRATION_LOCK: i64 = 0x6772_6565_6e72_6f6f;

/// Page cache of SQLite's writer, which looks into the indexes with every message, and of each reader. Taken as needed.
const WRITER_CACHE_KIB: u32 = 32 * 1024;
const READER_CACHE_KIB: u32 = 4 * 1024;
/// Pages of SQLite's log that are moved into the file at once: 16 MiB, so that a page of an index that changes with each
/// message is moved once for many of them.
const CHECKPOINT_PAGES: &str = "4096";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// The database. Clones share its pools.
///
/// On SQLite every write goes through one connection: two writers would only meet as `SQLITE_BUSY`.
/// It is synchronous `FULL`, so that what was acknowledged survives the loss of power, not only of the process.
#[derive(Clone)]
pub struct Store {
    pub(super) read: DatabaseConnection,
    pub(super) write: DatabaseConnection,
    pub(super) clock: Clock,
    url: String,
}

impl Store {
    /// Connects to `sqlite:…` or `postgres://…` with at most `connections` connections. Does not migrate.
    pub async fn connect(url: &str, connections: u32, clock: Clock) -> Result<Self> {
        let url = url.to_owned();
        if url.starts_with("sqlite:") {
            keep_private(&url);
            let write = open(sqlite(&url, 1, "FULL", WRITER_CACHE_KIB)).await?;
            let read = match database_file(&url) {
                Some(_) => open(sqlite(&url, connections, "NORMAL", READER_CACHE_KIB)).await?,
                None => write.clone(),
            };
            return Ok(Self { read, write, clock, url });
        }
        let pool = open(postgres(&url, connections)).await?;
        Ok(Self { read: pool.clone(), write: pool, clock, url })
    }

    pub fn backend(&self) -> Backend {
        match self.read.get_database_backend() {
            DbBackend::Sqlite => Backend::Sqlite,
            _ => Backend::Postgres,
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Brings the schema up to date; on PostgreSQL one node at a time.
    pub async fn migrate(&self) -> Result<()> {
        if self.backend() == Backend::Sqlite {
            return Migrator::up(&self.write, None).await.map_err(db);
        }
        // A session lock belongs to its connection: hold one of a pool of its own while the migrations use another.
        let guard = open(postgres(&self.url, 1)).await?;
        guard.execute_unprepared(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await.map_err(db)?;
        let migrated = Migrator::up(&self.write, None).await.map_err(db);
        guard.close().await.map_err(db)?;
        migrated
    }

    /// Undoes the last `steps` migrations; their data is lost.
    pub async fn migrate_down(&self, steps: u32) -> Result<()> {
        Migrator::down(&self.write, Some(steps)).await.map_err(db)
    }

    /// The names of the migrations, and whether each has been applied.
    pub async fn migration_status(&self) -> Result<Vec<(String, bool)>> {
        let pending: Vec<String> = Migrator::get_pending_migrations(&self.read)
            .await
            .map_err(db)?
            .iter()
            .map(|m| m.name().to_owned())
            .collect();
        Ok(Migrator::get_migration_files()
            .iter()
            .map(|m| (m.name().to_owned(), !pending.iter().any(|p| p == m.name())))
            .collect())
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.read.execute_unprepared("SELECT 1").await.map(drop).map_err(db)
    }

    /// Connections of the pool: (open, idle).
    pub fn pool_size(&self) -> (u32, usize) {
        match self.backend() {
            Backend::Sqlite => {
                let (read, write) = (self.read.get_sqlite_connection_pool(), self.write.get_sqlite_connection_pool());
                (read.size() + write.size(), read.num_idle() + write.num_idle())
            }
            Backend::Postgres => {
                let pool = self.read.get_postgres_connection_pool();
                (pool.size(), pool.num_idle())
            }
        }
    }

    /// Begins a transaction that writes.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction> {
        self.write.begin().await.map_err(db)
    }

    /// Closes all connections; what is committed is on disk.
    pub async fn close(self) {
        for connection in [self.read, self.write] {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "closing the database");
            }
        }
    }
}

/// A new file of SQLite is nobody else's, and so are the files beside it, which take its mode. Whatever keeps this from
/// making it, SQLite will say.
fn keep_private(url: &str) {
    #[cfg(unix)]
    if let Some(path) = database_file(url) {
        use std::os::unix::fs::OpenOptionsExt as _;
        let _ = std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path);
    }
}

/// The file of a SQLite database that is not in memory only.
pub(super) fn database_file(url: &str) -> Option<PathBuf> {
    if url.contains(":memory:") || url.contains("mode=memory") {
        return None;
    }
    Some(SqliteConnectOptions::from_str(url).ok()?.get_filename().to_path_buf())
}

async fn open(options: ConnectOptions) -> Result<DatabaseConnection> {
    Database::connect(options).await.map_err(|error| {
        let mut away = Error::unavailable(
            "DATABASE_UNAVAILABLE",
            "The database cannot be opened: check DATABASE_URL, that the server runs, and the rights on the folder.",
            Duration::from_secs(5),
        );
        away.detail = Some(error.to_string());
        away
    })
}

fn sqlite(url: &str, connections: u32, synchronous: &'static str, cache_kib: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(connections).sqlx_logging(false).max_lifetime(None).idle_timeout(None);
    options.acquire_timeout(Duration::from_secs(10)).test_before_acquire(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("journal_mode", "WAL")
            .pragma("synchronous", synchronous)
            .pragma("journal_size_limit", "67108864")
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .pragma("cache_size", format!("-{cache_kib}"))
            .pragma("temp_store", "MEMORY")
            .optimize_on_close(true, None)
    });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(connections).sqlx_logging(false).acquire_timeout(Duration::from_secs(5));
    options.set_application_name("greenroom");
    options.map_sqlx_postgres_opts(plain_on_this_machine);
    options
}

/// Leaves encryption out where it was left open and nothing crosses a wire. It is not only its cost: sqlx 0.9.0 leaves
/// Nagle's algorithm on (launchbadge/sqlx#4335), so that each statement of more than one TLS record, 16 KiB, waits 40 ms
/// for a delayed acknowledgement.
fn plain_on_this_machine(options: PgConnectOptions) -> PgConnectOptions {
    let host = options.get_host();
    let here = host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    match options.get_ssl_mode() {
        PgSslMode::Prefer if here => options.ssl_mode(PgSslMode::Disable),
        _ => options,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_reads_the_files_of_the_database() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("g.db").display());
        let store = Store::connect(&url, 2, Clock::system()).await.unwrap();
        store.migrate().await.unwrap();
        let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap()).collect();
        assert!(files.len() >= 2, "{files:?}");
        for file in files {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
        }
    }

    #[test]
    fn a_database_on_this_machine_is_spoken_to_in_plain_unless_that_was_decided() {
        let mode = |url: &str| plain_on_this_machine(url.parse().unwrap()).get_ssl_mode();
        for here in ["postgres://localhost/g", "postgres://127.0.0.1/g", "postgres://[::1]/g?sslmode=prefer"] {
            assert!(matches!(mode(here), PgSslMode::Disable), "{here}");
        }
        assert!(matches!(mode("postgres://localhost/g?sslmode=require"), PgSslMode::Require));
        assert!(matches!(mode("postgres://db.example.com/g"), PgSslMode::Prefer));
    }
}
