//! What the hub is told and asked, and what it tells a socket.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::{Message, Recipient};
use bytestring::ByteString;
use rand::TryRng;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::order::Missing;
use crate::domain::change::{Ack, By};
use crate::domain::clock::Clock;
use crate::domain::error::{Error, Result};
use crate::domain::event::Event;
use crate::domain::user::{Identity, Role, User};
use crate::domain::{ConversationId, UserId};
use crate::services::matching::Matcher;
use crate::store::Recent;
use crate::wire::{Closing, Dialect};

/// How long a session may take to be given something.
const HANDOVER: Duration = Duration::from_secs(10);

/// The name of one connection: 128 bits from the operating system, shown as `client_id`. Made for one connection and
/// never used again, so what is said late of one that is gone cannot hit another.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientId([u8; 16]);

impl ClientId {
    /// Fails only where the system has no randomness to give.
    pub fn random() -> Result<Self> {
        let mut bytes = [0; 16];
        SysRng
            .try_fill_bytes(&mut bytes)
            .map_err(|error| Error::internal(format!("no randomness for a client id: {error}")))?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ClientId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes)?;
        Ok(Self(bytes))
    }
}

/// Who has signed in on a socket: the session outlives its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub user: UserId,
    pub sid: Uuid,
    /// Sessions end with every change of it.
    pub role: Role,
}

impl From<&Identity> for Owner {
    fn from(identity: &Identity) -> Self {
        Self { user: identity.user_id, sid: identity.sid, role: identity.role }
    }
}

/// From the hub to a session.
#[derive(Clone, Debug, PartialEq, Eq, Message)]
#[rtype(result = "()")]
pub enum Outbound {
    /// A frame, shared with all other listeners of the same dialect. Counted in the socket's [`Outbox`].
    Text(ByteString),
    /// Events of a conversation that the socket listens to, shared with all who are told the same. Counted as well.
    Stored(Arc<Run>),
    /// An event of a conversation that took none, for a socket that listens to it. Counted as well.
    Passing(Passing),
    /// What to answer questions with from now on.
    Remember(Memory),
    /// The last message: say why, and end.
    Close(Closing),
    /// The last message: end without a word.
    Drop,
}

/// The saved questions that a session answers from, shared without a lock.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Who gives it: a session of somebody else does not take it.
    pub by: UserId,
    /// `None`: forget what was loaded.
    pub matcher: Option<Arc<Matcher>>,
}

/// Whether it is the same memory, not one that looks the same.
impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        self.by == other.by && self.matcher.as_ref().map(Arc::as_ptr) == other.matcher.as_ref().map(Arc::as_ptr)
    }
}

impl Eq for Memory {}

/// Events of one conversation that were stored together, in the order of their places: one message for a socket, however
/// many they are, so that it sends them in one go.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub conversation: ConversationId,
    pub events: Vec<Numbered>,
    /// Bytes of all texts.
    pub size: usize,
}

impl Run {
    pub fn new(conversation: ConversationId, events: Vec<Numbered>) -> Self {
        let size = events.iter().map(|event| event.text.len()).sum();
        Self { conversation, events, size }
    }
}

/// An event with its place in the conversation: a session delivers it if it is new to its client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    pub seq: i64,
    pub text: ByteString,
    /// Whose own sockets must be told before that it is stored.
    pub ack: Option<(UserId, Arc<Ack>)>,
}

/// An event without a place, such as that somebody types: a session delivers it if its client listens by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    pub conversation: ConversationId,
    pub text: ByteString,
}

/// The way to one socket, and how many bytes wait on it.
#[derive(Clone)]
pub struct Outbox {
    recipient: Recipient<Outbound>,
    queued: Arc<AtomicUsize>,
}

/// The reader is too slow, or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl Outbox {
    /// Bytes that may wait for one socket. The number of messages is bounded by the session's mailbox; a run counts as one.
    pub const MAX_QUEUED: usize = 1024 * 1024;

    /// `queued` is shared with the session, which subtracts what it has taken.
    pub fn new(recipient: Recipient<Outbound>, queued: Arc<AtomicUsize>) -> Self {
        Self { recipient, queued }
    }

    /// Leaves a frame, unless too many bytes or messages wait already.
    pub fn offer(&self, text: &ByteString) -> Result<(), Overflow> {
        self.put(text.len(), Outbound::Text(text.clone()))
    }

    /// The same for events with places.
    pub fn offer_run(&self, run: &Arc<Run>) -> Result<(), Overflow> {
        self.put(run.size, Outbound::Stored(run.clone()))
    }

    /// The same for an event of a conversation without a place.
    pub fn offer_passing(&self, event: Passing) -> Result<(), Overflow> {
        self.put(event.text.len(), Outbound::Passing(event))
    }

    fn put(&self, size: usize, message: Outbound) -> Result<(), Overflow> {
        if self.queued.fetch_add(size, Ordering::Relaxed) + size > Self::MAX_QUEUED {
            self.queued.fetch_sub(size, Ordering::Relaxed);
            return Err(Overflow);
        }
        self.recipient.try_send(message).map_err(|_| {
            self.queued.fetch_sub(size, Ordering::Relaxed);
            Overflow
        })
    }

    /// Gives a session its memory, and waits until it has it; false if the session is gone or stands still.
    pub async fn remember(&self, memory: Memory) -> bool {
        self.recipient.send(Outbound::Remember(memory)).timeout(HANDOVER).await.is_ok()
    }

    /// Leaves the last message, even in a full mailbox.
    #[expect(clippy::disallowed_methods, reason = "the mailbox stays bounded: a socket gets one last message")]
    pub fn end(&self, last: Outbound) {
        self.recipient.do_send(last);
    }
}

/// From an upgrade, before its 101 leaves; and from a session whose hub was restarted. Refused if the user or the
/// address has too many sockets (429), or while draining (503).
#[derive(Clone, Message)]
#[rtype(result = "Result<()>")]
pub struct Register {
    pub client_id: ClientId,
    pub dialect: Dialect,
    pub owner: Option<Owner>,
    pub address: IpAddr,
    pub outbox: Outbox,
    /// Was accepted by an earlier incarnation: never refused.
    pub returning: bool,
}

/// From a session whose `auth` frame was accepted. Refused if the user has too many sockets. A socket that the hub does
/// not know is being closed, or will register by itself: not an error.
#[derive(Clone, Message)]
#[rtype(result = "Result<()>")]
pub struct Identify {
    pub client_id: ClientId,
    pub owner: Owner,
}

/// From a session that ends, however it ends.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Unregister(pub ClientId);

/// From whoever has something for one session: the way to a socket of the coach dialect that is this user's, or on which
/// nobody has signed in.
#[derive(Clone, Message)]
#[rtype(result = "Option<Reached>")]
pub struct Reach {
    pub client_id: ClientId,
    pub user: UserId,
}

/// The answer to [`Reach`].
#[derive(Clone)]
pub struct Reached {
    pub outbox: Outbox,
    /// By the user who asks.
    pub is_signed_in: bool,
}

/// From whoever changed something, after it is stored.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Publish(pub Arc<Event>);

/// From the scribe: the events of one transaction, in their order. Answered once all are on their way.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PublishAll(pub Vec<Arc<Event>>);

/// Whose coming and going a channel is told.
#[derive(Clone, Debug)]
pub struct Entrance {
    pub slug: String,
    pub user: Arc<User>,
    /// Says when they came and went.
    pub clock: Clock,
    /// Was there before the hub was restarted: nobody need be told.
    pub returning: bool,
}

/// A process of Greenroom, by its boot id.
pub type NodeId = i64;

/// From the bridge: events of another node, in the order in which it told them. Answered once they are on their way.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Import(pub Vec<Arc<Event>>);

/// From the bridge: who is on another node.
#[derive(Clone, Message)]
#[rtype(result = "()")]
pub struct Neighbour {
    pub node: NodeId,
    pub around: Around,
}

/// Who is on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Around {
    Exactly(HashSet<UserId>),
    Moved {
        came: Vec<UserId>,
        left: Vec<UserId>,
    },
    /// Nobody: the node is gone.
    Gone,
}

/// From the bridge: on another node somebody said to be away, or back.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Declared(pub UserId);

/// From a session that has read what came before: its socket knows a conversation up to here.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Placed {
    pub conversation: ConversationId,
    pub last_seq: i64,
}

/// From the bridge, and from the timer: other nodes may have done something that was not told here.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Sweep;

/// From whoever reads the database: the changes that were missing; `None`: the conversation is gone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Filled {
    pub missing: Missing,
    pub events: Option<Vec<Arc<Event>>>,
}

/// From whoever reads the database, after a [`Sweep`].
#[derive(Message)]
#[rtype(result = "()")]
pub struct Swept {
    /// The latest `seq` of the conversations that were asked about; `None`: it is gone.
    pub places: Vec<(ConversationId, Option<i64>)>,
    /// Who may not listen any more.
    pub shut_out: Vec<(ConversationId, UserId)>,
    pub recent: Vec<Recent>,
}

/// From a session that was allowed to: its socket listens to a conversation from now on. False if the hub does not know
/// the socket, or nobody has signed in on it.
#[derive(Clone, Message)]
#[rtype(result = "bool")]
pub struct Subscribe {
    pub client_id: ClientId,
    pub conversation: ConversationId,
    /// In channels of the channels dialect: the others are told.
    pub entrance: Option<Arc<Entrance>>,
}

/// From a session: its socket does not listen any more. False if it did not.
#[derive(Clone, Message)]
#[rtype(result = "bool")]
pub struct Unsubscribe {
    pub client_id: ClientId,
    pub conversation: ConversationId,
}

/// From a session whose client types, or stops: the others who listen are told. False if the socket does not listen, and
/// nobody was told: whoever lost access hears and says nothing more.
#[derive(Clone, Message)]
#[rtype(result = "bool")]
pub struct Type {
    pub client_id: ClientId,
    pub conversation: ConversationId,
    pub typing: bool,
}

/// From whoever stored that a user is away, or back: tells those concerned.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PresenceMoved(pub UserId);

/// From `/api/v1/ws/stats`.
#[derive(Message)]
#[rtype(result = "ChannelCounts")]
pub struct CountChannels;

/// The sockets of the channels dialect on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelCounts {
    pub clients: usize,
    /// How many are in each channel, by its slug.
    pub channels: HashMap<String, usize>,
}

/// From the hub to whoever reads the database for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The last socket of a user closed: being away ends.
    Departed(UserId),
    /// Somebody may have come or gone: answered by [`Event::PresenceChanged`].
    Presence(UserId),
    /// Messages came to conversations whose members do not listen to them: answered by [`Event::Unheard`] for each.
    Unheard(News),
    /// Changes were not told to this node: answered by [`Filled`].
    Missing(Missing),
    /// Answered by [`Swept`], and by [`EndSessions`] for each session that ended.
    Sweep {
        sessions: Vec<Uuid>,
        places: Vec<ConversationId>,
        listeners: Vec<(ConversationId, By)>,
        /// Some sockets hear without asking: since when this hub has told them everything that it knows.
        unasked: Option<Duration>,
    },
}

/// Conversations with news, and the members who do not listen. Until it is dropped, the hub collects what comes next.
#[derive(Clone, Debug)]
pub struct News {
    pub members: Vec<(ConversationId, Vec<UserId>)>,
    /// Held for its sake only.
    pub being_told: Arc<()>,
}

impl PartialEq for News {
    fn eq(&self, other: &Self) -> bool {
        self.members == other.members
    }
}

impl Eq for News {}

/// Which sockets an end of sessions concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    Session(Uuid),
    AllOf(UserId),
    AllOfBut(UserId, Uuid),
}

/// From a logout, a change of password or role, an erasure, after it is stored: closes these sockets with 1008 and the
/// reason.
#[derive(Message)]
#[rtype(result = "()")]
pub struct EndSessions {
    pub which: Which,
    pub reason: &'static str,
}

/// From `/stats`.
#[derive(Message)]
#[rtype(result = "Counts")]
pub struct Count;

/// Sums over the sockets of this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub connected_clients: usize,
    pub authenticated_users: usize,
    pub conversations_with_listeners: usize,
}

/// From `/simulate/disconnect`: drops a socket without a close frame; false unless it is one of this user.
#[derive(Message)]
#[rtype(result = "bool")]
pub struct DropSocket {
    pub client_id: ClientId,
    pub user: UserId,
}

/// From the shutdown: nobody registers any more, and all sockets are closed with 1001 in waves.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Drain {
    /// The last wave leaves by then.
    pub within: Duration,
}

/// From tests: what a defect would do.
#[cfg(test)]
#[derive(Message)]
#[rtype(result = "()")]
pub struct InjectPanic;
