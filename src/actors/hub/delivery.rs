//! Who is told of an event: those who listen, those whom their dialect tells without asking, and those concerned.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::departures::Departure;
use super::registry::Socket;
use super::{
    ClientId, Entrance, Hub, Listener, News, Notice, Numbered, Outbound, Owner, Passing, Run, Subscribe, Type,
};
use crate::domain::change::Ack;
use crate::domain::conversation::Conversation;
use crate::domain::event::{ConversationChange, ConversationChanged, Event, Stored, What};
use crate::domain::user::User;
use crate::domain::{ConversationId, UserId};
use crate::wire::{Closing, Dialect, Encoded, Hears, IsOnline, Reader};

/// Bytes of a run: far below what may wait for one socket, so that one that reads is never refused a run as a whole.
const PIECE: usize = 128 * 1024;

/// Sockets that could not take an event.
type Slow = Vec<ClientId>;

impl Hub {
    /// Brings the events of one transaction to whom they concern. Those that are messages go to each socket together, by
    /// conversation: their order there is kept, and that is all the order there is.
    pub(super) fn publish_all(&mut self, events: &[Arc<Event>]) {
        let mut runs = Runs::default();
        for event in events {
            match &**event {
                Event::Stored(stored) if stored.what.is_message() => runs.add(event, stored),
                event => {
                    self.publish_runs(std::mem::take(&mut runs));
                    self.publish(event);
                }
            }
        }
        self.publish_runs(runs);
    }

    fn publish_runs(&mut self, runs: Runs<'_>) {
        for (conversation, run) in runs.0 {
            let slow = self.deliver_run(conversation, &run);
            self.doomed.extend(slow);
        }
        self.end_doomed();
    }

    /// Brings an event to whom it concerns, and drops who cannot take it.
    pub(super) fn publish(&mut self, event: &Event) {
        let slow = match event {
            Event::PresenceChanged { user, is_online, .. } if !self.presence.tell(user.id, *is_online) => return,
            Event::Typing { conversation, user, typing }
                if !self.presence.types(*conversation, *user, *typing, Instant::now()) =>
            {
                return;
            }
            Event::Stored(stored) => self.deliver_run(stored.conversation.id, &[(event, stored)]),
            event => self.deliver(event),
        };
        self.doomed.extend(slow);
        self.end_doomed();
        self.settle_interest(event);
    }

    /// Ends those who could not keep up. That they leave is an event of its own, which may find more of them: they join
    /// the queue, so that a channel full of stalled sockets costs a loop and not a stack.
    pub(super) fn end_doomed(&mut self) {
        if std::mem::replace(&mut self.ending_doomed, true) {
            return;
        }
        while let Some(client_id) = self.doomed.pop_front() {
            if let Some(socket) = self.forget(client_id) {
                tracing::info!(%client_id, "slow consumer dropped");
                metrics::counter!("greenroom_slow_consumers_total").increment(1);
                socket.outbox.end(Outbound::Close(Closing::SLOW));
            }
        }
        self.ending_doomed = false;
    }

    /// Whom events show as online.
    fn is_online(&self) -> impl Fn(&User) -> bool + use<> {
        let online = self.registry.online().clone();
        move |user: &User| !user.away && online.contains(user.id)
    }

    fn deliver(&mut self, event: &Event) -> Slow {
        let is_online = self.is_online();
        let encoded = Encoded::new(event, &is_online);
        match event {
            Event::JobProgressed { owner, .. } => offer(&encoded, self.registry.of_user(*owner)),
            Event::Stored(stored) => self.deliver_run(stored.conversation.id, &[(event, stored)]),
            Event::ConversationChanged(changed) => self.deliver_changed(&encoded, changed),
            Event::Read { conversation, .. } | Event::ChannelEntered { conversation, .. } => {
                offer_listeners(&encoded, *conversation, self.interest.of(*conversation))
            }
            Event::Typing { conversation, user, .. } => {
                let others = self.interest.of(*conversation).filter(|(_, listener)| listener.owner.user != *user);
                offer_listeners(&encoded, *conversation, others)
            }
            Event::PresenceChanged { user, audience, .. } => {
                let told: HashSet<UserId> = audience.iter().copied().filter(|id| *id != user.id).collect();
                let customers = |socket: &Socket| socket.owner.is_some_and(|owner| !owner.is_staff());
                let acquainted = told.iter().flat_map(|id| self.registry.of_user(*id));
                let acquainted = acquainted.filter(|(_, socket)| customers(socket));
                offer(&encoded, acquainted.chain(self.registry.of_staff()))
            }
            Event::Unheard { to, overview } => {
                let conversation = overview.conversation.id;
                let deaf = |(id, _): &(ClientId, &Socket)| !self.interest.contains(conversation, *id);
                offer(&encoded, self.registry.of_user(*to).filter(deaf))
            }
        }
    }

    /// Brings stored events of one conversation to those who listen to it.
    fn deliver_run(&mut self, conversation: ConversationId, run: &[(&Event, &Stored)]) -> Slow {
        let is_online = self.is_online();
        let mut shared = SharedRuns::new(conversation, run, &is_online);
        let listeners = self.interest.of(conversation);
        let refuses = |listener: &Listener| {
            let runs = shared.of(listener.dialect, listener.owner.reader());
            runs.iter().any(|run| listener.outbox.offer_run(run).is_err())
        };
        let mut slow: Slow = offered(listeners, refuses);
        for (encoded, stored) in shared.encoded.iter().zip(run.iter().map(|(_, stored)| stored)) {
            slow.extend(self.tell_others(encoded, stored));
        }
        slow
    }

    /// Brings a stored event to those who do not listen and hear of it all the same.
    fn tell_others(&mut self, encoded: &Encoded<'_>, stored: &Stored) -> Slow {
        let conversation = stored.conversation.id;
        let mut slow = Slow::new();
        if self.registry.has_unasked() {
            slow.extend(self.deliver_unasked(encoded, &stored.conversation, &stored.members));
        }
        match &stored.what {
            // a change of the conversation itself is told to all its members, whether they listen or not
            What::StatusChanged { .. } | What::Assigned { .. } => {
                let sockets = stored.members.iter().flat_map(|user| self.registry.of_user(*user));
                let deaf = sockets.filter(|(id, socket)| {
                    !self.interest.contains(conversation, *id)
                        && socket.dialect.hears(stored.conversation.kind) == Hears::Nothing
                });
                slow.extend(offer(encoded, deaf));
            }
            What::Posted { .. } | What::Updated { .. } | What::Deleted { .. } => {
                if !stored.members.is_empty() {
                    self.unheard.insert(conversation, stored.members.clone());
                }
            }
            What::Reacted { .. } => {}
        }
        slow
    }

    /// Those whose dialect tells them without their asking, and who do not listen already.
    fn deliver_unasked(&self, encoded: &Encoded<'_>, conversation: &Conversation, members: &[UserId]) -> Slow {
        let deaf = |(id, _): &(ClientId, &Socket)| !self.interest.contains(conversation.id, *id);
        let hears = |socket: &Socket| socket.dialect.hears(conversation.kind);
        let everybody = self.registry.unasked().filter(|(_, socket)| hears(socket) == Hears::Everybody).filter(deaf);
        let mut slow = offer(encoded, everybody);
        let theirs = members.iter().flat_map(|user| self.registry.of_user(*user));
        slow.extend(offer(encoded, theirs.filter(|(_, socket)| hears(socket) == Hears::Members).filter(deaf)));
        slow
    }

    /// Its members are told on all their sockets; when it is gone, whoever listens too.
    fn deliver_changed(&self, encoded: &Encoded<'_>, changed: &ConversationChanged) -> Slow {
        let conversation = changed.overview.conversation.id;
        let mut slow = offer(encoded, changed.to.iter().flat_map(|user| self.registry.of_user(*user)));
        if changed.change == ConversationChange::Deleted {
            let others = self.interest.of(conversation);
            let others = others.filter(|(_, listener)| !changed.to.contains(&listener.owner.user));
            slow.extend(offer_listeners(encoded, conversation, others));
        }
        slow
    }

    /// Whoever lost access with an event hears nothing after it.
    fn settle_interest(&mut self, event: &Event) {
        match event {
            Event::ConversationChanged(changed) => {
                let conversation = changed.overview.conversation.id;
                match changed.change {
                    ConversationChange::Left => {
                        let left = |listener: &Listener| changed.to.contains(&listener.owner.user);
                        for id in self.interest.ids(conversation, left) {
                            self.interest.remove(conversation, id);
                        }
                        self.abandon(conversation);
                    }
                    ConversationChange::Deleted => {
                        self.gone(conversation);
                    }
                    ConversationChange::Created | ConversationChange::Updated => {}
                }
            }
            Event::Stored(Stored { conversation, members, what: What::Assigned { .. }, .. }) => {
                self.shut_out(conversation, members);
            }
            _ => {}
        }
    }

    /// Nobody listens who may not any more.
    pub(super) fn shut_out(&mut self, conversation: &Conversation, members: &[UserId]) {
        for id in self.interest.shut_out(conversation, members) {
            self.interest.remove(conversation.id, id);
        }
        self.abandon(conversation.id);
    }

    /// Nobody listens to a conversation that is gone; who was in a channel is told so, by its name.
    pub(super) fn clear(&mut self, conversation: ConversationId) {
        for id in self.interest.ids(conversation, |_| true) {
            let entrance = self.interest.remove(conversation, id).and_then(|listener| listener.entrance);
            if let Some(entrance) = entrance {
                self.tell_one(id, &entered(conversation, &entrance, false));
            }
        }
    }

    pub(super) fn subscribe(&mut self, message: Subscribe) -> bool {
        let Subscribe { client_id, conversation, entrance } = message;
        let Some(socket) = self.registry.get(client_id) else { return false };
        let Some(owner) = socket.owner else { return false };
        let (dialect, outbox) = (socket.dialect, socket.outbox.clone());
        let listener = Listener { dialect, owner, outbox, entrance: entrance.clone() };
        let new = self.interest.insert(conversation, client_id, listener);
        if let Some(order) = &mut self.order {
            order.expect(conversation, Instant::now());
        }
        if let Some(entrance) = entrance.filter(|entrance| !entrance.returning) {
            let event = entered(conversation, &entrance, true);
            // who comes a second time is told so, the others know; so do they of whoever is back before they heard of the leave
            let known = self.departures.is_back(conversation, owner.user);
            if new && !known { self.announce(Arc::new(event)) } else { self.tell_one(client_id, &event) }
        }
        true
    }

    fn tell_one(&self, client_id: ClientId, event: &Event) {
        if let Some(socket) = self.registry.get(client_id) {
            // a socket that cannot take it is dropped with the next event that it cannot take
            offer(&Encoded::new(event, &|_| false), std::iter::once((client_id, socket)));
        }
    }

    /// Somebody types in a conversation that their socket listens to; false if it does not.
    pub(super) fn types(&mut self, Type { client_id, conversation, typing }: Type) -> bool {
        let Some(user) = self.interest.listener(conversation, client_id).map(|listener| listener.owner.user) else {
            return false;
        };
        self.announce(Arc::new(Event::Typing { conversation, user, typing }));
        true
    }

    pub(super) fn unsubscribe(&mut self, conversation: ConversationId, client_id: ClientId) -> bool {
        let listener = self.interest.remove(conversation, client_id);
        self.abandon(conversation);
        let Some(listener) = listener else { return false };
        self.tell_left(conversation, client_id, &listener);
        true
    }

    /// A socket is gone: it listens to nothing.
    pub(super) fn leave_all(&mut self, client_id: ClientId) {
        for (conversation, listener) in self.interest.forget(client_id) {
            self.abandon(conversation);
            if let Some(entrance) = listener.entrance {
                let at = entrance.clock.now();
                self.tell_departure(Departure { conversation, entrance, at });
            }
        }
    }

    /// Somebody's connection to a channel ended. Now, if that does not flood the channel.
    fn tell_departure(&mut self, departure: Departure) {
        let Departure { conversation, entrance, at } = &departure;
        if !self.departures.admit(*conversation, self.interest.count(*conversation)) {
            return self.departures.defer(departure);
        }
        let (slug, user) = (entrance.slug.clone(), entrance.user.clone());
        let conversation = *conversation;
        self.announce(Arc::new(Event::ChannelEntered { conversation, slug, user, entered: false, at: *at }));
    }

    /// What could not be told at once, of those who have not come back by another socket.
    fn tell_departures(&mut self) {
        for departure in self.departures.next_moment() {
            let Departure { conversation, entrance, .. } = &departure;
            if !self.interest.of(*conversation).any(|(_, listener)| listener.is(entrance.user.id)) {
                self.tell_departure(departure);
            }
        }
    }

    fn tell_left(&mut self, conversation: ConversationId, client_id: ClientId, listener: &Listener) {
        let Some(entrance) = &listener.entrance else { return };
        let event = entered(conversation, entrance, false);
        self.tell_one(client_id, &event);
        self.announce(Arc::new(event));
    }

    /// What has been collected: who left, news for members who do not listen, and who came and went.
    pub(super) fn tell_news(&mut self, now: Instant) {
        self.tell_departures();
        if !self.unheard.is_empty() && self.telling.strong_count() == 0 {
            self.tell_unheard();
        }
        if !self.presence.is_quiet() {
            for user in self.presence.due(now) {
                self.notify(Notice::Presence(user));
            }
        }
    }

    fn tell_unheard(&mut self) {
        let unheard = std::mem::take(&mut self.unheard);
        let deaf = |conversation, user: &UserId| {
            let mut sockets = self.registry.of_user(*user);
            sockets.any(|(id, socket)| socket.dialect.hears_news() && !self.interest.contains(conversation, id))
        };
        let theirs = |(conversation, members): (ConversationId, Arc<[UserId]>)| {
            let members: Vec<UserId> = members.iter().copied().filter(|user| deaf(conversation, user)).collect();
            (!members.is_empty()).then_some((conversation, members))
        };
        let members: Vec<_> = unheard.into_iter().filter_map(theirs).collect();
        if !members.is_empty() {
            let being_told = Arc::new(());
            self.telling = Arc::downgrade(&being_told);
            self.notify(Notice::Unheard(News { members, being_told }));
        }
    }
}

fn entered(conversation: ConversationId, entrance: &Entrance, entered: bool) -> Event {
    let Entrance { slug, user, clock, .. } = entrance.clone();
    Event::ChannelEntered { conversation, slug, user, entered, at: clock.now() }
}

/// Stored events by conversation, in the order in which they came.
#[derive(Default)]
struct Runs<'a>(Vec<(ConversationId, Vec<(&'a Event, &'a Stored)>)>);

impl<'a> Runs<'a> {
    fn add(&mut self, event: &'a Event, stored: &'a Stored) {
        let id = stored.conversation.id;
        // a transaction is about few conversations, or has few events of each
        match self.0.iter_mut().rev().find(|(known, _)| *known == id) {
            Some((_, run)) => run.push((event, stored)),
            None => self.0.push((id, vec![(event, stored)])),
        }
    }
}

/// The messages that a run becomes: one for all listeners to whom their dialect says the same of each event.
struct SharedRuns<'a> {
    conversation: ConversationId,
    events: &'a [(&'a Event, &'a Stored)],
    encoded: Vec<Encoded<'a>>,
    made: Vec<(Dialect, Vec<i64>, Vec<Arc<Run>>)>,
}

impl<'a> SharedRuns<'a> {
    fn new(conversation: ConversationId, events: &'a [(&'a Event, &'a Stored)], online: IsOnline<'a>) -> Self {
        let encoded = events.iter().map(|(event, _)| Encoded::new(event, online)).collect();
        Self { conversation, events, encoded, made: Vec::new() }
    }

    fn of(&mut self, dialect: Dialect, reader: Reader) -> &[Arc<Run>] {
        let same = |variants: &[i64]| {
            variants.iter().zip(&self.encoded).all(|(variant, event)| *variant == event.variant(dialect, reader))
        };
        let place = match self.made.iter().position(|(of, variants, _)| *of == dialect && same(variants)) {
            Some(place) => place,
            None => {
                let variants = self.encoded.iter().map(|event| event.variant(dialect, reader)).collect();
                let runs = self.make(dialect, reader);
                self.made.push((dialect, variants, runs));
                self.made.len() - 1
            }
        };
        &self.made[place].2
    }

    fn make(&self, dialect: Dialect, reader: Reader) -> Vec<Arc<Run>> {
        let numbered = |(encoded, (_, stored)): (&Encoded<'_>, &(&Event, &Stored))| {
            let text = encoded.text(dialect, reader)?;
            Some(Numbered { seq: stored.seq, text, ack: acknowledged(stored) })
        };
        let mut pieces: Vec<Vec<Numbered>> = Vec::new();
        let mut size = 0;
        for event in self.encoded.iter().zip(self.events).filter_map(numbered) {
            size += event.text.len();
            match pieces.last_mut().filter(|_| size <= PIECE) {
                Some(piece) => piece.push(event),
                None => {
                    size = event.text.len();
                    pieces.push(vec![event]);
                }
            }
        }
        pieces.into_iter().map(|events| Arc::new(Run::new(self.conversation, events))).collect()
    }
}

/// Whose own sockets must be told something before the event.
fn acknowledged(stored: &Stored) -> Option<(UserId, Arc<Ack>)> {
    let What::Posted { message, client_msg_id: Some(name) } = &stored.what else { return None };
    let ack = Ack {
        client_msg_id: name.clone(),
        message_id: message.id,
        conversation_id: message.conversation_id,
        seq: message.seq,
    };
    Some((message.sender.id()?, Arc::new(ack)))
}

/// Those who cannot take what they are offered.
fn offered<'a, T: 'a>(to: impl Iterator<Item = (ClientId, &'a T)>, mut refuses: impl FnMut(&T) -> bool) -> Slow {
    to.filter_map(|(id, socket)| refuses(socket).then_some(id)).collect()
}

/// Offers an event to each of these sockets; gives those that cannot take it.
fn offer<'a>(encoded: &Encoded<'_>, sockets: impl Iterator<Item = (ClientId, &'a Socket)>) -> Slow {
    let refuses = |socket: &Socket| {
        let text = socket.reader().and_then(|reader| encoded.text(socket.dialect, reader));
        text.is_some_and(|text| socket.outbox.offer(&text).is_err())
    };
    offered(sockets, refuses)
}

/// The same for those who listen to the conversation that it happened in.
fn offer_listeners<'a>(
    encoded: &Encoded<'_>,
    conversation: ConversationId,
    listeners: impl Iterator<Item = (ClientId, &'a Listener)>,
) -> Slow {
    let refuses = |listener: &Listener| {
        let text = encoded.text(listener.dialect, Owner::reader(listener.owner));
        text.is_some_and(|text| listener.outbox.offer_passing(Passing { conversation, text }).is_err())
    };
    offered(listeners, refuses)
}
