//! Who listens to which conversation: the hub's tables of subscriptions, without any framework.

use std::collections::HashMap;
use std::sync::Arc;

use super::messages::{ClientId, Entrance, Outbox, Owner};
use crate::domain::change::By;
use crate::domain::conversation::Conversation;
use crate::domain::permission::{Act, may, relation};
use crate::domain::{ConversationId, UserId};
use crate::wire::{Dialect, Reader};

/// One socket that listens to one conversation: what delivering needs, at hand.
pub(super) struct Listener {
    pub dialect: Dialect,
    pub owner: Owner,
    pub outbox: Outbox,
    /// Whose coming and going the others are told.
    pub entrance: Option<Arc<Entrance>>,
}

impl Listener {
    /// Whether it is a socket of this user, in a channel whose people are told.
    pub fn is(&self, user: UserId) -> bool {
        self.entrance.is_some() && self.owner.user == user
    }
}

/// The tables, in step with each other.
#[derive(Default)]
pub(super) struct Interest {
    by_conversation: HashMap<ConversationId, HashMap<ClientId, Listener>>,
    by_socket: HashMap<ClientId, Vec<ConversationId>>,
}

impl Interest {
    /// True if the socket did not listen before.
    pub fn insert(&mut self, conversation: ConversationId, id: ClientId, listener: Listener) -> bool {
        let new = self.by_conversation.entry(conversation).or_default().insert(id, listener).is_none();
        if new {
            self.by_socket.entry(id).or_default().push(conversation);
        }
        new
    }

    /// The listener that a socket was, if it was one.
    pub fn remove(&mut self, conversation: ConversationId, id: ClientId) -> Option<Listener> {
        let listener = self.take(conversation, id)?;
        if let Some(theirs) = self.by_socket.get_mut(&id) {
            theirs.retain(|other| *other != conversation);
            if theirs.is_empty() {
                self.by_socket.remove(&id);
            }
        }
        Some(listener)
    }

    fn take(&mut self, conversation: ConversationId, id: ClientId) -> Option<Listener> {
        let listeners = self.by_conversation.get_mut(&conversation)?;
        let listener = listeners.remove(&id);
        if listeners.is_empty() {
            self.by_conversation.remove(&conversation);
        }
        listener
    }

    /// Forgets a socket; gives what it listened to.
    pub fn forget(&mut self, id: ClientId) -> Vec<(ConversationId, Listener)> {
        let theirs = self.by_socket.remove(&id).unwrap_or_default();
        theirs.into_iter().filter_map(|conversation| Some((conversation, self.take(conversation, id)?))).collect()
    }

    pub fn of(&self, conversation: ConversationId) -> impl Iterator<Item = (ClientId, &Listener)> {
        self.by_conversation.get(&conversation).into_iter().flatten().map(|(id, listener)| (*id, listener))
    }

    /// How many sockets listen.
    pub fn count(&self, conversation: ConversationId) -> usize {
        self.by_conversation.get(&conversation).map_or(0, HashMap::len)
    }

    pub fn listener(&self, conversation: ConversationId, id: ClientId) -> Option<&Listener> {
        self.by_conversation.get(&conversation)?.get(&id)
    }

    pub fn contains(&self, conversation: ConversationId, id: ClientId) -> bool {
        self.listener(conversation, id).is_some()
    }

    /// The sockets of those listeners.
    pub fn ids(&self, conversation: ConversationId, wanted: impl Fn(&Listener) -> bool) -> Vec<ClientId> {
        self.of(conversation).filter(|(_, listener)| wanted(listener)).map(|(id, _)| id).collect()
    }

    /// Sockets that may not see a conversation as it is now.
    pub fn shut_out(&self, conversation: &Conversation, members: &[UserId]) -> Vec<ClientId> {
        self.ids(conversation.id, |listener| {
            let Owner { user, role, .. } = listener.owner;
            let is_member = conversation.kind.has_roster() && members.contains(&user);
            !may(conversation.kind, relation(user, role, conversation, is_member), Act::See)
        })
    }

    pub fn is_heard(&self, conversation: ConversationId) -> bool {
        self.by_conversation.contains_key(&conversation)
    }

    /// Who listens to what, each once.
    pub fn listeners(&self) -> Vec<(ConversationId, By)> {
        let all = self.by_conversation.iter().flat_map(|(id, listeners)| {
            let users: HashMap<_, _> = listeners.values().map(|one| (one.owner.user, By::from(one.owner))).collect();
            users.into_values().map(|by| (*id, by))
        });
        all.collect()
    }

    /// Conversations that somebody listens to.
    pub fn len(&self) -> usize {
        self.by_conversation.len()
    }

    /// How many sockets are in each channel, by its slug.
    pub fn channels(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for listener in self.by_conversation.values().flat_map(HashMap::values) {
            if let Some(entrance) = &listener.entrance {
                *counts.entry(entrance.slug.clone()).or_default() += 1;
            }
        }
        counts
    }
}

impl From<Owner> for By {
    fn from(owner: Owner) -> Self {
        Self { user: owner.user, role: owner.role }
    }
}

impl Owner {
    pub fn is_staff(self) -> bool {
        self.role.is_staff()
    }

    pub fn reader(self) -> Reader {
        Reader { user: self.user, is_staff: self.is_staff() }
    }
}
