//! The dialect of `/api/ws`, for customers and their agents (contract, section 8), and the objects of `/api/chats`.

mod decode;
mod views;

use bytestring::ByteString;
use serde::Serialize;
use serde_json::{Value, json};

use super::{IsOnline, Reader, Reply};
use crate::domain::command::Place;
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind};
use crate::domain::error::Error;
use crate::domain::event::{ConversationChange, ConversationChanged, Event, Stored, What};
use crate::domain::user::UserView;
use crate::domain::{ConversationId, UserId};

pub(super) use decode::decode;
pub use views::{ChatView, MessageView};

/// All readers are told the same.
pub(super) fn variant(_: &Event, _: Reader) -> i64 {
    0
}

/// An event of a support chat, or of somebody's presence; the dialect has no frames for anything else.
pub(super) fn encode(event: &Event, _: Reader, online: IsOnline<'_>) -> Option<ByteString> {
    let frame = match event {
        Event::Stored(stored) if is_chat(&stored.conversation) => return encode_stored(stored, online),
        Event::ConversationChanged(ConversationChanged { change, overview, .. }) if is_chat(&overview.conversation) => {
            let chat_id = overview.conversation.id;
            match change {
                ConversationChange::Deleted => Out::ChatDeleted { chat_id },
                ConversationChange::Created | ConversationChange::Updated | ConversationChange::Left => return None,
            }
        }
        Event::PresenceChanged { user, is_online, .. } => {
            Out::UserStatusChange { user_id: user.id, is_online: *is_online }
        }
        _ => return None,
    };
    Some(write(&frame))
}

fn is_chat(conversation: &Conversation) -> bool {
    conversation.kind == ConversationKind::Support
}

fn encode_stored(stored: &Stored, online: IsOnline<'_>) -> Option<ByteString> {
    let chat = &stored.conversation;
    let frame = match &stored.what {
        What::Posted { message, .. } => Out::NewMessage(MessageView::of(message)),
        What::StatusChanged { .. } => {
            Out::ChatStatusUpdated { chat_id: chat.id, status: chat.status.unwrap_or(ChatStatus::Active) }
        }
        What::Assigned { .. } => Out::ChatAssigned {
            chat_id: chat.id,
            agent_id: chat.agent_id(),
            agent: chat.agent.as_ref().map(|agent| agent.seen_by_all(online(agent))),
        },
        What::Updated { .. } | What::Deleted { .. } | What::Reacted { .. } => return None,
    };
    Some(write(&frame))
}

pub(super) fn reply(reply: Reply<'_>) -> Option<ByteString> {
    match reply {
        Reply::Pong => Some(write(&Out::Pong)),
        Reply::Entered { place: Place::Chat(_), conversation, entered: true } => {
            Some(write(&Out::ChatJoined { chat_id: conversation.id }))
        }
        Reply::Refused { error, .. } => Some(refused(error)),
        _ => None,
    }
}

fn refused(error: &Error) -> ByteString {
    let mut data = error.to_json();
    if let Some(after) = error.retry_after {
        data.insert("retry_after".into(), after.as_secs_f64().into());
    }
    json!({ "type": "error", "data": Value::Object(data) }).to_string().into()
}

#[derive(Serialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Out<'a> {
    NewMessage(MessageView<'a>),
    UserStatusChange { user_id: UserId, is_online: bool },
    ChatStatusUpdated { chat_id: ConversationId, status: ChatStatus },
    ChatAssigned { chat_id: ConversationId, agent_id: Option<UserId>, agent: Option<UserView> },
    ChatDeleted { chat_id: ConversationId },
    ChatJoined { chat_id: ConversationId },
    Pong,
}

/// These frames are made of strings, numbers and objects with string keys, which always serialise.
fn write(frame: &Out<'_>) -> ByteString {
    serde_json::to_string(frame).unwrap_or_default().into()
}

#[cfg(test)]
mod tests;
