//! Proof that this process lives: a lock that ends with it. Leases of a process whose lock is free are dead.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tokio::task::JoinHandle;

use super::connect::database_file;
use super::{Backend, Store, db};
use crate::domain::error::{Error, Kind, Result};

/// How often the lock's connection is looked after. For so long after a lost connection, at most, a living process
/// looks dead: other nodes may take over its jobs, which costs them a try but does no harm.
const CHECK: Duration = Duration::from_secs(2);

/// The lock of this process, under a boot id that no other process has.
///
/// PostgreSQL: a session advisory lock on a connection of its own, taken again when that is lost.
/// SQLite: an exclusive lock on `<database file>.lock`, so that one server at a time uses a data folder.
/// A database in memory has no other process to be told apart from.
#[derive(Debug)]
pub struct OwnerLock {
    boot_id: i64,
    /// Unlocked when closed; closed by the system when the process dies.
    _file: Option<File>,
    watch: Option<JoinHandle<()>>,
}

impl OwnerLock {
    /// Takes the lock. 409 `DATA_DIR_IN_USE`: another server uses this SQLite file.
    pub async fn acquire(store: &Store) -> Result<Self> {
        // positive, so that both databases and all their clients show it alike
        let boot_id = rand::random_range(1..=i64::MAX);
        let (file, watch) = match store.backend() {
            Backend::Sqlite => (lock_file(store.url())?, None),
            Backend::Postgres => (None, Some(lock_session(store.url(), boot_id).await?)),
        };
        Ok(Self { boot_id, _file: file, watch })
    }

    /// What this process writes as the owner of its leases.
    pub fn boot_id(&self) -> i64 {
        self.boot_id
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}

/// The file beside the database, if that is a file. Its real path: two spellings of one folder are one lock.
fn lock_path(url: &str) -> Option<PathBuf> {
    let file = database_file(url)?;
    let mut path = file.canonicalize().unwrap_or(file).into_os_string();
    path.push(".lock");
    Some(path.into())
}

fn lock_file(url: &str) -> Result<Option<File>> {
    let Some(path) = lock_path(url) else { return Ok(None) };
    let file = File::options().create(true).append(true).open(&path).map_err(|error| unlockable(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(in_use(&path)),
        Err(TryLockError::Error(error)) => Err(unlockable(&path, &error)),
    }
}

fn in_use(path: &Path) -> Error {
    let folder = path.parent().unwrap_or(path).display();
    let message = format!("Another Greenroom server is using {folder}: stop it or set DATA_DIR.");
    Error::new(Kind::Conflict, "DATA_DIR_IN_USE", "Data folder in use", message)
}

fn unlockable(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("The file {} cannot be locked: check the rights on its folder.", path.display());
    let mut away = Error::unavailable("DATABASE_UNAVAILABLE", message, Duration::from_secs(5));
    away.detail = Some(error.to_string());
    away
}

/// Takes the advisory lock and keeps it for as long as the task runs.
async fn lock_session(url: &str, boot_id: i64) -> Result<JoinHandle<()>> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).min_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
    options.acquire_timeout(Duration::from_secs(5)).set_application_name("greenroom owner lock");
    let session = Database::connect(options).await.map_err(db)?;
    lock(&session, boot_id).await.map_err(db)?;
    Ok(tokio::spawn(async move {
        loop {
            tokio::time::sleep(CHECK).await;
            if let Err(error) = lock(&session, boot_id).await {
                tracing::warn!(%error, "owner lock not confirmed, trying again");
            }
        }
    }))
}

/// PostgreSQL: whether the process with this boot id lives, a column or `$1`. A 64-bit key is shown as two halves.
pub(super) fn holds_its_lock(boot_id: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND (classid::bigint << 32 | objid::bigint) = {boot_id})"
    )
}

/// Takes the lock on whatever connection the session has by now. A session that has it already has it once more,
/// and gives up all at its end.
async fn lock(session: &DatabaseConnection, boot_id: i64) -> Result<(), sea_orm::DbErr> {
    session.execute_unprepared(&format!("SELECT pg_try_advisory_lock({boot_id})")).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::Clock;

    async fn store(path: &Path) -> Store {
        let url = format!("sqlite://{}?mode=rwc", path.display());
        Store::connect(&url, 1, Clock::system()).await.unwrap()
    }

    #[tokio::test]
    async fn one_process_at_a_time_uses_a_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (store(&folder.path().join("g.db")).await, store(&folder.path().join("./g.db")).await);
        let lock = OwnerLock::acquire(&first).await.unwrap();
        let refused = OwnerLock::acquire(&second).await.unwrap_err();
        assert_eq!(refused.code, "DATA_DIR_IN_USE");
        assert!(refused.message.contains(&folder.path().canonicalize().unwrap().display().to_string()));
        drop(lock);
        OwnerLock::acquire(&second).await.unwrap();
    }

    #[tokio::test]
    async fn databases_in_memory_are_not_locked() {
        let (first, second) = (lock_path("sqlite::memory:"), lock_path("sqlite:file:x?mode=memory&cache=shared"));
        assert_eq!((first, second), (None, None));
    }

    #[tokio::test]
    async fn boot_ids_are_positive_and_differ() {
        let store = Store::connect("sqlite::memory:", 1, Clock::system()).await.unwrap();
        let (first, second) = (OwnerLock::acquire(&store).await.unwrap(), OwnerLock::acquire(&store).await.unwrap());
        assert!(first.boot_id() > 0 && second.boot_id() > 0 && first.boot_id() != second.boot_id());
    }
}
