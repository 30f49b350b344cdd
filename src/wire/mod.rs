//! The dialects of the sockets: text in, [`Command`](crate::domain::command::Command) out; event in, text out.
//! Only serde lives here; who may do what is decided elsewhere.

pub mod channels;
pub mod coach;
pub mod rooms;
pub mod support;

use std::cell::RefCell;

use bytestring::ByteString;
use serde_json::Value;
use time::OffsetDateTime;

use crate::domain::change::Ack;
use crate::domain::command::{Frame, Place};
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::error::Error;
use crate::domain::event::Event;
use crate::domain::message::Message;
use crate::domain::user::{User, UserView};
use crate::domain::{ConversationId, UserId};

/// A frame that its dialect cannot read, and the client's name for it if that at least could be read.
#[derive(Debug)]
pub struct Malformed {
    pub error: Error,
    pub reference: Option<Value>,
}

/// What a session says to its own client, and to nobody else.
#[derive(Clone, Copy)]
pub enum Reply<'a> {
    /// The first frame of a connection; the username, if somebody has signed in already.
    Welcome { client_id: &'a str, username: Option<&'a str> },
    /// The client has signed in.
    Authenticated { user: &'a UserView },
    /// The answer to a ping.
    Pong,
    /// What the assistant says; `metadata` tells where it has it from.
    Answer { content: &'a str, session_id: Option<&'a str>, metadata: &'a Value },
    /// So many saved questions are loaded again, which an earlier connection had.
    Restored { client_id: &'a str, loaded: usize },
    /// A message is stored.
    Acknowledged { ack: &'a Ack },
    /// The client listens from `last_seq` on; `events` are what happened since `after`, or `None` if that is too much.
    Subscribed {
        conversation: ConversationId,
        last_seq: i64,
        after: i64,
        events: Option<&'a [Message]>,
        online: IsOnline<'a>,
    },
    /// The client listens no more.
    Unsubscribed { conversation: ConversationId },
    /// The client came into a place, or left it.
    Entered { place: &'a Place, conversation: &'a Conversation, entered: bool },
    /// Something was refused; `reference` is the client's name for the frame that asked for it.
    Refused { error: &'a Error, reference: Option<&'a Value> },
}

/// The language that a socket speaks: decided by its path, for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `/ws`
    Coach,
    /// `/api/ws/connect`
    Rooms,
    /// `/api/v1/ws`; `masked`: addresses of others are hidden from customers.
    Channels { masked: bool },
    /// `/api/ws`
    Support,
}

impl Dialect {
    /// Reads one frame. Its form is checked here, before anything else is.
    pub fn decode(self, text: &str) -> Result<Frame, Malformed> {
        match self {
            Self::Coach => coach::decode(text),
            Self::Rooms => rooms::decode(text),
            Self::Channels { .. } => channels::decode(text),
            Self::Support => support::decode(text),
        }
    }

    /// `None`: this dialect has no frame for it.
    pub fn reply(self, reply: Reply<'_>, now: OffsetDateTime) -> Option<ByteString> {
        match self {
            Self::Coach => coach::reply(reply, now),
            Self::Rooms => rooms::reply(reply),
            Self::Channels { .. } => channels::reply(reply, now),
            Self::Support => support::reply(reply),
        }
    }

    /// The events of which conversations reach a socket that has not asked for them.
    pub fn hears(self, kind: ConversationKind) -> Hears {
        match self {
            Self::Coach | Self::Channels { .. } => Hears::Nothing,
            Self::Rooms => rooms::hears(kind),
            Self::Support if kind == ConversationKind::Support => Hears::Members,
            Self::Support => Hears::Nothing,
        }
    }

    /// Whether members are told of messages in conversations that they do not listen to, now and then.
    pub fn hears_news(self) -> bool {
        match self {
            Self::Coach => true,
            Self::Rooms | Self::Channels { .. } | Self::Support => false,
        }
    }

    /// Whether any event reaches a socket that has not asked for it.
    pub fn hears_unasked(self) -> bool {
        ConversationKind::ALL.into_iter().any(|kind| self.hears(kind) != Hears::Nothing)
    }
}

/// Whom the events of a conversation reach without their asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hears {
    Nothing,
    /// If they are members.
    Members,
    /// Whoever has signed in.
    Everybody,
}

/// Whether somebody is shown as online.
pub type IsOnline<'a> = &'a dyn Fn(&User) -> bool;

/// For whom an event is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    pub user: UserId,
    pub is_staff: bool,
}

/// How a connection ends: a close code of RFC 6455, section 7.4, and the reason that programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    pub code: u16,
    /// Stable, `SCREAMING_SNAKE_CASE`.
    pub reason: &'static str,
}

impl Closing {
    pub const DRAINING: Self = Self { code: 1001, reason: "DRAINING" };
    /// Nothing was heard for the pong wait.
    pub const SILENT: Self = Self { code: 1001, reason: "PONG_TIMEOUT" };
    pub const PROTOCOL: Self = Self { code: 1002, reason: "PROTOCOL_ERROR" };
    pub const BINARY: Self = Self { code: 1003, reason: "TEXT_ONLY" };
    pub const NOT_UTF8: Self = Self { code: 1007, reason: "NOT_UTF8" };
    pub const TOO_LARGE: Self = Self { code: 1009, reason: "MESSAGE_TOO_LARGE" };
    pub const FAILED: Self = Self { code: 1011, reason: "SESSION_FAILED" };
    pub const SLOW: Self = Self { code: 1013, reason: "SLOW_CONSUMER" };

    /// 1008: the rules do not allow this connection to go on.
    pub const fn policy(reason: &'static str) -> Self {
        Self { code: 1008, reason }
    }
}

/// An event on its way out: each text is made when the first listener asks for it, then shared by all to whom the dialect
/// says the same.
pub struct Encoded<'a> {
    event: &'a Event,
    online: IsOnline<'a>,
    texts: RefCell<Vec<(Dialect, i64, Option<ByteString>)>>,
}

impl<'a> Encoded<'a> {
    pub fn new(event: &'a Event, online: IsOnline<'a>) -> Self {
        Self { event, online, texts: RefCell::default() }
    }

    /// Readers of the same variant are told the same in a dialect.
    pub fn variant(&self, dialect: Dialect, reader: Reader) -> i64 {
        match dialect {
            Dialect::Coach => coach::variant(self.event, reader),
            Dialect::Rooms => 0,
            Dialect::Channels { masked } => channels::variant(self.event, reader, masked),
            Dialect::Support => support::variant(self.event, reader),
        }
    }

    /// `None`: the dialect has no frame for this event and reader.
    pub fn text(&self, dialect: Dialect, reader: Reader) -> Option<ByteString> {
        let variant = self.variant(dialect, reader);
        let mut texts = self.texts.borrow_mut();
        if let Some((_, _, text)) = texts.iter().find(|(known, of, _)| (*known, *of) == (dialect, variant)) {
            return text.clone();
        }
        let encode: Encode = match dialect {
            Dialect::Coach => coach::encode,
            Dialect::Rooms => rooms::encode,
            Dialect::Channels { masked: true } => channels::encode_masked,
            Dialect::Channels { masked: false } => channels::encode_open,
            Dialect::Support => support::encode,
        };
        let text = encode(self.event, reader, self.online);
        texts.push((dialect, variant, text.clone()));
        text
    }
}

/// Writes an event for a reader.
type Encode = fn(&Event, Reader, IsOnline<'_>) -> Option<ByteString>;
