//! What a client wants: made by a dialect from a frame, carried out by its session.

use serde_json::Value;

use super::ConversationId;
use super::change::Wish;

/// One frame, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// The client's own name for the frame (`id` or `client_msg_id`): an error about the frame repeats it.
    pub reference: Option<Value>,
    pub command: Command,
}

/// What a client may ask of its session.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Sign in.
    Authenticate {
        token: Token,
    },
    /// Is anybody there?
    Ping,
    /// A question to the assistant.
    Ask {
        content: String,
        session_id: Option<String>,
    },
    /// Listen to a conversation from now on, after what happened since `after_seq`.
    Subscribe {
        conversation: ConversationId,
        after_seq: Option<i64>,
    },
    /// Listen no more.
    Unsubscribe {
        conversation: ConversationId,
    },
    /// Change something that is stored.
    Change(Wish),
    /// Typing begins, or ends.
    Type {
        conversation: ConversationId,
        typing: bool,
    },
    /// Come into a place of a dialect's own, and listen there.
    Enter(Place),
    Leave(Place),
}

/// What a client comes into by another name than a conversation's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A support chat: marked as read, and a waiting one is given to the agent who comes first.
    Chat(ConversationId),
    /// A channel, by its slug: the others are told.
    Channel(String),
}

/// A bearer token. Never shown, not even in a debug log.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}
