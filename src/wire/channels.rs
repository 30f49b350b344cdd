//! The dialect of `/api/v1/ws` (contract, section 8), and the objects of the channels API.

use std::borrow::Cow;

use bytestring::ByteString;
use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::coach::{malformed, optional_text};
use super::{IsOnline, Malformed, Reader, Reply};
use crate::domain::MessageId;
use crate::domain::clock::rfc3339;
use crate::domain::command::{Command, Frame, Place};
use crate::domain::conversation::Conversation;
use crate::domain::error::Error;
use crate::domain::event::{Event, Stored, What};
use crate::domain::message::{Message, Sender};
use crate::domain::user::User;

/// Bytes of a `channel_id` that an error repeats: no channel has a longer one.
pub const MAX_ECHO: usize = 256;

type Object = Map<String, Value>;

/// The reference of a frame is the channel that it names: an error about the frame repeats it.
pub(super) fn decode(text: &str) -> Result<Frame, Malformed> {
    let object: Object = serde_json::from_str(text).map_err(|_| Malformed {
        error: malformed("A frame must be a JSON object such as {\"type\":\"ping\"}."),
        reference: None,
    })?;
    let named = object.get("channel_id").and_then(Value::as_str);
    let reference = named.filter(|name| name.len() <= MAX_ECHO).map(Value::from);
    match command(&object) {
        Ok(command) => Ok(Frame { reference, command }),
        Err(error) => Err(Malformed { error, reference }),
    }
}

fn command(object: &Object) -> Result<Command, Error> {
    match object.get("type").and_then(Value::as_str) {
        Some("ping") => Ok(Command::Ping),
        Some("join_channel") => channel(object).map(Command::Enter),
        Some("leave_channel") => channel(object).map(Command::Leave),
        _ => Err(malformed("A frame must have a type: join_channel, leave_channel or ping.").field("type")),
    }
}

fn channel(object: &Object) -> Result<Place, Error> {
    match optional_text(object, "channel_id")? {
        Some(id) if !id.is_empty() => Ok(Place::Channel(id.to_owned())),
        _ => Err(malformed("channel_id is missing: it must be the id of a channel.").field("channel_id")),
    }
}

/// Whose address a reader sees: everybody's, or with `masked` only their own and, as staff, everybody's.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    pub reader: Reader,
    /// `CHANNELS_MASK_EMAIL`
    pub masked: bool,
}

impl Sight {
    fn sees(self, user: &User) -> bool {
        !self.masked || self.reader.is_staff || self.reader.user == user.id
    }

    fn email(self, user: &User) -> Cow<'_, str> {
        if self.sees(user) {
            return Cow::Borrowed(&user.email);
        }
        Cow::Owned(format!("{}@users.invalid", user.username))
    }

    /// The address of a message's author, or what stands in the place of one who is gone.
    fn author(self, sender: &Sender) -> Cow<'_, str> {
        sender.user().map_or(Cow::Borrowed(sender.name()), |user| self.email(user))
    }
}

/// Readers of whom this is the same are told the same.
pub(super) fn variant(event: &Event, reader: Reader, masked: bool) -> i64 {
    let sight = Sight { reader, masked };
    let user = match event {
        Event::Stored(Stored { what, .. }) => match what {
            What::Posted { message, .. } | What::Updated { message } | What::Deleted { message } => {
                message.sender.user()
            }
            What::Reacted { .. } | What::StatusChanged { .. } | What::Assigned { .. } => None,
        },
        Event::ChannelEntered { user, .. } => Some(user),
        _ => None,
    };
    user.map_or(0, |user| i64::from(sight.sees(user)))
}

pub(super) fn encode_open(event: &Event, reader: Reader, _: IsOnline<'_>) -> Option<ByteString> {
    encode(event, Sight { reader, masked: false })
}

pub(super) fn encode_masked(event: &Event, reader: Reader, _: IsOnline<'_>) -> Option<ByteString> {
    encode(event, Sight { reader, masked: true })
}

/// What happens in a channel; the dialect has no frames for anything else.
fn encode(event: &Event, sight: Sight) -> Option<ByteString> {
    match event {
        Event::Stored(Stored { conversation, what, .. }) => {
            let channel_id = conversation.slug.as_deref()?;
            encode_stored(channel_id, what, sight)
        }
        Event::ChannelEntered { slug, user, entered, at, .. } => {
            let (channel_id, user_email, timestamp) = (slug.as_str(), sight.email(user), *at);
            Some(write(&if *entered {
                Out::ChannelJoined { channel_id, user_email, timestamp }
            } else {
                Out::ChannelLeft { channel_id, user_email, timestamp }
            }))
        }
        _ => None,
    }
}

fn encode_stored(channel_id: &str, what: &What, sight: Sight) -> Option<ByteString> {
    Some(write(&match what {
        What::Posted { message, .. } => Out::NewMessage {
            channel_id,
            timestamp: message.created_at,
            data: MessageView { updated_at: None, ..MessageView::of(channel_id, message, sight) },
        },
        What::Updated { message } => Out::MessageUpdated {
            channel_id,
            timestamp: message.updated_at,
            data: MessageView { updated_at: None, ..MessageView::of(channel_id, message, sight) },
        },
        What::Deleted { message } => Out::MessageDeleted {
            channel_id,
            timestamp: message.updated_at,
            data: DeletedView::of(channel_id, message, sight),
        },
        What::Reacted { .. } | What::StatusChanged { .. } | What::Assigned { .. } => return None,
    }))
}

/// Coming and going is told by the channel, to whoever comes and goes as well.
pub(super) fn reply(reply: Reply<'_>, timestamp: OffsetDateTime) -> Option<ByteString> {
    match reply {
        Reply::Pong => Some(write(&Out::Pong { timestamp })),
        Reply::Refused { error, reference } => Some(refused(error, reference, timestamp)),
        Reply::Welcome { .. }
        | Reply::Authenticated { .. }
        | Reply::Answer { .. }
        | Reply::Restored { .. }
        | Reply::Acknowledged { .. }
        | Reply::Subscribed { .. }
        | Reply::Unsubscribed { .. }
        | Reply::Entered { .. } => None,
    }
}

fn refused(error: &Error, channel_id: Option<&Value>, timestamp: OffsetDateTime) -> ByteString {
    let mut frame = error.to_json();
    frame.insert("type".into(), "error".into());
    frame.insert("timestamp".into(), rfc3339::format(timestamp).into());
    if let Some(channel_id) = channel_id {
        frame.insert("channel_id".into(), channel_id.clone());
    }
    if let Some(after) = error.retry_after {
        frame.insert("retry_after".into(), after.as_secs_f64().into());
    }
    Value::Object(frame).to_string().into()
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Out<'a> {
    NewMessage {
        channel_id: &'a str,
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
        data: MessageView<'a>,
    },
    MessageUpdated {
        channel_id: &'a str,
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
        data: MessageView<'a>,
    },
    MessageDeleted {
        channel_id: &'a str,
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
        data: DeletedView<'a>,
    },
    ChannelJoined {
        channel_id: &'a str,
        user_email: Cow<'a, str>,
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
    },
    ChannelLeft {
        channel_id: &'a str,
        user_email: Cow<'a, str>,
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
    },
    Pong {
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
    },
}

/// These frames are made of strings, ids and times, which always serialise.
fn write(frame: &Out<'_>) -> ByteString {
    serde_json::to_string(frame).unwrap_or_default().into()
}

/// A message of a channel.
#[derive(Serialize)]
pub struct MessageView<'a> {
    id: MessageId,
    channel_id: &'a str,
    user_email: Cow<'a, str>,
    content: &'a str,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    /// Not in events.
    #[serde(with = "rfc3339::option", skip_serializing_if = "Option::is_none")]
    updated_at: Option<OffsetDateTime>,
}

impl<'a> MessageView<'a> {
    pub fn of(channel_id: &'a str, message: &'a Message, sight: Sight) -> Self {
        Self {
            id: message.id,
            channel_id,
            user_email: sight.author(&message.sender),
            content: &message.content,
            created_at: message.created_at,
            updated_at: Some(message.updated_at),
        }
    }
}

/// A message that was deleted: its content is gone.
#[derive(Serialize)]
pub struct DeletedView<'a> {
    id: MessageId,
    channel_id: &'a str,
    user_email: Cow<'a, str>,
}

impl<'a> DeletedView<'a> {
    pub fn of(channel_id: &'a str, message: &'a Message, sight: Sight) -> Self {
        Self { id: message.id, channel_id, user_email: sight.author(&message.sender) }
    }
}

/// A channel.
#[derive(Serialize)]
pub struct ChannelView<'a> {
    /// Its slug.
    id: &'a str,
    name: &'a str,
    description: Option<&'a str>,
    /// A username; `None` for `general`, and once its creator is erased.
    created_by: Option<&'a str>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
}

impl<'a> ChannelView<'a> {
    pub fn of(channel: &'a Conversation) -> Self {
        Self {
            id: channel.slug.as_deref().unwrap_or_default(),
            name: &channel.title,
            description: channel.description.as_deref(),
            created_by: channel.owner.as_ref().map(|owner| owner.username.as_str()),
            created_at: channel.created_at,
        }
    }
}

#[cfg(test)]
mod tests;
