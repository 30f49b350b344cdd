//! What outlives a socket: the set that a user loaded last. The next socket of the user has it again once the one that had it
//! is gone, however it went; a set belongs to one socket at a time.

use time::Duration;

use super::Memories;
use crate::domain::error::Result;
use crate::domain::{JobId, UserId};
use crate::services::matching::Matcher;
use crate::store::LoadedMemory;

/// A set that nobody has used for so long is not restored.
const KEPT: Duration = Duration::days(7);

/// A socket that has just signed in.
#[derive(Clone, Copy, Debug)]
pub struct Successor<'a> {
    pub user: UserId,
    pub client_id: &'a str,
    /// The socket that its client had before, if the client says so: then that one's set, and no other's.
    pub resumes: Option<&'a str>,
}

/// A set that was loaded again.
#[derive(Debug)]
pub struct Restored {
    pub matcher: Matcher,
    /// The socket that had it. It may still be open: then it has to forget.
    pub from: String,
}

impl Memories {
    /// Keeps what a signed-in socket was loaded with, for the one after it.
    pub async fn keep(&self, user: UserId, job: Option<JobId>, limit: u64, client_id: &str) -> Result<()> {
        self.store.keep_loaded_memory(user, job, limit, client_id, self.boot_id).await
    }

    /// Loads again what the user loaded last, if no living socket has it; `None` if there is nothing to be restored.
    /// `is_open` tells of a socket of this process.
    pub async fn restore(
        &self,
        successor: Successor<'_>,
        is_open: impl AsyncFn(&str) -> Result<bool>,
    ) -> Result<Option<Restored>> {
        let Successor { user, client_id, resumes } = successor;
        let Some(kept) = self.store.loaded_memory(user).await? else { return Ok(None) };
        if kept.client_id == client_id || kept.loaded_at + KEPT < self.store.clock().now() {
            return Ok(None);
        }
        let free = match resumes {
            Some(named) => kept.client_id == named || kept.predecessor.as_deref() == Some(named),
            None => !self.is_held(&kept, is_open).await?,
        };
        if !free || !self.store.pass_loaded_memory(user, &kept.client_id, client_id, self.boot_id).await? {
            return Ok(None);
        }
        let matcher = self.load(user, kept.job, kept.limit).await?;
        Ok((!matcher.is_empty()).then_some(Restored { matcher, from: kept.client_id }))
    }

    /// Forgets what a socket has, and what the user would get back in the place of one that is gone.
    pub async fn forget(
        &self,
        user: UserId,
        client_id: &str,
        is_open: impl AsyncFn(&str) -> Result<bool>,
    ) -> Result<()> {
        let Some(kept) = self.store.loaded_memory(user).await? else { return Ok(()) };
        if kept.client_id != client_id && self.is_held(&kept, is_open).await? {
            return Ok(());
        }
        self.store.forget_loaded_memory(user, &kept.client_id).await
    }

    /// A socket that may have a set is gone: other nodes cannot see that by themselves.
    pub async fn release(&self, user: UserId, client_id: &str) -> Result<()> {
        self.store.release_loaded_memory(user, client_id).await
    }

    async fn is_held(&self, kept: &LoadedMemory, is_open: impl AsyncFn(&str) -> Result<bool>) -> Result<bool> {
        match kept.boot_id {
            None => Ok(false),
            Some(boot_id) if boot_id == self.boot_id => is_open(&kept.client_id).await,
            Some(boot_id) => self.store.process_lives(boot_id).await,
        }
    }
}
