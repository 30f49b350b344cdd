//! Conversations of every kind, for REST and sockets alike: everything that is written goes through one [`Writer`],
//! everything that is read is checked for its reader.

mod missed;
mod reads;
mod writes;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::change::{By, Change, Done, Target, Wish};
use crate::domain::error::{Error, Result};
use crate::domain::event::Event;
use crate::domain::message;
use crate::store::{GLOBAL_ID, Store};

pub use reads::Recovered;

/// Writes changes in the order in which it is given them: the scribe, as services know it.
pub trait Writer: Send + Sync {
    /// Takes a change in, at once. 503 if too many wait already.
    fn submit(&self, change: Change) -> Result<oneshot::Receiver<Result<Done>>>;

    /// Tells of something that is not stored.
    fn tell(&self, event: Event);
}

/// A change that has its place in the order; resolves once it is stored, or refused.
pub struct Pending(oneshot::Receiver<Result<Done>>);

impl Future for Pending {
    type Output = Result<Done>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|answer| answer.unwrap_or_else(|_| Err(lost())))
    }
}

/// The writer ended before it answered: nobody knows whether the change is stored.
fn lost() -> Error {
    Error::unavailable(
        "WRITE_UNCERTAIN",
        "The server restarted a part of itself while it stored this: look whether it is there before you try again.",
        Duration::from_secs(1),
    )
}

/// The conversations service. Clones share everything.
#[derive(Clone)]
pub struct Conversations {
    store: Store,
    writer: Arc<dyn Writer>,
    /// Whether customers may post to everybody.
    global_for_all: bool,
}

impl Conversations {
    pub fn new(store: Store, writer: Arc<dyn Writer>, global_for_all: bool) -> Self {
        Self { store, writer, global_for_all }
    }

    /// Checks the form of a change and gives it its place in the order, at once: what is started first is stored first.
    pub fn start(&self, by: By, wish: Wish) -> Result<Pending> {
        self.check(by, &wish)?;
        self.writer.submit(Change { by, wish }).map(Pending)
    }

    fn check(&self, by: By, wish: &Wish) -> Result<()> {
        match wish {
            Wish::Post(draft) => {
                draft.check()?;
                let to_everybody = draft.target == Target::Conversation(GLOBAL_ID);
                if to_everybody && !self.global_for_all && !by.role.is_staff() {
                    return Err(Error::forbidden("Only agents may write to everybody on this server."));
                }
                Ok(())
            }
            Wish::Edit { content, .. } => message::content(content),
            Wish::React { emoji, .. } => message::emoji(emoji),
            _ => Ok(()),
        }
    }

    /// Tells of something that is not stored: typing, who joined a channel.
    pub fn tell(&self, event: Event) {
        self.writer.tell(event);
    }
}
