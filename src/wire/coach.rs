//! The dialect of `/ws`, which the web client speaks (contract, section 8).

mod decode;
mod views;

use std::borrow::Cow;

use bytestring::ByteString;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::{IsOnline, Reader, Reply};
use crate::domain::clock::rfc3339;
use crate::domain::error::Error;
use crate::domain::event::{ConversationChange, ConversationChanged, Event, Overview, Stored, What};
use crate::domain::job::JobView;
use crate::domain::message::Message;
use crate::domain::user::UserView;
use crate::domain::{ConversationId, MessageId, UserId};

pub(super) use decode::{content, decode, malformed, optional_text, uuid};
pub use views::{ConversationView, MessageView};

/// Bytes of the events that one `subscribed` may carry.
const MAX_RECOVERED: usize = 256 * 1024;

/// Readers of whom this is the same are told the same.
pub(super) fn variant(event: &Event, reader: Reader) -> i64 {
    match event {
        Event::Stored(Stored { what: What::Posted { message, client_msg_id: Some(_) }, .. }) => {
            i64::from(message.sender.id() == Some(reader.user))
        }
        Event::Stored(Stored { what: What::StatusChanged { .. } | What::Assigned { .. }, .. })
        | Event::ConversationChanged(_)
        | Event::Unheard { .. } => reader.user,
        _ => 0,
    }
}

/// An event, as its listeners are told it.
pub(super) fn encode(event: &Event, reader: Reader, online: IsOnline<'_>) -> Option<ByteString> {
    let frame = match event {
        Event::JobProgressed { job, .. } => Out::Job { job },
        Event::Stored(stored) => return Some(encode_stored(stored, reader, online)),
        Event::ConversationChanged(ConversationChanged { change, overview, .. }) => {
            let action = match change {
                ConversationChange::Created => "created",
                ConversationChange::Updated => "updated",
                ConversationChange::Left | ConversationChange::Deleted => "removed",
            };
            return Some(about(action, None, overview, reader, online));
        }
        Event::Unheard { overview, .. } => return Some(about("message", None, overview, reader, online)),
        Event::Read { conversation, user, seq } => {
            Out::Read { conversation_id: *conversation, user_id: *user, seq: *seq }
        }
        Event::Typing { conversation, user, typing } => {
            Out::Typing { conversation_id: *conversation, user_id: *user, typing: *typing }
        }
        Event::PresenceChanged { user, is_online, .. } => {
            Out::Presence { user_id: user.id, username: &user.username, is_online: *is_online }
        }
        Event::ChannelEntered { .. } => return None,
    };
    Some(write(&frame))
}

fn encode_stored(stored: &Stored, reader: Reader, online: IsOnline<'_>) -> ByteString {
    let (conversation_id, seq) = (stored.conversation.id, stored.seq);
    match &stored.what {
        What::Posted { message, client_msg_id } => {
            let client_msg_id = client_msg_id.as_deref().filter(|_| message.sender.id() == Some(reader.user));
            write(&Out::NewMessage { conversation_id, seq, message: MessageView::of(message, online), client_msg_id })
        }
        What::Updated { message } => {
            write(&Out::MessageUpdated { conversation_id, seq, message: MessageView::of(message, online) })
        }
        What::Deleted { message } => write(&Out::MessageDeleted { conversation_id, seq, message_id: message.id }),
        What::Reacted { message, user, emoji, removed } => write(&Out::Reaction {
            conversation_id,
            seq,
            message_id: *message,
            user_id: *user,
            emoji,
            removed: *removed,
        }),
        What::StatusChanged { overview } | What::Assigned { overview } => {
            about("updated", Some(seq), overview, reader, online)
        }
    }
}

/// What happened to a conversation, as one reader sees it.
fn about(
    action: &'static str,
    seq: Option<i64>,
    overview: &Overview,
    reader: Reader,
    online: IsOnline<'_>,
) -> ByteString {
    write(&Out::Conversation { action, seq, conversation: ConversationView::of(overview, reader.user, online) })
}

pub(super) fn reply(reply: Reply<'_>, timestamp: OffsetDateTime) -> Option<ByteString> {
    let frame = match reply {
        Reply::Welcome { client_id, .. } => {
            Out::System { content: "Welcome!".into(), metadata: Client { client_id, memory: None }, timestamp }
        }
        Reply::Restored { client_id, loaded } => {
            let content = match loaded {
                1 => "1 saved question is loaded again.".into(),
                _ => format!("{loaded} saved questions are loaded again.").into(),
            };
            let memory = Some(LoadedAgain { restored: true, loaded });
            Out::System { content, metadata: Client { client_id, memory }, timestamp }
        }
        Reply::Authenticated { user } => Out::Auth { status: "ok", user },
        Reply::Pong => Out::Pong { timestamp },
        Reply::Answer { content, session_id, metadata } => {
            Out::Message { content, sender: "assistant", msg_type: "text", session_id, metadata, timestamp }
        }
        Reply::Acknowledged { ack } => Out::Ack {
            client_msg_id: &ack.client_msg_id,
            message_id: ack.message_id,
            conversation_id: ack.conversation_id,
            seq: ack.seq,
        },
        Reply::Subscribed { conversation, last_seq, after, events, online } => {
            return Some(subscribed(conversation, last_seq, after, events, online));
        }
        Reply::Unsubscribed { conversation } => Out::Unsubscribed { conversation_id: conversation },
        Reply::Entered { .. } => return None,
        Reply::Refused { error, reference } => return Some(refused(error, reference)),
    };
    Some(write(&frame))
}

/// What happened since, if it is not too much.
fn subscribed(
    conversation_id: ConversationId,
    last_seq: i64,
    after: i64,
    events: Option<&[Message]>,
    online: IsOnline<'_>,
) -> ByteString {
    let texts = events.map(|events| events.iter().map(|message| recovered(message, after, online)).collect::<Vec<_>>());
    let texts = texts.filter(|texts| texts.iter().map(|text| text.len() + 1).sum::<usize>() <= MAX_RECOVERED);
    let recovered = texts.is_some();
    let raw = texts.unwrap_or_default().into_iter().filter_map(|text| RawValue::from_string(text.into()).ok());
    write(&Out::Subscribed { conversation_id, last_seq, recovered, events: raw.collect() })
}

/// The latest state of a message, as the event that tells of it to whoever has seen everything up to `after`.
fn recovered(message: &Message, after: i64, online: IsOnline<'_>) -> ByteString {
    let (conversation_id, seq) = (message.conversation_id, message.updated_seq);
    let view = MessageView::of(message, online);
    write(&if message.deleted {
        Out::MessageDeleted { conversation_id, seq, message_id: message.id }
    } else if message.seq > after {
        Out::NewMessage { conversation_id, seq, message: view, client_msg_id: None }
    } else {
        Out::MessageUpdated { conversation_id, seq, message: view }
    })
}

fn refused(error: &Error, reference: Option<&Value>) -> ByteString {
    let mut frame = error.to_json();
    frame.insert("type".into(), "error".into());
    if let Some(after) = error.retry_after {
        frame.insert("retry_after".into(), after.as_secs_f64().into());
    }
    if let Some(reference) = reference {
        frame.insert("ref".into(), reference.clone());
    }
    Value::Object(frame).to_string().into()
}

#[derive(Serialize)]
struct Client<'a> {
    client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<LoadedAgain>,
}

#[derive(Serialize)]
struct LoadedAgain {
    restored: bool,
    loaded: usize,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Out<'a> {
    System {
        content: Cow<'static, str>,
        metadata: Client<'a>,
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
    },
    Auth {
        status: &'static str,
        user: &'a UserView,
    },
    Pong {
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
    },
    Message {
        content: &'a str,
        sender: &'static str,
        msg_type: &'static str,
        #[serde(rename = "sessionId", skip_serializing_if = "Option::is_none")]
        session_id: Option<&'a str>,
        metadata: &'a Value,
        #[serde(with = "rfc3339")]
        timestamp: OffsetDateTime,
    },
    Job {
        job: &'a JobView,
    },
    Ack {
        client_msg_id: &'a str,
        message_id: MessageId,
        conversation_id: ConversationId,
        seq: i64,
    },
    Subscribed {
        conversation_id: ConversationId,
        last_seq: i64,
        recovered: bool,
        events: Vec<Box<RawValue>>,
    },
    Unsubscribed {
        conversation_id: ConversationId,
    },
    NewMessage {
        conversation_id: ConversationId,
        seq: i64,
        message: MessageView<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_msg_id: Option<&'a str>,
    },
    MessageUpdated {
        conversation_id: ConversationId,
        seq: i64,
        message: MessageView<'a>,
    },
    MessageDeleted {
        conversation_id: ConversationId,
        seq: i64,
        message_id: MessageId,
    },
    Reaction {
        conversation_id: ConversationId,
        seq: i64,
        message_id: MessageId,
        user_id: UserId,
        emoji: &'a str,
        removed: bool,
    },
    Conversation {
        action: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<i64>,
        conversation: ConversationView<'a>,
    },
    Read {
        conversation_id: ConversationId,
        user_id: UserId,
        seq: i64,
    },
    Typing {
        conversation_id: ConversationId,
        user_id: UserId,
        typing: bool,
    },
    Presence {
        user_id: UserId,
        username: &'a str,
        is_online: bool,
    },
}

/// These frames are made of strings, numbers and maps with string keys, which always serialise.
fn write(frame: &Out<'_>) -> ByteString {
    serde_json::to_string(frame).unwrap_or_default().into()
}

#[cfg(test)]
mod tests;
