//! The hub: one per node, on an arbiter of its own. It knows who is connected, and brings events to whom they concern.

mod delivery;
mod departures;
mod interest;
mod messages;
mod nodes;
mod order;
mod peers;
mod presence;
mod registry;
mod relay;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use actix::{Actor, AsyncContext, Context, Handler, MessageResult};
use tokio::sync::mpsc;

#[cfg(test)]
pub use messages::InjectPanic;
pub use messages::{
    Around, ChannelCounts, ClientId, Count, CountChannels, Counts, Declared, Drain, DropSocket, EndSessions, Entrance,
    Filled, Identify, Import, Memory, Neighbour, News, NodeId, Notice, Numbered, Outbound, Outbox, Overflow, Owner,
    Passing, Placed, PresenceMoved, Publish, PublishAll, Reach, Reached, Register, Run, Subscribe, Sweep, Swept, Type,
    Unregister, Unsubscribe, Which,
};
pub use nodes::Vicinity;
pub use order::Missing;
pub use peers::HubPeers;
pub use registry::{Limits, Online};
use registry::{Registry, Socket};
pub use relay::{Outgoing, Outgoings, Relay};

use departures::Departures;
use interest::{Interest, Listener};
use order::Order;
use presence::Presence;

use super::guard::Tombstone;
use crate::domain::error::{Error, Result};
use crate::domain::{ConversationId, UserId};
use crate::wire::{Closing, Dialect};

/// Messages that may wait for the hub.
const MAILBOX: usize = 4096;
/// After a restart the sessions have so long to register again; who has not come by then has left.
const SETTLE: Duration = Duration::from_secs(5);
/// A drain closes sockets in so many waves, so that not all of them reconnect elsewhere in one moment.
const WAVES: u32 = 10;
/// How often news are told to members who do not listen, changes of presence are looked at, and departures that waited are
/// told.
const NEWS: Duration = Duration::from_millis(250);

/// The hub's decisions. The actor around them only passes messages.
pub struct Hub {
    registry: Registry,
    interest: Interest,
    presence: Presence,
    departures: Departures,
    /// Conversations that got messages since the last news, with their members.
    unheard: HashMap<ConversationId, Arc<[UserId]>>,
    /// Dangles once the last news have been told: while they are not, what is new is collected.
    telling: Weak<()>,
    /// Sockets that could not take an event, and still have to be ended.
    doomed: VecDeque<ClientId>,
    ending_doomed: bool,
    /// `None` where nobody else writes into the database.
    order: Option<Order>,
    looking_for_missing: bool,
    /// A sweep has begun then, and another one is wanted after it.
    sweeping: Option<(Instant, bool)>,
    relay: Relay,
    born: Instant,
    draining: bool,
    notices: mpsc::UnboundedSender<Notice>,
    _tombstone: Tombstone,
}

impl Hub {
    /// `notices` tells what the hub wants read or written in the database.
    pub fn new(
        limits: Limits,
        vicinity: Vicinity,
        online: Online,
        notices: mpsc::UnboundedSender<Notice>,
        tombstone: Tombstone,
    ) -> Self {
        Self {
            registry: Registry::new(limits, online),
            interest: Interest::default(),
            presence: Presence::default(),
            departures: Departures::default(),
            unheard: HashMap::new(),
            telling: Weak::new(),
            doomed: VecDeque::new(),
            ending_doomed: false,
            order: vicinity.shared.then(|| Order::new(vicinity.relay.is_open())),
            looking_for_missing: false,
            sweeping: None,
            relay: vicinity.relay,
            born: Instant::now(),
            draining: false,
            notices,
            _tombstone: tombstone,
        }
    }

    fn register(&mut self, message: Register) -> Result<()> {
        if self.draining {
            return Err(draining());
        }
        if !message.returning {
            self.registry.admits(message.owner, message.address)?;
        }
        let Register { client_id, dialect, owner, address, outbox, returning: _ } = message;
        self.leave_all(client_id);
        self.registry.insert(client_id, Socket { dialect, owner, address, outbox });
        if let Some(owner) = owner {
            self.presence.arrived(owner.user, Instant::now());
        }
        self.count();
        Ok(())
    }

    fn identify(&mut self, client_id: ClientId, owner: Owner) -> Result<()> {
        let Some(socket) = self.registry.get(client_id) else { return Ok(()) };
        if socket.owner.is_none_or(|known| known.user != owner.user) {
            self.registry.admits(Some(owner), socket.address)?;
        }
        self.registry.identify(client_id, owner);
        self.presence.arrived(owner.user, Instant::now());
        Ok(())
    }

    /// Forgets a socket, and tells if somebody left with it.
    fn forget(&mut self, client_id: ClientId) -> Option<Socket> {
        let (socket, departed) = self.registry.remove(client_id)?;
        self.leave_all(client_id);
        if let Some(user) = departed {
            self.departed(user);
        }
        self.count();
        Some(socket)
    }

    fn departed(&mut self, user: UserId) {
        if self.registry.online().contains(user) {
            // on another node
            return;
        }
        self.presence.left(user, Instant::now());
        self.notify(Notice::Departed(user));
    }

    fn notify(&self, notice: Notice) {
        // nobody listens any more once the process shuts down
        let _ = self.notices.send(notice);
    }

    /// Forgets a socket and leaves it a last message.
    fn end(&mut self, client_id: ClientId, last: Outbound) {
        if let Some(socket) = self.forget(client_id) {
            socket.outbox.end(last);
        }
    }

    fn end_sessions(&mut self, which: Which, reason: &'static str) {
        for client_id in self.registry.concerned(which) {
            self.end(client_id, Outbound::Close(Closing::policy(reason)));
        }
    }

    fn reach(&self, Reach { client_id, user }: Reach) -> Option<Reached> {
        let socket = self.registry.get(client_id)?;
        let open = socket.dialect == Dialect::Coach && socket.owner.is_none_or(|owner| owner.user == user);
        open.then(|| Reached { outbox: socket.outbox.clone(), is_signed_in: socket.owner.is_some() })
    }

    fn drop_socket(&mut self, client_id: ClientId, user: UserId) -> bool {
        let theirs =
            self.registry.get(client_id).and_then(|socket| socket.owner).is_some_and(|owner| owner.user == user);
        if theirs {
            self.end(client_id, Outbound::Drop);
        }
        theirs
    }

    /// Closes up to so many sockets; false when none is left.
    fn wave(&mut self, size: usize) -> bool {
        for client_id in self.registry.some(size) {
            self.end(client_id, Outbound::Close(Closing::DRAINING));
        }
        self.registry.counts().connected_clients > 0
    }

    fn settle(&mut self) {
        for user in self.registry.settle() {
            self.departed(user);
        }
    }

    fn count_channels(&self) -> ChannelCounts {
        let clients = self.registry.count_of(|dialect| matches!(dialect, Dialect::Channels { .. }));
        ChannelCounts { clients, channels: self.interest.channels() }
    }

    fn counts(&self) -> Counts {
        Counts { conversations_with_listeners: self.interest.len(), ..self.registry.counts() }
    }

    #[expect(clippy::cast_precision_loss, reason = "there are never 2^52 sockets")]
    fn count(&self) {
        metrics::gauge!("greenroom_sockets").set(self.registry.counts().connected_clients as f64);
    }
}

/// The refusal of whoever comes while the node shuts down.
pub fn draining() -> Error {
    Error::unavailable("DRAINING", "This server is shutting down: connect again in a moment.", Duration::from_secs(2))
}

impl Actor for Hub {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        self.count();
        ctx.run_later(SETTLE, |hub, _| hub.settle());
        ctx.run_interval(NEWS, |hub, _| hub.tell_news(Instant::now()));
        if self.order.is_some() {
            ctx.run_interval(nodes::SWEEP, |hub, _| hub.sweep(Instant::now()));
        }
    }
}

impl Handler<Register> for Hub {
    type Result = Result<()>;

    fn handle(&mut self, message: Register, _: &mut Self::Context) -> Self::Result {
        self.register(message)
    }
}

impl Handler<Identify> for Hub {
    type Result = Result<()>;

    fn handle(&mut self, message: Identify, _: &mut Self::Context) -> Self::Result {
        self.identify(message.client_id, message.owner)
    }
}

impl Handler<Reach> for Hub {
    type Result = MessageResult<Reach>;

    fn handle(&mut self, message: Reach, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.reach(message))
    }
}

impl Handler<Unregister> for Hub {
    type Result = ();

    fn handle(&mut self, Unregister(client_id): Unregister, _: &mut Self::Context) {
        self.forget(client_id);
    }
}

impl Handler<Publish> for Hub {
    type Result = ();

    fn handle(&mut self, Publish(event): Publish, ctx: &mut Self::Context) {
        self.announce(event);
        self.look_for_missing(ctx);
    }
}

impl Handler<PublishAll> for Hub {
    type Result = ();

    fn handle(&mut self, PublishAll(events): PublishAll, ctx: &mut Self::Context) {
        self.announce_all(events);
        self.look_for_missing(ctx);
    }
}

impl Handler<Subscribe> for Hub {
    type Result = bool;

    fn handle(&mut self, message: Subscribe, _: &mut Self::Context) -> bool {
        self.subscribe(message)
    }
}

impl Handler<Unsubscribe> for Hub {
    type Result = bool;

    fn handle(&mut self, message: Unsubscribe, _: &mut Self::Context) -> bool {
        self.unsubscribe(message.conversation, message.client_id)
    }
}

impl Handler<Type> for Hub {
    type Result = bool;

    fn handle(&mut self, message: Type, _: &mut Self::Context) -> bool {
        self.types(message)
    }
}

impl Handler<PresenceMoved> for Hub {
    type Result = ();

    fn handle(&mut self, PresenceMoved(user): PresenceMoved, _: &mut Self::Context) {
        self.relay.tell(Outgoing::Declared(user));
        self.presence.declared(user, Instant::now());
    }
}

impl Handler<CountChannels> for Hub {
    type Result = MessageResult<CountChannels>;

    fn handle(&mut self, _: CountChannels, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.count_channels())
    }
}

impl Handler<EndSessions> for Hub {
    type Result = ();

    fn handle(&mut self, message: EndSessions, _: &mut Self::Context) {
        self.end_sessions(message.which, message.reason);
    }
}

impl Handler<Count> for Hub {
    type Result = MessageResult<Count>;

    fn handle(&mut self, _: Count, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.counts())
    }
}

impl Handler<DropSocket> for Hub {
    type Result = bool;

    fn handle(&mut self, message: DropSocket, _: &mut Self::Context) -> bool {
        self.drop_socket(message.client_id, message.user)
    }
}

#[cfg(test)]
impl Handler<InjectPanic> for Hub {
    type Result = ();

    fn handle(&mut self, _: InjectPanic, _: &mut Self::Context) {
        std::panic::panic_any("injected");
    }
}

impl Handler<Drain> for Hub {
    type Result = ();

    fn handle(&mut self, Drain { within }: Drain, ctx: &mut Self::Context) {
        self.draining = true;
        let size = self.registry.counts().connected_clients.div_ceil(WAVES as usize);
        if self.wave(size) {
            ctx.run_interval(within / WAVES, move |hub, _| {
                hub.wave(size);
            });
        }
    }
}
