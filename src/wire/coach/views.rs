//! The objects of the native protocol, as frames and REST show them: conversations and messages.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::super::IsOnline;
use crate::domain::clock::rfc3339;
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind};
use crate::domain::event::Overview;
use crate::domain::message::{Message, MessageType, Reactions, Sender};
use crate::domain::user::{User, UserView};
use crate::domain::{ConversationId, MessageId, UserId};

/// A message as the native protocol shows it.
#[derive(Serialize)]
pub struct MessageView<'a> {
    id: MessageId,
    conversation_id: ConversationId,
    seq: i64,
    sender: SenderView,
    content: &'a str,
    msg_type: MessageType,
    reply_to: Option<MessageId>,
    reactions: &'a Reactions,
    metadata: Option<&'a Value>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    updated_at: OffsetDateTime,
    deleted: bool,
}

/// A user object, `assistant` or `system`; of an erased user nothing is left but that there was one.
#[derive(Serialize)]
#[serde(untagged)]
enum SenderView {
    User(Box<UserView>),
    Deleted { id: Option<UserId>, username: &'static str, name: &'static str },
    Program(&'static str),
}

impl<'a> MessageView<'a> {
    pub fn of(message: &'a Message, online: IsOnline<'_>) -> Self {
        Self {
            id: message.id,
            conversation_id: message.conversation_id,
            seq: message.seq,
            sender: match &message.sender {
                Sender::User(user) => SenderView::User(Box::new(user.seen_by_all(online(user)))),
                Sender::Deleted => SenderView::Deleted { id: None, username: User::DELETED, name: User::DELETED },
                Sender::Assistant => SenderView::Program("assistant"),
                Sender::System => SenderView::Program("system"),
            },
            content: &message.content,
            msg_type: message.msg_type,
            reply_to: message.reply_to,
            reactions: &message.reactions,
            metadata: message.metadata.as_ref(),
            created_at: message.created_at,
            updated_at: message.updated_at,
            deleted: message.deleted,
        }
    }
}

/// A conversation as the native protocol shows it to one reader.
#[derive(Serialize)]
pub struct ConversationView<'a> {
    id: ConversationId,
    kind: ConversationKind,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel_id: Option<&'a str>,
    /// The two of a direct conversation, customer and agent, the members of a room unless there are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<Vec<UserView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<ChatStatus>,
    /// Not told to the members of a huge room when it changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<i64>,
    last_seq: i64,
    last_message: Option<MessageView<'a>>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
}

impl<'a> ConversationView<'a> {
    pub fn of(overview: &'a Overview, reader: UserId, online: IsOnline<'_>) -> Self {
        let conversation: &'a Conversation = &overview.conversation;
        Self {
            id: conversation.id,
            kind: conversation.kind,
            title: title(conversation, reader),
            description: conversation.description.as_deref(),
            channel_id: conversation.slug.as_deref(),
            members: members(overview, online),
            owner_id: conversation.owner.as_ref().map(|owner| owner.id),
            status: conversation.status,
            unread: overview.unread_of(reader),
            last_seq: conversation.last_seq,
            last_message: overview.last_message.as_deref().map(|message| MessageView::of(message, online)),
            created_at: conversation.created_at,
        }
    }
}

/// Support chats have no title of their own: each side sees the other.
fn title(conversation: &Conversation, reader: UserId) -> &str {
    let other = match conversation.kind {
        ConversationKind::Support if conversation.customer_id() == Some(reader) => conversation.agent.as_ref(),
        ConversationKind::Support => {
            return conversation.customer.as_ref().map_or(User::DELETED, |customer| &customer.name);
        }
        _ => return conversation.title_for(reader),
    };
    other.map_or("Support", |user| &user.name)
}

fn members(overview: &Overview, online: IsOnline<'_>) -> Option<Vec<UserView>> {
    let conversation = &overview.conversation;
    let view = |user: &User| user.seen_by_all(online(user));
    match conversation.kind {
        ConversationKind::Direct => Some(conversation.peers.iter().map(|user| view(user)).collect()),
        ConversationKind::Support => {
            Some([&conversation.customer, &conversation.agent].into_iter().flatten().map(|user| view(user)).collect())
        }
        ConversationKind::Room if !overview.members.is_empty() => {
            Some(overview.members.iter().map(|member| view(&member.user)).collect())
        }
        _ => None,
    }
}
