//! The dialect of `/api/ws/connect` (contract, section 8), and the objects of the rooms API.

use bytestring::ByteString;
use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::coach::{content, malformed, optional_text, uuid};
use super::{Hears, IsOnline, Malformed, Reader, Reply};
use crate::domain::change::{Draft, Target, Wish};
use crate::domain::clock::rfc3339;
use crate::domain::command::{Command, Frame};
use crate::domain::conversation::{Conversation, ConversationKind, GLOBAL_ID, Member};
use crate::domain::error::Error;
use crate::domain::event::{Event, Stored, What};
use crate::domain::message::Message;
use crate::domain::user::{User, UserRef};
use crate::domain::{ConversationId, MessageId};

type Object = Map<String, Value>;

pub(super) fn decode(text: &str) -> Result<Frame, Malformed> {
    let without_name = |error| Malformed { error, reference: None };
    let object: Object = serde_json::from_str(text)
        .map_err(|_| without_name(malformed("A frame must be a JSON object such as {\"type\":\"ping\"}.")))?;
    let command = match object.get("type").and_then(Value::as_str) {
        Some("ping") => Ok(Command::Ping),
        Some("message") => send(&object).map(Command::Change),
        _ => Err(malformed("A frame must have a type: message or ping.").field("type")),
    };
    Ok(Frame { reference: None, command: command.map_err(without_name)? })
}

fn send(object: &Object) -> Result<Wish, Error> {
    Ok(Wish::Post(Draft::text(target(object)?, content(object)?)))
}

/// Everybody, unless a recipient or a room is named.
fn target(object: &Object) -> Result<Target, Error> {
    let room = optional_text(object, "room_id")?.map(|_| uuid(object, "room_id")).transpose()?;
    match (optional_text(object, "recipient")?, room) {
        (None, None) => Ok(Target::Conversation(GLOBAL_ID)),
        (None, Some(room)) => Ok(Target::Room(room)),
        (Some(""), None) => Err(malformed("recipient must be a username, or null for everybody.").field("recipient")),
        (Some(name), None) => Ok(Target::User { user: UserRef::Name(name.to_owned()), field: "recipient" }),
        (Some(_), Some(_)) => Err(malformed("Send to a recipient or to a room_id, not to both.").field("recipient")),
    }
}

/// What everybody may read is told to everybody, the rest to its members.
pub(super) fn hears(kind: ConversationKind) -> Hears {
    match kind {
        ConversationKind::Global => Hears::Everybody,
        ConversationKind::Direct | ConversationKind::Room => Hears::Members,
        ConversationKind::Assistant | ConversationKind::Channel | ConversationKind::Support => Hears::Nothing,
    }
}

/// A new message to everybody, to one, or to a room, the same for all readers; the dialect has no frames for anything else.
pub(super) fn encode(event: &Event, _: Reader, _: IsOnline<'_>) -> Option<ByteString> {
    let Event::Stored(Stored { conversation, what: What::Posted { message, .. }, .. }) = event else { return None };
    let message = MessageView::of(conversation, message);
    match conversation.kind {
        ConversationKind::Global | ConversationKind::Room => Some(write(&Out::Message { message })),
        ConversationKind::Direct => Some(write(&Out::DirectMessage { message })),
        ConversationKind::Assistant | ConversationKind::Channel | ConversationKind::Support => None,
    }
}

pub(super) fn reply(reply: Reply<'_>) -> Option<ByteString> {
    match reply {
        Reply::Welcome { username, .. } => Some(write(&Out::Connection { status: "connected", user_id: username? })),
        Reply::Pong => Some(write(&Out::Pong { status: "ok" })),
        Reply::Refused { error, .. } => Some(refused(error)),
        Reply::Authenticated { .. }
        | Reply::Answer { .. }
        | Reply::Restored { .. }
        | Reply::Acknowledged { .. }
        | Reply::Subscribed { .. }
        | Reply::Unsubscribed { .. }
        | Reply::Entered { .. } => None,
    }
}

fn refused(error: &Error) -> ByteString {
    let mut frame = error.to_json();
    frame.insert("type".into(), "error".into());
    if let Some(after) = error.retry_after {
        frame.insert("retry_after".into(), after.as_secs_f64().into());
    }
    Value::Object(frame).to_string().into()
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Out<'a> {
    Connection { status: &'static str, user_id: &'a str },
    Message { message: MessageView<'a> },
    DirectMessage { message: MessageView<'a> },
    Pong { status: &'static str },
}

/// These frames are made of strings, ids and times, which always serialise.
fn write(frame: &Out<'_>) -> ByteString {
    serde_json::to_string(frame).unwrap_or_default().into()
}

/// A message as the rooms API shows it.
#[derive(Serialize)]
pub struct MessageView<'a> {
    id: MessageId,
    /// A username, or what stands in its place.
    sender: &'a str,
    /// Exactly direct messages have one.
    recipient: Option<&'a str>,
    /// Exactly room messages have one.
    room_id: Option<ConversationId>,
    content: &'a str,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
}

impl<'a> MessageView<'a> {
    pub fn of(conversation: &'a Conversation, message: &'a Message) -> Self {
        Self {
            id: message.id,
            sender: message.sender.name(),
            recipient: recipient(conversation, message),
            room_id: (conversation.kind == ConversationKind::Room).then_some(conversation.id),
            content: &message.content,
            created_at: message.created_at,
        }
    }
}

/// Whom a direct message is for: the other of the two, or the one who writes to themselves. Of an erased sender it is who is left.
fn recipient<'a>(conversation: &'a Conversation, message: &Message) -> Option<&'a str> {
    let direct = conversation.kind == ConversationKind::Direct;
    let other = || match message.sender.id() {
        Some(sender) => conversation.counterpart(sender),
        None => conversation.peers.first(),
    };
    direct.then(|| other().map_or(User::DELETED, |user| &user.username))
}

/// A room, with its members, the longest first.
#[derive(Serialize)]
pub struct RoomView<'a> {
    id: ConversationId,
    name: &'a str,
    description: Option<&'a str>,
    /// The username of the owner.
    created_by: Option<&'a str>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    members: Vec<&'a str>,
}

impl<'a> RoomView<'a> {
    pub fn of(room: &'a Conversation, members: &'a [Member]) -> Self {
        Self {
            id: room.id,
            name: &room.title,
            description: room.description.as_deref(),
            created_by: room.owner.as_ref().map(|owner| owner.username.as_str()),
            created_at: room.created_at,
            members: members.iter().map(|member| member.user.username.as_str()).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
