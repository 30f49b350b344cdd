//! The objects of support chats: camelCase, as customers and agents see them.

use serde::Serialize;
use time::OffsetDateTime;

use super::super::IsOnline;
use crate::domain::clock::rfc3339;
use crate::domain::conversation::ChatStatus;
use crate::domain::event::Overview;
use crate::domain::message::{Message, MessageType};
use crate::domain::user::{Identity, Role, User, UserView};
use crate::domain::{ConversationId, MessageId, UserId};

/// A message of a support chat.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageView<'a> {
    id: MessageId,
    chat_id: ConversationId,
    /// Null once the sender is erased.
    sender_id: Option<UserId>,
    content: &'a str,
    #[serde(rename = "type")]
    kind: MessageType,
    message_type: MessageType,
    #[serde(with = "rfc3339")]
    timestamp: OffsetDateTime,
    sender: SenderView<'a>,
}

#[derive(Serialize)]
struct SenderView<'a> {
    id: Option<UserId>,
    name: &'a str,
    role: Option<Role>,
}

impl<'a> MessageView<'a> {
    pub fn of(message: &'a Message) -> Self {
        let user = message.sender.user();
        let id = message.sender.id();
        let name = user.map_or_else(|| message.sender.name(), |user| &user.name);
        Self {
            id: message.id,
            chat_id: message.conversation_id,
            sender_id: id,
            content: &message.content,
            kind: message.msg_type,
            message_type: message.msg_type,
            timestamp: message.created_at,
            sender: SenderView { id, name, role: user.map(|user| user.role) },
        }
    }
}

/// A support chat as one reader sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatView<'a> {
    id: ConversationId,
    /// Null once the customer is erased.
    customer_id: Option<UserId>,
    /// Null: the chat waits.
    agent_id: Option<UserId>,
    status: ChatStatus,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    updated_at: OffsetDateTime,
    customer: Option<UserView>,
    agent: Option<UserView>,
    last_message: Option<MessageView<'a>>,
    unread_count: i64,
}

impl<'a> ChatView<'a> {
    pub fn of(overview: &'a Overview, reader: &Identity, online: IsOnline<'_>) -> Self {
        let chat = &overview.conversation;
        let view = |user: &std::sync::Arc<User>| User::clone(user).seen_by(reader, online(user));
        Self {
            id: chat.id,
            customer_id: chat.customer_id(),
            agent_id: chat.agent_id(),
            status: chat.status.unwrap_or(ChatStatus::Active),
            created_at: chat.created_at,
            updated_at: chat.updated_at,
            customer: chat.customer.as_ref().map(view),
            agent: chat.agent.as_ref().map(view),
            last_message: overview.last_message.as_deref().map(MessageView::of),
            unread_count: overview.unread_of(reader.user_id).unwrap_or(0),
        }
    }
}
