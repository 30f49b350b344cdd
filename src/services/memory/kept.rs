//! What outlives a socket: the set that a user loaded last. The next socket of the user has it again once the one that had it
//! is gone, however it went; a set belongs to one socket at a time.

use std::collections::HashSet;
use std::sync::Arc;

use time::Duration;
use tokio::sync::{mpsc, oneshot};

use super::Memories;
use crate::domain::error::Result;
use crate::domain::{JobId, UserId};
use crate::services::matching::Matcher;
use crate::store::{LoadedMemory, Store};

/// A set that nobody has used for so long is not restored.
const KEPT: Duration = Duration::days(7);

/// Sockets whose question is answered by one query.
const TOGETHER: usize = 512;

/// Somebody who may have something, and who waits to hear it.
type Asked = (UserId, oneshot::Sender<bool>);

/// Says who has anything to be restored. Thousands of sockets connect in one moment, and hardly any has: those that ask while
/// others are answered are answered by one query, and wait with a few bytes each.
#[derive(Clone)]
pub(super) struct Register(mpsc::UnboundedSender<Asked>);

impl Register {
    /// Must be called inside a runtime.
    pub fn open(store: Store) -> Self {
        let (ask, mut asked) = mpsc::unbounded_channel::<Asked>();
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while asked.recv_many(&mut waiting, TOGETHER).await > 0 {
                let users: HashSet<UserId> = waiting.iter().map(|(user, _)| *user).collect();
                match store.with_loaded_memory(&users).await {
                    Ok(with) => waiting.drain(..).for_each(|(user, answer)| _ = answer.send(with.contains(&user))),
                    // each finds out for itself, and says so
                    Err(_) => waiting.clear(),
                }
            }
        });
        Self(ask)
    }

    /// True as well if nobody knows.
    async fn may_have(&self, user: UserId) -> bool {
        let (answer, answered) = oneshot::channel();
        self.0.send((user, answer)).is_err() || answered.await.unwrap_or(true)
    }
}

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
    pub matcher: Arc<Matcher>,
    /// The socket that had it. It may still be open: then it has to forget.
    pub from: String,
}

impl Memories {
    /// Keeps what a signed-in socket was loaded with, for the one after it.
    pub async fn keep(&self, user: UserId, job: Option<JobId>, limit: u64, client_id: &str) -> Result<()> {
        self.store.keep_loaded_memory(user, job, limit, client_id, self.boot_id).await
    }

    /// Whether [`Self::restore`] may find something.
    pub async fn may_restore(&self, user: UserId) -> bool {
        self.kept.may_have(user).await
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
