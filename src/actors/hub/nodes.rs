//! Several nodes on one database: what this one tells the others, what it hears of them, and how it finds what it did not hear.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{AsyncContext, Context, Handler};

use super::order::{GRACE, Order};
use super::{Declared, Filled, Hub, Import, Neighbour, Notice, Outgoing, Placed, Relay, Sweep, Swept};
use crate::domain::ConversationId;
use crate::domain::event::Event;

/// How often the database is asked what was not told: for so long, at most, a node without Redis does not know of it.
pub(super) const SWEEP: Duration = Duration::from_secs(30);

/// Who else is there.
#[derive(Clone, Debug)]
pub struct Vicinity {
    /// Whether other nodes can write into the same database.
    pub shared: bool,
    pub relay: Relay,
}

/// Whether other nodes need to be told. Each makes for itself what depends on who listens there.
fn concerns_others(event: &Event) -> bool {
    match event {
        Event::JobProgressed { .. }
        | Event::Stored(_)
        | Event::ConversationChanged(_)
        | Event::Read { .. }
        | Event::Typing { .. }
        | Event::ChannelEntered { .. } => true,
        Event::PresenceChanged { .. } | Event::Unheard { .. } => false,
    }
}

impl Hub {
    /// An event of this node: for everybody here, and for the other nodes.
    pub(super) fn announce(&mut self, event: Arc<Event>) {
        self.announce_all(vec![event]);
    }

    /// The same for the events of one transaction.
    pub(super) fn announce_all(&mut self, events: Vec<Arc<Event>>) {
        for event in events.iter().filter(|event| concerns_others(event)) {
            self.relay.tell(Outgoing::Event(event.clone()));
        }
        self.bring(events);
    }

    /// Tells of events when their turn has come.
    pub(super) fn bring(&mut self, events: Vec<Arc<Event>>) {
        if self.order.is_some() {
            self.release(|order, now| events.into_iter().flat_map(|event| order.take(event, now)).collect());
        } else {
            self.publish_all(&events);
        }
    }

    /// Tells of what the order gives free.
    fn release(&mut self, free: impl FnOnce(&mut Order, Instant) -> Vec<Arc<Event>>) {
        let ready = self.order.as_mut().map(|order| free(order, Instant::now()));
        self.publish_all(&ready.unwrap_or_default());
    }

    /// Nobody waits for the place of a conversation to which nobody listens any more.
    pub(super) fn abandon(&mut self, conversation: ConversationId) {
        if !self.interest.is_heard(conversation) {
            self.release(|order, now| order.abandoned(conversation, now));
        }
    }

    /// A conversation is gone.
    pub(super) fn gone(&mut self, conversation: ConversationId) {
        self.clear(conversation);
        self.unheard.remove(&conversation);
        if let Some(order) = &mut self.order {
            order.forget(conversation);
        }
    }

    /// Asks the database for what does not come by itself, as long as something is missing.
    pub(super) fn look_for_missing(&mut self, ctx: &mut Context<Self>) {
        let is_behind = self.order.as_ref().is_some_and(Order::is_behind);
        if is_behind && !std::mem::replace(&mut self.looking_for_missing, true) {
            ctx.run_later(GRACE, |hub, ctx| {
                hub.looking_for_missing = false;
                hub.ask_for_missing(Instant::now());
                hub.look_for_missing(ctx);
            });
        }
    }

    pub(super) fn ask_for_missing(&mut self, now: Instant) {
        let Some(order) = &mut self.order else { return };
        let begun = order.begin(now);
        let given_up = order.give_up(now);
        let missing = order.missing(now);
        self.publish_all(&begun);
        for (conversation, ready) in given_up {
            tracing::warn!(%conversation, "too many changes of other nodes missed, its listeners begin anew");
            self.doomed.extend(self.interest.ids(conversation, |_| true));
            self.end_doomed();
            self.publish_all(&ready);
        }
        for missing in missing {
            metrics::counter!("greenroom_gaps_total").increment(1);
            self.notify(Notice::Missing(missing));
        }
    }

    pub(super) fn fill(&mut self, Filled { missing, events }: Filled) {
        match events {
            Some(events) => {
                // whoever lost access meanwhile must not hear what was missed
                if let Some(Event::Stored(now)) = events.first().map(|event| &**event) {
                    self.shut_out(&now.conversation, &now.members);
                }
                self.release(|order, now| order.fill(&missing, events, now));
            }
            None => self.gone(missing.conversation),
        }
    }

    /// Asks what became of everything that is known here. One at a time: what comes up meanwhile is the next one's.
    pub(super) fn sweep(&mut self, now: Instant) {
        if let Some((since, again)) = &mut self.sweeping
            && now < *since + SWEEP
        {
            *again = true;
            return;
        }
        let Some(order) = &mut self.order else { return };
        let places = order.conversations(now, |conversation| self.interest.is_heard(conversation));
        let sessions: Vec<_> = self.registry.sessions().into_iter().collect();
        let unasked = self.registry.has_unasked().then(|| now.saturating_duration_since(self.born));
        let listeners = self.interest.listeners();
        if !(sessions.is_empty() && listeners.is_empty()) {
            self.sweeping = Some((now, false));
            self.notify(Notice::Sweep { sessions, places, listeners, unasked });
        }
    }

    pub(super) fn swept(&mut self, Swept { places, shut_out, recent }: Swept) {
        let again = self.sweeping.take().is_some_and(|(_, again)| again);
        for (conversation, user) in shut_out {
            for id in self.interest.ids(conversation, |listener| listener.owner.user == user) {
                self.interest.remove(conversation, id);
            }
            self.abandon(conversation);
        }
        for (conversation, last_seq) in places {
            match last_seq {
                Some(seq) => self.exists(conversation, seq),
                None => self.gone(conversation),
            }
        }
        for recent in recent {
            let unknown = self.order.as_ref().is_some_and(|order| !order.contains(recent.conversation));
            if unknown {
                self.release(|order, now| order.known(recent.conversation, recent.first - 1, now));
                self.exists(recent.conversation, recent.last);
            }
        }
        if again {
            self.sweep(Instant::now());
        }
    }

    /// The database has changes of a conversation up to here. A place that is not known yet stays so.
    fn exists(&mut self, conversation: ConversationId, seq: i64) {
        self.release(|order, now| order.exists(conversation, seq, now));
    }

    /// A socket knows a conversation up to here.
    pub(super) fn placed(&mut self, conversation: ConversationId, last_seq: i64) {
        self.release(|order, now| order.known(conversation, last_seq, now));
    }

    /// Who is on another node now: to be told as if they were here.
    pub(super) fn meet(&mut self, Neighbour { node, around }: Neighbour) {
        let (came, left) = self.registry.online().note(node, around);
        for user in came {
            self.presence.arrived(user, Instant::now());
        }
        for user in left {
            self.departed(user);
        }
    }
}

impl Handler<Import> for Hub {
    type Result = ();

    fn handle(&mut self, Import(events): Import, ctx: &mut Self::Context) {
        self.bring(events);
        self.look_for_missing(ctx);
    }
}

impl Handler<Neighbour> for Hub {
    type Result = ();

    fn handle(&mut self, message: Neighbour, _: &mut Self::Context) {
        self.meet(message);
    }
}

impl Handler<Declared> for Hub {
    type Result = ();

    fn handle(&mut self, Declared(user): Declared, _: &mut Self::Context) {
        self.presence.declared(user, Instant::now());
    }
}

impl Handler<Placed> for Hub {
    type Result = ();

    fn handle(&mut self, Placed { conversation, last_seq }: Placed, ctx: &mut Self::Context) {
        self.placed(conversation, last_seq);
        self.look_for_missing(ctx);
    }
}

impl Handler<Sweep> for Hub {
    type Result = ();

    fn handle(&mut self, _: Sweep, _: &mut Self::Context) {
        self.sweep(Instant::now());
    }
}

impl Handler<Filled> for Hub {
    type Result = ();

    fn handle(&mut self, message: Filled, ctx: &mut Self::Context) {
        self.fill(message);
        self.look_for_missing(ctx);
    }
}

impl Handler<Swept> for Hub {
    type Result = ();

    fn handle(&mut self, message: Swept, ctx: &mut Self::Context) {
        self.swept(message);
        self.look_for_missing(ctx);
    }
}
