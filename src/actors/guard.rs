//! Keeps an actor alive. `actix::Supervisor` restarts an actor that stops, but a panic ends its task and closes its
//! mailbox for good: here a guard field learns of it while the actor is unwound, and a fresh actor takes its place.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Arbiter, Context, Handler, MailboxError, Message, Recipient};
use tokio::sync::{mpsc, watch};

/// A restart waits this long, so that an actor that panics at once does not spin a core.
const PAUSE: Duration = Duration::from_millis(50);

/// Part of a guarded actor. Dropped with it, whether it stopped or panicked.
#[derive(Debug)]
pub struct Tombstone(mpsc::UnboundedSender<()>);

impl Tombstone {
    /// For actors that nobody guards, as in tests.
    pub fn unguarded() -> Self {
        Self(mpsc::unbounded_channel().0)
    }
}

impl Drop for Tombstone {
    fn drop(&mut self) {
        // nobody listens once the guard itself is gone
        let _ = self.0.send(());
    }
}

/// The present incarnation of an actor.
pub struct Guarded<A: Actor> {
    current: Arc<RwLock<Addr<A>>>,
    generation: watch::Receiver<u64>,
    retired: Arc<AtomicBool>,
}

impl<A: Actor> Clone for Guarded<A> {
    fn clone(&self) -> Self {
        Self { current: self.current.clone(), generation: self.generation.clone(), retired: self.retired.clone() }
    }
}

/// Starts an actor on an arbiter of its own, and again whenever it ends. Must be called inside an actix system.
pub fn keep<A, F>(name: &'static str, factory: F) -> Guarded<A>
where
    A: Actor<Context = Context<A>>,
    F: Fn(Tombstone) -> A + Clone + Send + 'static,
{
    let (died, mut deaths) = mpsc::unbounded_channel();
    let (announce, generation) = watch::channel(0);
    let mut arbiter = Arbiter::new();
    let current = Arc::new(RwLock::new(start(&arbiter, &factory, died.clone())));
    let guarded = Guarded { current: current.clone(), generation, retired: Arc::default() };
    let retired = guarded.retired.clone();
    actix::spawn(async move {
        while deaths.recv().await.is_some() && !retired.load(Ordering::Acquire) {
            tracing::error!(actor = name, "actor ended, starting a fresh one");
            metrics::counter!("greenroom_actor_restarts_total", "actor" => name).increment(1);
            tokio::time::sleep(PAUSE).await;
            if !arbiter.spawn(async {}) {
                arbiter = Arbiter::new();
            }
            *current.write().unwrap_or_else(PoisonError::into_inner) = start(&arbiter, &factory, died.clone());
            announce.send_modify(|generation| *generation += 1);
        }
        arbiter.stop();
    });
    guarded
}

fn start<A, F>(arbiter: &Arbiter, factory: &F, died: mpsc::UnboundedSender<()>) -> Addr<A>
where
    A: Actor<Context = Context<A>>,
    F: Fn(Tombstone) -> A + Clone + Send + 'static,
{
    let factory = factory.clone();
    A::start_in_arbiter(&arbiter.handle(), move |_| factory(Tombstone(died)))
}

impl<A: Actor> Guarded<A> {
    pub fn addr(&self) -> Addr<A> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Counts restarts; whoever told the actor something that a fresh one does not know tells it again on a change.
    pub fn generations(&self) -> watch::Receiver<u64> {
        self.generation.clone()
    }

    /// From now on an end is an end.
    pub fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    /// What peers know of the actor.
    pub fn peer<M>(&self) -> Peer<M>
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
        A::Context: ToEnvelope<A, M>,
    {
        let guarded = self.clone();
        Peer(Arc::new(move || guarded.addr().recipient()))
    }
}

/// An actor as its peers know it: by a message that it takes. Follows the actor over restarts.
pub struct Peer<M: Message + Send + 'static>(Arc<dyn Fn() -> Recipient<M> + Send + Sync>)
where
    M::Result: Send;

impl<M: Message + Send + 'static> Clone for Peer<M>
where
    M::Result: Send,
{
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M: Message + Send + 'static> From<Recipient<M>> for Peer<M>
where
    M::Result: Send,
{
    fn from(recipient: Recipient<M>) -> Self {
        Self(Arc::new(move || recipient.clone()))
    }
}

impl<M: Message + Send + 'static> Peer<M>
where
    M::Result: Send,
{
    /// Waits for a place in the mailbox and for the answer. `Closed`: the actor ended before it answered.
    pub async fn ask(&self, message: M) -> Result<M::Result, MailboxError> {
        (self.0)().send(message).await
    }

    /// Leaves a message, or drops it (and says so in the log) if the mailbox is full or closed.
    pub fn tell(&self, message: M) {
        if let Err(error) = (self.0)().try_send(message) {
            tracing::warn!(message = std::any::type_name::<M>(), %error, "message not delivered");
        }
    }

    /// Leaves a message; false if the mailbox is full or closed.
    pub fn offer(&self, message: M) -> bool {
        (self.0)().try_send(message).is_ok()
    }

    /// Leaves a message even in a full mailbox: for messages that must not get lost, and whose number something else
    /// bounds.
    #[expect(clippy::disallowed_methods, reason = "passing the bound is the purpose; callers argue why that is safe")]
    pub fn insist(&self, message: M) {
        (self.0)().do_send(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what it is told, until it is told to end in one way or another.
    struct Counter {
        seen: u32,
        _tombstone: Tombstone,
    }

    impl Actor for Counter {
        type Context = Context<Self>;
    }

    #[derive(Clone, Copy, Message)]
    #[rtype(result = "u32")]
    enum Tell {
        Count,
        Stop,
        Panic,
    }

    impl Handler<Tell> for Counter {
        type Result = u32;

        fn handle(&mut self, message: Tell, ctx: &mut Self::Context) -> u32 {
            use actix::ActorContext;
            match message {
                Tell::Count => self.seen += 1,
                Tell::Stop => ctx.stop(),
                Tell::Panic => panic!("injected"),
            }
            self.seen
        }
    }

    fn guarded() -> Guarded<Counter> {
        keep("counter", |tombstone| Counter { seen: 0, _tombstone: tombstone })
    }

    #[actix::test]
    async fn an_actor_that_panics_or_stops_is_replaced_by_a_fresh_one() {
        let guarded = guarded();
        let peer: Peer<Tell> = guarded.peer();
        let mut generations = guarded.generations();
        for end in [Tell::Panic, Tell::Stop, Tell::Panic] {
            assert_eq!((peer.ask(Tell::Count).await.ok(), peer.ask(Tell::Count).await.ok()), (Some(1), Some(2)));
            let _ = peer.ask(end).await;
            generations.changed().await.unwrap();
        }
        assert_eq!(*generations.borrow(), 3);
        assert_eq!(peer.ask(Tell::Count).await.ok(), Some(1));
    }

    #[actix::test]
    async fn who_asks_while_the_actor_dies_is_told_so() {
        let peer: Peer<Tell> = guarded().peer();
        assert!(matches!(peer.ask(Tell::Panic).await, Err(MailboxError::Closed)));
    }

    #[actix::test]
    async fn a_retired_actor_stays_dead() {
        let guarded = guarded();
        let peer: Peer<Tell> = guarded.peer();
        guarded.retire();
        let _ = peer.ask(Tell::Stop).await;
        // the guard's task ends, and drops the sender of the generations
        assert!(guarded.generations().changed().await.is_err());
        assert!(peer.ask(Tell::Count).await.is_err());
    }
}
