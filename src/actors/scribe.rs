//! The scribe: one per node, on an arbiter of its own. It owns the order of writes: collects what is posted, writes it in
//! one transaction, answers everybody, and tells the hub.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::ActorFutureExt as _;
use actix::{Actor, AsyncContext, Context, Handler, Message, WrapFuture};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::guard::{Peer, Tombstone};
use super::hub::{HubPeers, Publish, PublishAll};
use crate::domain::change::{Change, Done};
use crate::domain::error::{Error, Result};
use crate::domain::event::Event;
use crate::services::conversations::Writer;
use crate::store::{Ledger, Written};

/// Changes of one transaction.
const BATCH: usize = 256;
/// Bytes of content of one transaction, unless a single change has more: written as JSON they are six times as many at worst,
/// which a listener can still be left in one go.
const BATCH_BYTES: usize = 128 * 1024;
/// Changes that may wait.
const QUEUE: usize = 8192;
/// Bytes of content that may wait, on their way to the scribe included.
const QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// Messages that may wait in the mailbox.
const MAILBOX: usize = 4096;

/// From services: a change, and whom to tell what came of it.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Write {
    pub change: Change,
    pub answer: oneshot::Sender<Result<Done>>,
    pub weight: Weight,
}

/// The bytes of a change that waits: counted until it is dropped.
pub struct Weight {
    bytes: usize,
    waiting: Arc<AtomicUsize>,
}

impl Weight {
    #[cfg(test)]
    fn none() -> Self {
        Self { bytes: 0, waiting: Arc::default() }
    }

    /// `None` if too much waits already.
    fn of(change: &Change, waiting: &Arc<AtomicUsize>) -> Option<Self> {
        let bytes = change.weight();
        let weight = Self { bytes, waiting: waiting.clone() };
        (waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= QUEUE_BYTES).then_some(weight)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// From tests: what a defect would do.
#[cfg(test)]
#[derive(Message)]
#[rtype(result = "()")]
pub struct InjectPanic;

pub struct Scribe {
    ledger: Ledger,
    publish: Peer<PublishAll>,
    waiting: Vec<Write>,
    writing: bool,
    /// The hub takes the events of one transaction before those of the next but one are made: it is never flooded.
    publishing: Option<JoinHandle<()>>,
    _tombstone: Tombstone,
}

impl Scribe {
    pub fn new(ledger: Ledger, publish: Peer<PublishAll>, tombstone: Tombstone) -> Self {
        Self { ledger, publish, waiting: Vec::new(), writing: false, publishing: None, _tombstone: tombstone }
    }

    fn take(&mut self, write: Write) {
        if self.waiting.len() < QUEUE {
            self.waiting.push(write);
        } else {
            // whoever asked is gone if this fails
            let _ = write.answer.send(Err(busy()));
        }
    }

    /// What the next transaction writes, the oldest first.
    fn next_batch(&mut self) -> Vec<Write> {
        let mut bytes = 0;
        let heavy = |write: &Write| {
            bytes += write.change.content().len();
            bytes > BATCH_BYTES
        };
        let fits = self.waiting.iter().take(BATCH).position(heavy).unwrap_or(BATCH).max(1);
        let rest = self.waiting.split_off(self.waiting.len().min(fits));
        std::mem::replace(&mut self.waiting, rest)
    }

    /// Begins a transaction unless one is under way; what comes meanwhile is the next one's.
    fn write(&mut self, ctx: &mut Context<Self>) {
        if self.writing || self.waiting.is_empty() {
            return;
        }
        self.writing = true;
        let batch = self.next_batch();
        let done = write(self.ledger.clone(), self.publish.clone(), batch, self.publishing.take());
        ctx.spawn(done.into_actor(self).map(|publishing, scribe, ctx| {
            scribe.publishing = publishing;
            scribe.writing = false;
            scribe.write(ctx);
        }));
    }
}

/// One transaction: stored first, then answered, then told.
async fn write(
    ledger: Ledger,
    publish: Peer<PublishAll>,
    batch: Vec<Write>,
    before: Option<JoinHandle<()>>,
) -> Option<JoinHandle<()>> {
    let of = |Write { change, answer, weight }| (change, (answer, weight));
    let (changes, answers): (Vec<_>, Vec<_>) = batch.into_iter().map(of).unzip();
    metrics::histogram!("greenroom_scribe_batch").record(u32::try_from(changes.len()).unwrap_or(u32::MAX));
    let written = ledger.write(&changes).await;
    let mut events = Vec::new();
    for (Written { done, events: told }, (answer, weight)) in written.into_iter().zip(answers) {
        drop(weight);
        events.extend(told);
        // whoever asked may be gone; what was stored is told all the same
        let _ = answer.send(done);
    }
    if let Some(before) = before {
        // it cannot fail; if it did, its events are lost with the hub
        let _ = before.await;
    }
    (!events.is_empty()).then(|| {
        actix::spawn(async move {
            ledger.count_unread(&mut events).await;
            let events = events.into_iter().map(Arc::new).collect();
            if publish.ask(PublishAll(events)).await.is_err() {
                tracing::warn!("events not delivered: the hub is being restarted, its sockets catch up");
            }
        })
    })
}

fn busy() -> Error {
    Error::unavailable(
        "SCRIBE_BUSY",
        "Too many messages are being stored at the moment. Nothing was stored: try again in a moment.",
        Duration::from_secs(1),
    )
}

impl Actor for Scribe {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
    }
}

impl Handler<Write> for Scribe {
    type Result = ();

    fn handle(&mut self, write: Write, ctx: &mut Self::Context) {
        self.take(write);
        if !self.writing && self.waiting.len() == 1 {
            // whatever is in the mailbox already comes along
            ctx.notify(Begin);
        }
    }
}

/// From itself: everything that came together has been taken.
#[derive(Message)]
#[rtype(result = "()")]
struct Begin;

impl Handler<Begin> for Scribe {
    type Result = ();

    fn handle(&mut self, _: Begin, ctx: &mut Self::Context) {
        self.write(ctx);
    }
}

#[cfg(test)]
impl Handler<InjectPanic> for Scribe {
    type Result = ();

    fn handle(&mut self, _: InjectPanic, _: &mut Self::Context) {
        std::panic::panic_any("injected");
    }
}

/// The scribe and the hub as services know them.
#[derive(Clone)]
pub struct Desk {
    write: Peer<Write>,
    hub: HubPeers,
    /// Bytes that wait to be stored.
    waiting: Arc<AtomicUsize>,
}

impl Desk {
    pub fn new(write: Peer<Write>, hub: HubPeers) -> Self {
        Self { write, hub, waiting: Arc::default() }
    }
}

impl Writer for Desk {
    fn submit(&self, change: Change) -> Result<oneshot::Receiver<Result<Done>>> {
        let (answer, answered) = oneshot::channel();
        let weight = Weight::of(&change, &self.waiting).ok_or_else(busy)?;
        if self.write.offer(Write { change, answer, weight }) { Ok(answered) } else { Err(busy()) }
    }

    fn tell(&self, event: Event) {
        self.hub.publish.tell(Publish(Arc::new(event)));
    }
}

#[cfg(test)]
mod tests;
