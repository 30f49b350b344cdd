//! Who is told of an event: those who listen, those whom their dialect tells without asking, and those concerned.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::registry::Socket;
use super::{ClientId, Entrance, Hub, Listener, Notice, Numbered, Outbound, Owner, Subscribe};
use crate::domain::change::Ack;
use crate::domain::conversation::Conversation;
use crate::domain::event::{ConversationChange, ConversationChanged, Event, Stored, What};
use crate::domain::user::User;
use crate::domain::{ConversationId, UserId};
use crate::wire::{Closing, Encoded, Hears};

/// Sockets that could not take an event.
type Slow = Vec<ClientId>;

impl Hub {
    /// Brings an event to whom it concerns, and drops who cannot take it.
    pub(super) fn publish(&mut self, event: &Event) {
        let slow = match event {
            Event::PresenceChanged { user, is_online, .. } if !self.presence.tell(user.id, *is_online) => return,
            Event::Typing { conversation, user, typing }
                if !self.presence.types(*conversation, *user, *typing, Instant::now()) =>
            {
                return;
            }
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

    fn deliver(&mut self, event: &Event) -> Slow {
        let online = self.registry.online().clone();
        let is_online = move |user: &User| !user.away && online.contains(user.id);
        let encoded = Encoded::new(event, &is_online);
        match event {
            Event::JobProgressed { owner, .. } => offer(&encoded, self.registry.of_user(*owner)),
            Event::Stored(stored) => self.deliver_stored(&encoded, stored),
            Event::ConversationChanged(changed) => self.deliver_changed(&encoded, changed),
            Event::Read { conversation, .. } | Event::ChannelEntered { conversation, .. } => {
                offer_listeners(&encoded, self.interest.of(*conversation))
            }
            Event::Typing { conversation, user, .. } => {
                let others = self.interest.of(*conversation).filter(|(_, listener)| listener.owner.user != *user);
                offer_listeners(&encoded, others)
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

    fn deliver_stored(&mut self, encoded: &Encoded<'_>, stored: &Stored) -> Slow {
        let conversation = stored.conversation.id;
        let (sender, ack) = acknowledged(stored);
        let mut slow = Slow::new();
        for (id, listener) in self.interest.of(conversation) {
            let Some(text) = encoded.text(listener.dialect, listener.owner.reader()) else { continue };
            let ack = if sender == Some(listener.owner.user) { ack.clone() } else { None };
            if listener.outbox.offer_numbered(Numbered { conversation, seq: stored.seq, text, ack }).is_err() {
                slow.push(id);
            }
        }
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
            slow.extend(offer_listeners(encoded, others));
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
            // who comes a second time is told so, the others know
            if new { self.announce(Arc::new(event)) } else { self.tell_one(client_id, &event) }
        }
        true
    }

    fn tell_one(&self, client_id: ClientId, event: &Event) {
        if let Some(socket) = self.registry.get(client_id) {
            // a socket that cannot take it is dropped with the next event that it cannot take
            offer(&Encoded::new(event, &|_| false), std::iter::once((client_id, socket)));
        }
    }

    pub(super) fn unsubscribe(&mut self, conversation: ConversationId, client_id: ClientId) -> bool {
        let Some(listener) = self.interest.remove(conversation, client_id) else { return false };
        self.abandon(conversation);
        self.tell_left(conversation, client_id, &listener);
        true
    }

    /// A socket is gone: it listens to nothing.
    pub(super) fn leave_all(&mut self, client_id: ClientId) {
        for (conversation, listener) in self.interest.forget(client_id) {
            self.abandon(conversation);
            self.tell_left(conversation, client_id, &listener);
        }
    }

    fn tell_left(&mut self, conversation: ConversationId, client_id: ClientId, listener: &Listener) {
        let Some(entrance) = &listener.entrance else { return };
        let event = entered(conversation, entrance, false);
        self.tell_one(client_id, &event);
        self.announce(Arc::new(event));
    }

    /// What has been collected: news for members who do not listen, and who came and went.
    pub(super) fn tell_news(&mut self, now: Instant) {
        for (conversation, members) in std::mem::take(&mut self.unheard) {
            let deaf = |user: &UserId| {
                let mut sockets = self.registry.of_user(*user);
                sockets.any(|(id, socket)| socket.dialect.hears_news() && !self.interest.contains(conversation, id))
            };
            let members: Vec<UserId> = members.iter().copied().filter(deaf).collect();
            if !members.is_empty() {
                self.notify(Notice::Unheard { conversation, members });
            }
        }
        if !self.presence.is_quiet() {
            for user in self.presence.due(now) {
                self.notify(Notice::Presence(user));
            }
        }
    }
}

fn entered(conversation: ConversationId, entrance: &Entrance, entered: bool) -> Event {
    let Entrance { slug, user, clock, .. } = entrance.clone();
    Event::ChannelEntered { conversation, slug, user, entered, at: clock.now() }
}

/// Whose own sockets are told more, and what they must be told before.
fn acknowledged(stored: &Stored) -> (Option<UserId>, Option<Arc<Ack>>) {
    let What::Posted { message, client_msg_id: Some(name) } = &stored.what else { return (None, None) };
    let ack = Ack {
        client_msg_id: name.clone(),
        message_id: message.id,
        conversation_id: message.conversation_id,
        seq: message.seq,
    };
    (message.sender.id(), Some(Arc::new(ack)))
}

/// Offers an event to each of these sockets; gives those that cannot take it.
fn offer<'a>(encoded: &Encoded<'_>, sockets: impl Iterator<Item = (ClientId, &'a Socket)>) -> Slow {
    let refuses = |socket: &Socket| {
        let text = socket.reader().and_then(|reader| encoded.text(socket.dialect, reader));
        text.is_some_and(|text| socket.outbox.offer(&text).is_err())
    };
    sockets.filter(|(_, socket)| refuses(socket)).map(|(id, _)| id).collect()
}

fn offer_listeners<'a>(encoded: &Encoded<'_>, listeners: impl Iterator<Item = (ClientId, &'a Listener)>) -> Slow {
    let refuses = |listener: &Listener| {
        let text = encoded.text(listener.dialect, Owner::reader(listener.owner));
        text.is_some_and(|text| listener.outbox.offer(&text).is_err())
    };
    listeners.filter(|(_, listener)| refuses(listener)).map(|(id, _)| id).collect()
}
