//! Messages: what one may hold, and how it is named.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::{Error, Kind, Result};
use super::user::User;
use super::{ConversationId, MessageId, UserId};

/// Characters (Unicode scalar values) of a message, in every API.
pub const MAX_CONTENT: usize = 16_384;
/// Bytes of a message's metadata as JSON.
pub const MAX_METADATA: usize = 8 * 1024;
/// Bytes of an emoji.
pub const MAX_EMOJI: usize = 32;
/// Characters of a client's own name for a message.
pub const MAX_CLIENT_MSG_ID: usize = 64;

/// What a message carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    #[default]
    Text,
    Image,
    Audio,
    Video,
    File,
    /// Written by staff, or to oneself.
    System,
}

impl MessageType {
    const ALL: [Self; 6] = [Self::Text, Self::Image, Self::Audio, Self::Video, Self::File, Self::System];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::File => "file",
            Self::System => "system",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Sender {
    User(Arc<User>),
    /// A user who has been erased.
    Deleted,
    Assistant,
    System,
}

impl Sender {
    pub fn user(&self) -> Option<&Arc<User>> {
        match self {
            Self::User(user) => Some(user),
            Self::Deleted | Self::Assistant | Self::System => None,
        }
    }

    pub fn id(&self) -> Option<UserId> {
        self.user().map(|user| user.id)
    }

    /// The username, or what stands in its place.
    pub fn name(&self) -> &str {
        match self {
            Self::User(user) => &user.username,
            Self::Deleted => User::DELETED,
            Self::Assistant => "assistant",
            Self::System => "system",
        }
    }
}

/// Who reacted with what: emoji → users, in the order of reacting.
pub type Reactions = BTreeMap<String, Vec<UserId>>;

/// A stored message in its latest state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Its place in the conversation.
    pub seq: i64,
    /// The `seq` of its latest change.
    pub updated_seq: i64,
    pub sender: Sender,
    pub msg_type: MessageType,
    /// Empty once deleted.
    pub content: String,
    pub metadata: Option<Value>,
    pub reply_to: Option<MessageId>,
    pub session_id: Option<String>,
    pub reactions: Reactions,
    pub edited: bool,
    /// A tombstone.
    pub deleted: bool,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// Checks a content: 1 to 16,384 characters, no U+0000.
pub fn content(text: &str) -> Result<()> {
    let too_long = text.len() > MAX_CONTENT && text.chars().count() > MAX_CONTENT;
    if text.is_empty() || too_long {
        return Err(Error::invalid("content", "content must have 1 to 16,384 characters."));
    }
    if text.contains('\0') {
        return Err(Error::invalid("content", "content must not contain the character U+0000."));
    }
    Ok(())
}

/// Checks a metadata: an object of at most 8 KiB as JSON.
pub fn metadata(value: &Value) -> Result<()> {
    if !value.is_object() {
        return Err(Error::invalid("metadata", "metadata must be an object."));
    }
    if value.to_string().len() > MAX_METADATA {
        return Err(Error::invalid("metadata", "metadata must have at most 8 KiB as JSON."));
    }
    Ok(())
}

/// Checks an emoji: 1 to 32 bytes, without space or control characters.
pub fn emoji(text: &str) -> Result<()> {
    let odd = |c: char| c.is_control() || c.is_whitespace();
    if text.is_empty() || text.len() > MAX_EMOJI || text.chars().any(odd) {
        return Err(Error::invalid("emoji", "emoji must have 1 to 32 bytes, without spaces."));
    }
    Ok(())
}

/// The refusal of whoever may not know that a message exists.
pub fn not_found() -> Error {
    Error::not_found("MESSAGE_NOT_FOUND", "Message not found")
}

/// The refusal of a reply to what is not in the conversation.
pub fn reply_not_found() -> Error {
    let message =
        "This conversation has no message with the id in reply_to: name one of its messages, or leave reply_to out.";
    Error::new(Kind::NotFound, "MESSAGE_NOT_FOUND", "Message not found", message).field("reply_to")
}

/// Reads the id of a message in a path: what is no UUID exists nowhere (404).
pub fn parse_id(text: &str) -> Result<MessageId> {
    Uuid::try_parse(text).map_err(|_| not_found())
}

/// The refusal of a `client_msg_id` that names another message already.
pub fn client_msg_id_reused() -> Error {
    Error::new(
        Kind::Conflict,
        "CLIENT_MSG_ID_REUSED",
        "client_msg_id used again",
        "This client_msg_id belongs to another message of yours: take a new one for new content.",
    )
    .field("client_msg_id")
}

/// How the names of messages begin that came with an `Idempotency-Key`: see [`keyed_name`].
const KEYED: &str = "Idempotency-Key ";

/// The name of a message that came with an `Idempotency-Key` and without a name of the client's own, of a hash in at least 48
/// hexadecimal digits: the ledger, which stores a name once, stores the message of repeated requests once.
pub fn keyed_name(hash: &str) -> String {
    [KEYED, hash.get(..MAX_CLIENT_MSG_ID - KEYED.len()).unwrap_or(hash)].concat()
}

/// The name of a message as listeners are told it, if the client gave it one.
pub fn told_name(name: Option<String>) -> Option<String> {
    name.filter(|name| !name.starts_with(KEYED))
}

/// Where a message stands among all messages, for the cursors of lists over many conversations: the first half of its id.
pub fn position(id: MessageId) -> i64 {
    i64::try_from(id.as_u64_pair().0).unwrap_or(i64::MAX)
}

/// The least id at a position: everything before the position sorts before it.
pub fn id_at(position: i64) -> MessageId {
    Uuid::from_u64_pair(u64::try_from(position).unwrap_or(0), 0)
}

/// The least id that a message may have that was posted at this time.
pub fn first_id_at(time: OffsetDateTime) -> MessageId {
    let millis = u64::try_from(time.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    Uuid::from_u64_pair(millis << 16, 0)
}

/// Makes the ids of messages: UUID v7 (RFC 9562, section 5.7) whose `rand_a` counts within a millisecond (section 6.2,
/// method 1), so that ids made by one node sort as they were made, by their first 64 bits already.
#[derive(Debug, Default)]
pub struct MessageIds {
    /// Milliseconds since 1970, and the count within them.
    last: (u64, u64),
}

impl MessageIds {
    const PER_MILLISECOND: u64 = 4096;

    pub fn next(&mut self, now: OffsetDateTime, random: u64) -> MessageId {
        let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        self.last = match self.last {
            (last, count) if millis > last || count >= Self::PER_MILLISECOND => (millis.max(last + 1), 0),
            last => last,
        };
        let (millis, count) = self.last;
        self.last.1 += 1;
        let high = (millis << 16) | 0x7000 | count;
        let low = (random & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        Uuid::from_u64_pair(high, low)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn content_is_counted_in_characters() {
        for good in ["x", &"世".repeat(MAX_CONTENT), &"😀".repeat(MAX_CONTENT)] {
            assert!(content(good).is_ok());
        }
        for bad in ["", "a\0b", &"x".repeat(MAX_CONTENT + 1)] {
            assert_eq!(content(bad).unwrap_err().field.as_deref(), Some("content"));
        }
    }

    #[test]
    fn metadata_is_a_small_object() {
        assert!(metadata(&json!({"mood": ["good"]})).is_ok());
        for bad in [json!("text"), json!([1]), json!({"note": "x".repeat(8192)})] {
            assert!(metadata(&bad).is_err());
        }
    }

    #[test]
    fn an_emoji_is_short_and_one_word() {
        assert!(emoji("👍").is_ok() && emoji("👩‍👩‍👧‍👦").is_ok());
        for bad in ["", "a b", "\n", &"👍".repeat(9)] {
            assert!(emoji(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_name_that_a_key_gives_is_as_long_as_names_may_be_and_nobody_is_told() {
        let name = keyed_name(&"0a".repeat(32));
        assert_eq!(name.len(), MAX_CLIENT_MSG_ID);
        assert_eq!((told_name(Some(name)), told_name(Some("mine".into()))), (None, Some("mine".into())));
    }

    #[test]
    fn ids_of_one_node_sort_as_they_were_made_whatever_the_clock_does() {
        let mut ids = MessageIds::default();
        let start = datetime!(2026-11-20 09:30 UTC);
        let times = (0..9000).map(|n| start + time::Duration::milliseconds(if n == 5000 { -70 } else { n / 4500 }));
        let made: Vec<_> = times.map(|now| ids.next(now, u64::MAX)).collect();
        assert!(made.is_sorted_by(|a, b| position(*a) < position(*b) && a < b));
        assert!(made.iter().all(|id| id.get_version_num() == 7 && id_at(position(*id)) <= *id));
    }
}
