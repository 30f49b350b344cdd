//! Changes of conversations: what somebody wants written, and what came of it. The scribe writes them in the order in
//! which they come.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::conversation::{ChatStatus, Conversation};
use super::error::{Error, Result};
use super::message::{self, MAX_CLIENT_MSG_ID, Message, MessageType};
use super::user::{Identity, Role, UserRef};
use super::{ConversationId, MessageId, UserId};

/// Who wants a change: the stored role counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By {
    pub user: UserId,
    pub role: Role,
}

impl From<&Identity> for By {
    fn from(identity: &Identity) -> Self {
        Self { user: identity.user_id, role: identity.role }
    }
}

/// One change, its form checked already. Whether it is allowed is checked against the stored state when it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub by: By,
    pub wish: Wish,
}

impl Change {
    /// What those who listen are told of it, in words; empty where that is short.
    pub fn content(&self) -> &str {
        match &self.wish {
            Wish::Post(draft) => &draft.content,
            Wish::Edit { content, .. } => content,
            Wish::KeepExchange { answer, .. } => answer,
            _ => "",
        }
    }

    /// Bytes that it keeps in memory while it waits, but for some hundred.
    pub fn weight(&self) -> usize {
        let attached = match &self.wish {
            Wish::Post(draft) => draft.attachment.as_ref().map_or(0, |attachment| attachment.bytes.len()),
            _ => 0,
        };
        self.content().len() + attached
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Conversation(ConversationId),
    /// The direct conversation with this user, made if there is none. `field`: what an error names.
    User {
        user: UserRef,
        field: &'static str,
    },
    Room(ConversationId),
    Chat(ConversationId),
    /// By its slug.
    Channel(String),
}

/// A message to be posted.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub target: Target,
    pub content: String,
    pub msg_type: MessageType,
    pub metadata: Option<Value>,
    pub reply_to: Option<MessageId>,
    pub session_id: Option<String>,
    /// The client's own name for the message: stored once for each sender.
    pub client_msg_id: Option<String>,
    /// Stored with the message, all or nothing.
    pub attachment: Option<Attachment>,
}

impl Draft {
    /// A plain text.
    pub fn text(target: Target, content: impl Into<String>) -> Self {
        Self {
            target,
            content: content.into(),
            msg_type: MessageType::Text,
            metadata: None,
            reply_to: None,
            session_id: None,
            client_msg_id: None,
            attachment: None,
        }
    }
}

impl Draft {
    /// Checks the form: content, metadata, the client's name. The content of a message with a file may be empty.
    pub fn check(&self) -> Result<()> {
        if self.attachment.is_none() || !self.content.is_empty() {
            message::content(&self.content)?;
        }
        self.metadata.as_ref().map_or(Ok(()), message::metadata)?;
        let name = self.client_msg_id.as_deref();
        if name.is_some_and(|name| name.is_empty() || name.chars().count() > MAX_CLIENT_MSG_ID || name.contains('\0')) {
            return Err(Error::invalid("client_msg_id", "client_msg_id must have 1 to 64 characters."));
        }
        Ok(())
    }
}

/// The file of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    pub mime_type: String,
    pub duration_ms: Option<i64>,
    /// 1 to 10,485,760 bytes.
    pub bytes: Bytes,
}

/// Which kind of conversation the message of a change must be in; in any other it is not found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    Any,
    Channels,
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Wish {
    Post(Draft),
    Edit {
        message: MessageId,
        content: String,
        scope: Scope,
    },
    Delete {
        message: MessageId,
        scope: Scope,
    },
    React {
        message: MessageId,
        emoji: String,
        remove: bool,
    },
    /// Up to this `seq`, never back.
    MarkRead {
        conversation: ConversationId,
        seq: i64,
    },
    /// A question to the assistant and its answer, kept in the asker's own conversation.
    KeepExchange {
        question: String,
        answer: String,
        metadata: Value,
        session_id: Option<String>,
    },
    /// Found or made.
    OpenDirect {
        with: UserRef,
        field: &'static str,
    },
    CreateRoom {
        name: String,
        description: Option<String>,
    },
    AddMember {
        room: ConversationId,
        user: UserRef,
    },
    /// Oneself: leave.
    RemoveMember {
        room: ConversationId,
        user: UserRef,
    },
    CreateChannel {
        name: String,
        slug: String,
        description: Option<String>,
    },
    DeleteChannel {
        slug: String,
    },
    OpenChat {
        customer: UserRef,
        agent: Option<UserRef>,
    },
    /// Takes a waiting chat for the agent who joins, and marks it as read.
    JoinChat {
        chat: ConversationId,
    },
    AssignChat {
        chat: ConversationId,
        agent: UserRef,
    },
    SetChatStatus {
        chat: ConversationId,
        status: ChatStatus,
    },
    /// Restores the status before the archive.
    UnarchiveChat {
        chat: ConversationId,
    },
    DeleteChat {
        chat: ConversationId,
    },
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq)]
pub enum Done {
    Posted(Posted),
    /// Edited, deleted or reacted to: the message in its latest state, and the `seq` of the change.
    Message {
        conversation: Arc<Conversation>,
        message: Arc<Message>,
        seq: i64,
    },
    /// `created`: it did not exist before.
    Conversation {
        conversation: Arc<Conversation>,
        created: bool,
    },
    /// Read up to here.
    Read {
        conversation: ConversationId,
        seq: i64,
    },
    Removed,
    /// The question and the answer.
    Kept(Arc<Message>, Arc<Message>),
}

/// A message that is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Posted {
    pub conversation: Arc<Conversation>,
    pub message: Arc<Message>,
    pub client_msg_id: Option<String>,
    /// It was stored by an earlier request with the same `client_msg_id`.
    pub replayed: bool,
}

/// That a message is stored, for whoever sent it under this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    pub client_msg_id: String,
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub seq: i64,
}

impl Posted {
    /// The acknowledgement, if the sender gave the message a name.
    pub fn ack(&self) -> Option<Ack> {
        Some(Ack {
            client_msg_id: self.client_msg_id.clone()?,
            message_id: self.message.id,
            conversation_id: self.message.conversation_id,
            seq: self.message.seq,
        })
    }
}
