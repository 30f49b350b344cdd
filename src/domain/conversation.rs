//! Conversations of every kind: all dialects and paths share them.

use std::sync::Arc;

use deunicode::deunicode;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::error::{Error, Result};
use super::user::User;
use super::{ConversationId, UserId};

/// What a conversation is: decides who belongs to it and who may do what (see [`super::permission`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// One user and the assistant.
    Assistant,
    /// The one that everybody reads.
    Global,
    /// Two users, or one with themselves.
    Direct,
    Room,
    /// Addressed by its slug; everybody reads it.
    Channel,
    /// A customer and the agent assigned to them.
    Support,
}

impl ConversationKind {
    pub const ALL: [Self; 6] = [Self::Assistant, Self::Global, Self::Direct, Self::Room, Self::Channel, Self::Support];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::Global => "global",
            Self::Direct => "direct",
            Self::Room => "room",
            Self::Channel => "channel",
            Self::Support => "support",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it has members of its own: a list in the database, rather than everybody or the two of a support chat.
    pub fn has_roster(self) -> bool {
        matches!(self, Self::Assistant | Self::Direct | Self::Room)
    }
}

/// The conversation of everybody, which is always there.
pub const GLOBAL_ID: ConversationId = Uuid::from_u128(0x019b76da_a800_7000_8000_000000000002);

/// The state of a support chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatStatus {
    Active,
    Closed,
    Archived,
}

impl ChatStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Closed => "closed",
            Self::Archived => "archived",
        }
    }

    /// Reads a status as APIs and the database write it; the error names the field `status`.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "active" => Ok(Self::Active),
            "closed" => Ok(Self::Closed),
            "archived" => Ok(Self::Archived),
            _ => Err(Error::invalid("status", "status must be active, closed or archived.")),
        }
    }
}

/// A conversation as stored, its people filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    /// Empty for direct conversations: each of the two sees the other's name.
    pub title: String,
    pub description: Option<String>,
    /// Exactly channels have one.
    pub slug: Option<String>,
    /// Of rooms and channels; `None` once erased, and for `general`.
    pub owner: Option<Arc<User>>,
    pub customer: Option<Arc<User>>,
    /// `None`: the support chat waits.
    pub agent: Option<Arc<User>>,
    /// Exactly direct conversations have one: the ids of the two, the same twice for one who talks to themselves. It stays when
    /// they are erased.
    pub pair: Option<[UserId; 2]>,
    /// Those of the pair who are not erased, each once.
    pub peers: Vec<Arc<User>>,
    /// Exactly support chats have one.
    pub status: Option<ChatStatus>,
    /// What unarchiving restores.
    pub status_before: Option<ChatStatus>,
    /// The `seq` of the latest stored change.
    pub last_seq: i64,
    pub created_at: OffsetDateTime,
    /// Changes with every change of the conversation itself or of its members, not with messages.
    pub updated_at: OffsetDateTime,
}

impl Conversation {
    pub fn customer_id(&self) -> Option<UserId> {
        self.customer.as_ref().map(|user| user.id)
    }

    pub fn agent_id(&self) -> Option<UserId> {
        self.agent.as_ref().map(|user| user.id)
    }

    /// Whom a direct conversation is with, as one of the two sees it: the other, or oneself; `None` once the other is erased.
    pub fn counterpart(&self, of: UserId) -> Option<&Arc<User>> {
        let [one, other] = self.pair?;
        let wanted = if one == of { other } else { one };
        self.peers.iter().find(|user| user.id == wanted)
    }

    /// The title as one reader sees it.
    pub fn title_for(&self, reader: UserId) -> &str {
        match self.kind {
            ConversationKind::Direct => self.counterpart(reader).map_or(User::DELETED, |user| &user.name),
            _ => &self.title,
        }
    }
}

/// A member of a conversation, with how far they have read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub user: Arc<User>,
    pub is_owner: bool,
    pub joined_at: OffsetDateTime,
}

/// The two ids of a direct conversation, smaller first: unique for the pair.
pub fn direct_key(one: UserId, other: UserId) -> String {
    format!("{}:{}", one.min(other), one.max(other))
}

/// The slug of a channel's name: in Latin letters of lower case, everything else than `[a-z0-9_]` one dash. 400 if nothing is left.
pub fn slug(name: &str) -> Result<String> {
    let mut slug = String::new();
    for c in deunicode(name).chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' | '_' if slug.len() < 80 => slug.push(c),
            _ if !slug.ends_with('-') && !slug.is_empty() && slug.len() < 80 => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_start_matches('_').trim_end_matches('-');
    if slug.is_empty() {
        return Err(Error::invalid("name", "name must have at least one letter or digit, from which the id is made."));
    }
    Ok(slug.to_owned())
}

/// Whether a text may be a channel's slug: `[a-z0-9][a-z0-9_-]{0,79}`.
pub fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    let fits = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-');
    (1..=80).contains(&bytes.len()) && bytes.iter().all(fits) && bytes[0].is_ascii_alphanumeric()
}

/// The name of a room or channel: 1 to `max` characters, not only space.
pub fn title(text: &str, max: usize) -> Result<String> {
    if text.trim().is_empty() || text.chars().count() > max {
        return Err(Error::invalid("name", format!("name must have 1 to {max} characters.")));
    }
    Ok(text.to_owned())
}

/// A description: at most 2,000 characters; an empty one is none.
pub fn description(text: Option<String>) -> Result<Option<String>> {
    match text {
        Some(text) if text.chars().count() > 2000 => {
            Err(Error::invalid("description", "description must have at most 2,000 characters."))
        }
        text => Ok(text.filter(|text| !text.is_empty())),
    }
}

/// The refusal of whoever may not know that a conversation exists.
pub fn not_found() -> Error {
    Error::not_found("CONVERSATION_NOT_FOUND", "Conversation not found")
}

/// Reads the id of a conversation in a path: what is no UUID exists nowhere (404).
pub fn parse_id(text: &str) -> Result<ConversationId> {
    Uuid::try_parse(text).map_err(|_| not_found())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_statuses_are_read_as_written() {
        for kind in ConversationKind::ALL {
            assert_eq!(ConversationKind::parse(kind.as_str()), Some(kind));
        }
        for status in [ChatStatus::Active, ChatStatus::Closed, ChatStatus::Archived] {
            assert_eq!(ChatStatus::parse(status.as_str()).ok(), Some(status));
        }
        assert!(ChatStatus::parse("sleeping").is_err());
    }

    #[test]
    fn a_slug_comes_from_the_name() {
        for (name, wanted) in [
            ("General", "general"),
            ("Tea & Talk 7", "tea-talk-7"),
            ("  a_b--c! ", "a_b-c"),
            ("Ünï x", "uni-x"),
            ("世界", "shi-jie"),
            ("Чай", "chai"),
        ] {
            assert_eq!(slug(name).unwrap(), wanted);
            assert!(is_slug(wanted));
        }
        assert!(slug(&"x".repeat(200)).unwrap().len() <= 80);
        for bad in ["", "!!!", "   ", "___"] {
            assert!(slug(bad).is_err(), "{bad}");
        }
        for odd in ["", "UPPER", "a b", "-a", "_a", &"x".repeat(81), "é"] {
            assert!(!is_slug(odd), "{odd}");
        }
    }

    fn direct(pair: [UserId; 2], peers: &[UserId]) -> Conversation {
        let user = |id: &UserId| {
            let (username, name, email) = (format!("user{id}"), format!("User {id}"), String::new());
            let (role, created_at) = (super::super::user::Role::Customer, OffsetDateTime::UNIX_EPOCH);
            let user =
                User { id: *id, username, name, email, role, avatar: None, away: false, disabled: false, created_at };
            Arc::new(user)
        };
        Conversation {
            id: GLOBAL_ID,
            kind: ConversationKind::Direct,
            title: String::new(),
            description: None,
            slug: None,
            owner: None,
            customer: None,
            agent: None,
            pair: Some(pair),
            peers: peers.iter().map(user).collect(),
            status: None,
            status_before: None,
            last_seq: 0,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_direct_conversation_is_with_the_other_with_oneself_or_with_nobody_any_more() {
        for (pair, peers, title) in [
            ([1, 2], &[1, 2][..], "User 2"),
            ([1, 1], &[1], "User 1"),
            ([1, 2], &[1], "deleted user"),
            ([1, 1], &[], "deleted user"),
        ] {
            assert_eq!(direct(pair, peers).title_for(1), title, "{pair:?} of whom {peers:?} are left");
        }
    }

    #[test]
    fn a_pair_has_one_key() {
        assert_eq!(
            (direct_key(2, 10), direct_key(10, 2), direct_key(3, 3)),
            ("2:10".into(), "2:10".into(), "3:3".into())
        );
    }
}
