//! What happened: made once by whoever changed something, delivered by the hub to whom it concerns.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::conversation::{Conversation, Member};
use super::job::JobView;
use super::message::Message;
use super::user::User;
use super::{ConversationId, MessageId, UserId};

/// A change that live clients are told about. Nodes tell each other in serde's form; what clients see is written by `wire`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A job took a step. To all sockets of its owner.
    JobProgressed { owner: UserId, job: JobView },
    /// A stored change that took a `seq`: to everybody who listens to the conversation, in the order of `seq`.
    Stored(Stored),
    /// A conversation appeared for somebody, changed without a `seq`, or went away.
    ConversationChanged(ConversationChanged),
    /// Somebody read up to `seq`. To those who listen.
    Read { conversation: ConversationId, user: UserId, seq: i64 },
    /// Somebody types, or stops: never stored. To the others who listen.
    Typing { conversation: ConversationId, user: UserId, typing: bool },
    /// Somebody came, went, or said to be away. To agents, and to those who share a direct, support or small room.
    PresenceChanged { user: Arc<User>, is_online: bool, audience: Arc<[UserId]> },
    /// A socket joined or left a channel. To the channel, that socket included.
    ChannelEntered { conversation: ConversationId, slug: String, user: Arc<User>, entered: bool, at: OffsetDateTime },
    /// Messages came to a conversation that somebody does not listen to: collected over a moment.
    Unheard { to: UserId, overview: Arc<Overview> },
}

/// A change that took the `seq`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    pub conversation: Arc<Conversation>,
    pub seq: i64,
    /// Who belongs to it by a list or as customer and agent: empty for the global conversation and channels.
    pub members: Arc<[UserId]>,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// MessagePosted. The sender's own sockets are told their name for it too.
    Posted {
        message: Arc<Message>,
        client_msg_id: Option<String>,
    },
    Updated {
        message: Arc<Message>,
    },
    /// The tombstone: its content is gone, its author known.
    Deleted {
        message: Arc<Message>,
    },
    Reacted {
        message: MessageId,
        user: UserId,
        emoji: String,
        removed: bool,
    },
    /// The status of a support chat changed.
    StatusChanged {
        overview: Arc<Overview>,
    },
    /// A support chat was given to its agent (see the conversation). Whoever lost access listens no more.
    Assigned {
        overview: Arc<Overview>,
    },
}

impl What {
    /// Whether it is about messages, so that nobody gains or loses access by it.
    pub fn is_message(&self) -> bool {
        match self {
            Self::Posted { .. } | Self::Updated { .. } | Self::Deleted { .. } | Self::Reacted { .. } => true,
            Self::StatusChanged { .. } | Self::Assigned { .. } => false,
        }
    }
}

/// What happened to a conversation, for those concerned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationChanged {
    pub change: ConversationChange,
    /// The members who are told.
    pub to: Vec<UserId>,
    pub overview: Arc<Overview>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ConversationChange {
    /// To its first members, and to whoever is added later.
    Created,
    /// Its members or its owner changed.
    Updated,
    /// To whoever left or was removed: they listen no more.
    Left,
    /// It is gone, for everybody.
    Deleted,
}

/// A conversation as lists show it: with what differs from reader to reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub conversation: Arc<Conversation>,
    /// Of rooms with at most [`Overview::MAX_MEMBERS`], else empty.
    pub members: Vec<Member>,
    pub last_message: Option<Arc<Message>>,
    /// Of those members for whom it was asked. Whoever is not named has read everything. `None`: nobody counted.
    pub unread: Option<HashMap<UserId, i64>>,
}

impl Overview {
    /// Members of larger rooms are not listed with the room, and presence is not told in them.
    pub const MAX_MEMBERS: usize = 200;

    /// Unread messages are counted among so many, the latest of a conversation: who sees this number has so many or more.
    pub const MAX_UNREAD: i64 = 1000;

    /// Whether somebody for whom unread messages were counted is one of those who are told of it without asking: in its
    /// list, or one of the two of a chat.
    pub fn belongs(&self, user: UserId) -> bool {
        let conversation = &self.conversation;
        if conversation.kind.has_roster() {
            return self.unread.as_ref().is_some_and(|unread| unread.contains_key(&user));
        }
        [conversation.customer_id(), conversation.agent_id()].contains(&Some(user))
    }

    pub fn unread_of(&self, reader: UserId) -> Option<i64> {
        Some(self.unread.as_ref()?.get(&reader).copied().unwrap_or(0))
    }
}
