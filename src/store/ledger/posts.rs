//! Posting: the way of every message, whichever API it came by.

use std::sync::Arc;

use sea_orm::DbBackend;
use serde_json::Value;

use super::super::sql::{Sql, padded};
use super::book::{Book, refused};
use crate::domain::change::{By, Done, Draft, Posted, Target};
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind, not_found};
use crate::domain::error::{Error, Result};
use crate::domain::event::{Event, Stored, What};
use crate::domain::message::{
    Message, MessageType, Reactions, Sender, client_msg_id_reused, reply_not_found, told_name,
};
use crate::domain::permission::{Act, Relation, may};
use crate::domain::{ConversationId, MessageId, UserId};

pub(super) fn room_not_found() -> Error {
    Error::not_found("ROOM_NOT_FOUND", "Room not found")
}

pub(super) fn chat_not_found() -> Error {
    Error::not_found("CHAT_NOT_FOUND", "Chat not found")
}

pub(super) fn channel_not_found() -> Error {
    Error::not_found("CHANNEL_NOT_FOUND", "Channel not found")
}

/// What is not found when somebody may not see the target.
fn hidden(target: &Target) -> Error {
    match target {
        Target::Conversation(_) | Target::User { .. } => not_found(),
        Target::Room(_) => room_not_found(),
        Target::Chat(_) => chat_not_found(),
        Target::Channel(_) => channel_not_found(),
    }
}

/// A support chat that is not active takes no messages.
pub(super) fn still_open(conversation: &Conversation) -> Result<()> {
    let (code, title, state) = match conversation.status {
        None | Some(ChatStatus::Active) => return Ok(()),
        Some(ChatStatus::Closed) => ("CHAT_CLOSED", "Chat closed", "closed: set its status to active"),
        Some(ChatStatus::Archived) => ("CHAT_ARCHIVED", "Chat archived", "archived: an agent must unarchive it"),
    };
    Err(Error::conflict(code, title, format!("This chat is {state} before anybody writes in it.")))
}

/// The messages that have these names. On PostgreSQL one look into the index for each, whatever it thinks of the size of
/// the table: it may know nothing yet of what was stored within the last minute.
pub(in crate::store) fn posted_as(backend: DbBackend, ids: &[(UserId, String)]) -> Sql {
    let mut sql = Sql::new("SELECT c.* FROM (SELECT DISTINCT * FROM (VALUES ");
    let repeated = ids.last().into_iter().cycle().take(padded(ids.len()) - ids.len());
    for (n, (user, id)) in ids.iter().chain(repeated).enumerate() {
        sql.push(if n > 0 { ", (" } else { "(" }).bind(*user).push(", ").bind(id.as_str()).push(")");
    }
    sql.push(match backend {
        DbBackend::Postgres => {
            ") AS w) AS v JOIN LATERAL (SELECT * FROM chat_messages x
                 WHERE x.sender_id = v.column1 AND x.client_msg_id = v.column2 LIMIT 1) c ON TRUE"
        }
        _ => ") AS w) AS v JOIN chat_messages c ON c.sender_id = v.column1 AND c.client_msg_id = v.column2",
    });
    sql
}

/// Everything of a message but what its place gives it.
struct Content<'a> {
    sender: Sender,
    text: &'a str,
    msg_type: MessageType,
    metadata: Option<&'a Value>,
    reply_to: Option<MessageId>,
    session_id: Option<&'a str>,
    client_msg_id: Option<&'a str>,
}

impl Book<'_> {
    pub(super) async fn post(&mut self, by: By, draft: &Draft) -> Result<Done> {
        if let Some(posted) = self.posted_before(by, draft)? {
            return Ok(Done::Posted(posted));
        }
        let mut conversation = self.resolve(by, draft).await?;
        let relation = self.may_post(by, &conversation, draft).await?;
        still_open(&conversation)?;
        self.may_reply(draft, Some(conversation.id))?;
        if relation == Relation::Waiting {
            conversation = self.give(&conversation, by.user).await?;
        }
        let content = Content {
            sender: Sender::User(self.person(by.user)?),
            text: &draft.content,
            msg_type: draft.msg_type,
            metadata: draft.metadata.as_ref(),
            reply_to: draft.reply_to,
            session_id: draft.session_id.as_deref(),
            client_msg_id: draft.client_msg_id.as_deref(),
        };
        let message = self.append(&conversation, content).await?;
        if let Some(file) = &draft.attachment {
            self.rows.attachments.push((message.id, file.clone()));
        }
        if conversation.kind == ConversationKind::Support {
            self.has_read(by, &conversation, message.seq);
        }
        if let Some(name) = &draft.client_msg_id {
            self.by_client_id.insert((by.user, name.clone()), message.clone());
        }
        let client_msg_id = draft.client_msg_id.clone();
        Ok(Done::Posted(Posted { conversation, message, client_msg_id, replayed: false }))
    }

    /// The message that has this name already. One that was changed since cannot be compared any more: it counts as the
    /// same.
    fn posted_before(&self, by: By, draft: &Draft) -> Result<Option<Posted>> {
        let Some(name) = &draft.client_msg_id else { return Ok(None) };
        let Some(message) = self.by_client_id.get(&(by.user, name.clone())) else { return Ok(None) };
        let elsewhere = self.named_id(by, &draft.target) != Some(message.conversation_id);
        let untouched = !message.edited && !message.deleted;
        let differs = message.content != draft.content || message.msg_type != draft.msg_type;
        if elsewhere || untouched && (differs || message.reply_to != draft.reply_to) {
            return Err(client_msg_id_reused());
        }
        let conversation = self.conversation(message.conversation_id).ok_or_else(not_found)?;
        let (message, client_msg_id) = (message.clone(), Some(name.clone()));
        Ok(Some(Posted { conversation, message, client_msg_id, replayed: true }))
    }

    /// The conversation that a target names, if it exists.
    fn named_id(&self, by: By, target: &Target) -> Option<ConversationId> {
        match target {
            Target::Conversation(id) | Target::Room(id) | Target::Chat(id) => Some(*id),
            Target::Channel(slug) => self.by_slug(slug).map(|channel| channel.id),
            Target::User { user, .. } => {
                let other = self.find_user(user)?.id;
                self.by_pair(&crate::domain::conversation::direct_key(by.user, other)).map(|direct| direct.id)
            }
        }
    }

    async fn resolve(&mut self, by: By, draft: &Draft) -> Result<Arc<Conversation>> {
        let target = &draft.target;
        let found = match target {
            Target::Conversation(id) => self.conversation(*id),
            Target::Room(id) => self.conversation(*id).filter(|found| found.kind == ConversationKind::Room),
            Target::Chat(id) => self.conversation(*id).filter(|found| found.kind == ConversationKind::Support),
            Target::Channel(slug) => self.by_slug(slug),
            Target::User { user, field } => {
                let other = self.user(by, user, field).await?;
                // before a conversation is made for a message that is refused
                if draft.msg_type == MessageType::System && !by.role.is_staff() && other.id != by.user {
                    return Err(refused(Act::PostSystem));
                }
                self.may_reply(draft, self.named_id(by, target))?;
                return Ok(self.find_or_make_direct(by, &other).await?.0);
            }
        };
        found.ok_or_else(|| hidden(target))
    }

    async fn may_post(&mut self, by: By, conversation: &Conversation, draft: &Draft) -> Result<Relation> {
        let act = if draft.msg_type == MessageType::System { Act::PostSystem } else { Act::Post };
        let relation = self.allow(by, conversation, act, || hidden(&draft.target)).await?;
        let to_oneself = conversation.counterpart(by.user).is_some_and(|other| other.id == by.user);
        if act == Act::PostSystem && !by.role.is_staff() && !to_oneself {
            return Err(refused(act));
        }
        if !may(conversation.kind, relation, Act::Post) {
            return Err(refused(Act::Post));
        }
        Ok(relation)
    }

    /// A reply is to a message of its own conversation; where there is none yet, to nothing.
    fn may_reply(&self, draft: &Draft, conversation: Option<ConversationId>) -> Result<()> {
        let Some(message) = draft.reply_to else { return Ok(()) };
        let there = self.replied.get(&message).is_some_and(|home| Some(*home) == conversation);
        if there { Ok(()) } else { Err(reply_not_found()) }
    }

    /// Puts a message at the end of a conversation.
    async fn append(&mut self, conversation: &Arc<Conversation>, content: Content<'_>) -> Result<Arc<Message>> {
        let members = self.members(conversation).await?;
        let seq = self.next_seq(conversation.id)?;
        let message = Arc::new(Message {
            id: self.new_message_id(),
            conversation_id: conversation.id,
            seq,
            updated_seq: seq,
            sender: content.sender,
            msg_type: content.msg_type,
            content: content.text.to_owned(),
            metadata: content.metadata.cloned(),
            reply_to: content.reply_to,
            session_id: content.session_id.map(str::to_owned),
            reactions: Reactions::new(),
            edited: false,
            deleted: false,
            created_at: self.now,
            updated_at: self.now,
        });
        let name = content.client_msg_id.map(str::to_owned);
        self.rows.messages.push((message.clone(), name.clone()));
        let what = What::Posted { message: message.clone(), client_msg_id: told_name(name) };
        self.tell(Event::Stored(Stored { conversation: conversation.clone(), seq, members, what }));
        Ok(message)
    }

    /// Notes how far somebody has read.
    pub(super) fn has_read(&mut self, by: By, conversation: &Conversation, seq: i64) {
        let position = self.positions.entry((conversation.id, by.user)).or_insert(seq);
        *position = seq.max(*position);
        let role = match conversation.kind {
            ConversationKind::Support if conversation.customer_id() == Some(by.user) => "customer",
            ConversationKind::Support => "agent",
            _ => "member",
        };
        let place = self.rows.reads.entry((conversation.id, by.user)).or_insert((seq, role));
        place.0 = place.0.max(seq);
    }

    pub(super) async fn mark_read(&mut self, by: By, id: ConversationId, seq: i64) -> Result<Done> {
        let conversation = self.conversation(id).ok_or_else(not_found)?;
        // a mark in a list of members would make a member of a super-agent who only looked
        let act = if conversation.kind.has_roster() { Act::Post } else { Act::See };
        self.allow(by, &conversation, act, not_found).await?;
        // a position never goes back: whoever says less again is told how far they are
        let before = self.positions.get(&(id, by.user)).copied().unwrap_or(0);
        let seq = seq.clamp(0, self.last_seq(id)).max(before);
        self.has_read(by, &conversation, seq);
        self.tell(Event::Read { conversation: id, user: by.user, seq });
        Ok(Done::Read { conversation: id, seq })
    }

    /// Keeps a question and its answer in the asker's own conversation with the assistant.
    pub(super) async fn keep_exchange(
        &mut self,
        by: By,
        question: &str,
        answer: &str,
        metadata: &Value,
        session_id: Option<&str>,
    ) -> Result<Done> {
        let conversation = self.find_or_make_assistant(by).await?;
        let content = |sender, text, metadata| Content {
            sender,
            text,
            msg_type: MessageType::Text,
            metadata,
            reply_to: None,
            session_id,
            client_msg_id: None,
        };
        let asker = Sender::User(self.person(by.user)?);
        let asked = self.append(&conversation, content(asker, question, None)).await?;
        let answered = Content { reply_to: Some(asked.id), ..content(Sender::Assistant, answer, Some(metadata)) };
        let answered = self.append(&conversation, answered).await?;
        self.has_read(by, &conversation, answered.seq);
        Ok(Done::Kept(asked, answered))
    }
}
