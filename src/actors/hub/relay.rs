//! The way from the hub and the services to the other nodes: a bounded queue, which the bridge empties. Who puts something in
//! never waits; what does not fit is lost, and the bridge says so to the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, mpsc, oneshot};
use uuid::Uuid;

use super::messages::Which;
use crate::domain::UserId;
use crate::domain::event::Event;

/// What may wait for the bridge.
const QUEUE: usize = 4096;

/// What other nodes are told.
#[derive(Debug)]
pub enum Outgoing {
    /// From the hub: an event of this node.
    Event(Arc<Event>),
    /// From the hub: somebody said to be away, or back.
    Declared(UserId),
    /// From the accounts: sessions ended, and with them these tokens.
    Ended { which: Which, tokens: Vec<Uuid> },
    /// From the shutdown: this node goes. Answered once the others are told.
    Leave(oneshot::Sender<()>),
}

/// The end into which things are put. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Relay {
    queue: Option<mpsc::Sender<Outgoing>>,
    lost: Arc<AtomicBool>,
}

/// The end out of which the bridge takes them: outlives its restarts.
#[derive(Clone, Debug)]
pub struct Outgoings {
    pub queue: Arc<Mutex<mpsc::Receiver<Outgoing>>>,
    lost: Arc<AtomicBool>,
}

impl Relay {
    /// Leads nowhere: there is one node only.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn open() -> (Self, Outgoings) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let lost = Arc::<AtomicBool>::default();
        (Self { queue: Some(sender), lost: lost.clone() }, Outgoings { queue: Arc::new(Mutex::new(receiver)), lost })
    }

    /// Whether there may be other nodes at its end.
    pub fn is_open(&self) -> bool {
        self.queue.is_some()
    }

    /// Leaves something for the others.
    pub fn tell(&self, outgoing: Outgoing) {
        if let Some(queue) = &self.queue
            && queue.try_send(outgoing).is_err()
        {
            self.lost.store(true, Ordering::Release);
        }
    }

    /// Tells the others that this node goes, and waits until they are told.
    pub async fn leave(&self) {
        let (told, heard) = oneshot::channel();
        self.tell(Outgoing::Leave(told));
        // an error: there is no bridge, or it is away; then the others find out by themselves
        let _ = heard.await;
    }
}

impl Outgoings {
    /// Out of which nothing comes.
    pub fn none() -> Self {
        Self { queue: Arc::new(Mutex::new(mpsc::channel(1).1)), lost: Arc::default() }
    }

    /// Whether something got lost since this was last asked.
    pub fn lost(&self) -> bool {
        self.lost.swap(false, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_does_not_fit_is_lost_and_known_to_be() {
        let (relay, outgoings) = Relay::open();
        assert!(!outgoings.lost());
        (0..QUEUE).for_each(|_| relay.tell(Outgoing::Declared(1)));
        assert!(!outgoings.lost());
        relay.tell(Outgoing::Declared(2));
        assert!(outgoings.lost() && !outgoings.lost());
        let mut waiting = Vec::new();
        assert_eq!(outgoings.queue.lock().await.recv_many(&mut waiting, 2 * QUEUE).await, QUEUE);
    }

    #[tokio::test]
    async fn without_other_nodes_nothing_is_kept_and_leaving_waits_for_nobody() {
        let relay = Relay::none();
        relay.tell(Outgoing::Declared(1));
        relay.leave().await;
    }
}
