//! The one place where conversations are written: many changes in one transaction, in the order in which they came.
//!
//! Every stored change takes the next `seq` of its conversation, gapless: SQLite has one writer, on PostgreSQL the rows
//! of the conversations are locked first. What is allowed is checked here, against what is stored at that moment.

mod book;
mod edits;
mod groups;
mod posts;
mod rows;
mod support;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use moka::sync::Cache;

use super::conversations::unread;
use super::{Store, db, persistently};
use crate::domain::change::{Change, Done, Wish};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::event::{ConversationChange, ConversationChanged, Event, Overview, Stored, What};
use crate::domain::message::MessageIds;
use crate::domain::{ConversationId, UserId};
use book::Book;
#[cfg(test)]
pub(super) use posts::posted_as;

/// Member lists kept in memory.
const CACHED_ROSTERS: u64 = 10_000;

/// Who is in a conversation, as of one `updated_at`.
#[derive(Debug, Default)]
pub(super) struct Roster {
    pub version: Option<entity::Timestamp>,
    /// The longest first.
    pub ids: Arc<[UserId]>,
    pub set: HashSet<UserId>,
}

/// What came of one change: an answer for whoever wants it, and the events to be told, in order.
#[derive(Debug)]
pub struct Written {
    pub done: Result<Done>,
    pub events: Vec<Event>,
}

/// Writes conversations. Clones share everything.
#[derive(Clone)]
pub struct Ledger {
    store: Store,
    /// Checked against `updated_at`, which every change of members moves, on whichever node.
    rosters: Cache<ConversationId, Arc<Roster>>,
    ids: Arc<Mutex<MessageIds>>,
    /// Whether customers may name any other.
    public_directory: bool,
}

impl Ledger {
    pub fn new(store: Store) -> Self {
        Self { store, rosters: Cache::new(CACHED_ROSTERS), ids: Arc::default(), public_directory: true }
    }

    /// Without a public directory customers find themselves, staff, and people with whom they share a conversation.
    pub fn with_directory(self, public: bool) -> Self {
        Self { public_directory: public, ..self }
    }

    /// Writes changes in one transaction. One that is refused fails alone; if the database fails, they are tried again one
    /// by one, so that whatever it cannot take fails alone as well. When this returns, what succeeded is stored.
    pub async fn write(&self, changes: &[Change]) -> Vec<Written> {
        match persistently(|| self.write_together(changes)).await {
            Ok(written) => written,
            Err(error) if changes.len() == 1 || error.kind == Kind::Unavailable => {
                changes.iter().map(|_| Written { done: Err(error.clone()), events: Vec::new() }).collect()
            }
            Err(error) => {
                tracing::warn!(%error, detail = error.detail, changes = changes.len(), "batch failed, trying one by one");
                self.write_apart(changes).await
            }
        }
    }

    /// Counts what those who are told of conversations have not read. Not in the transaction, which others wait for; and not
    /// for more readers than a room may have whose members are listed with it: they are told without the number.
    pub async fn count_unread(&self, events: &mut [Event]) {
        for event in events {
            let (overview, readers) = match event {
                Event::ConversationChanged(ConversationChanged { change, to, overview }) => match change {
                    ConversationChange::Created | ConversationChange::Updated => (overview, &to[..]),
                    // there is nothing to read any more
                    ConversationChange::Left | ConversationChange::Deleted => (overview, &[][..]),
                },
                Event::Stored(Stored {
                    members,
                    what: What::StatusChanged { overview } | What::Assigned { overview },
                    ..
                }) => (overview, &members[..]),
                _ => continue,
            };
            if readers.len() > Overview::MAX_MEMBERS {
                continue;
            }
            let id = overview.conversation.id;
            match unread(&self.store.read, &[id], readers).await {
                Ok(mut counted) => Arc::make_mut(overview).unread = Some(counted.remove(&id).unwrap_or_default()),
                Err(error) => tracing::warn!(conversation_id = %id, %error, "unread messages not counted"),
            }
        }
    }

    async fn write_apart(&self, changes: &[Change]) -> Vec<Written> {
        let mut written = Vec::with_capacity(changes.len());
        for change in changes {
            written.push(match persistently(|| self.write_together(std::slice::from_ref(change))).await {
                Ok(mut one) => one.pop().unwrap_or_else(|| Written {
                    done: Err(Error::internal("a change without an outcome")),
                    events: Vec::new(),
                }),
                Err(error) => Written { done: Err(error), events: Vec::new() },
            });
        }
        written
    }

    /// An error is one of the database: nothing was written.
    async fn write_together(&self, changes: &[Change]) -> Result<Vec<Written>> {
        let txn = self.store.begin().await?;
        let mut book = Book::open(self, &txn, changes).await?;
        let mut written = Vec::with_capacity(changes.len());
        for change in changes {
            let done = match book.apply(change).await {
                Err(error) if matches!(error.kind, Kind::Internal | Kind::Unavailable) => return Err(error),
                done => done,
            };
            written.push(Written { done, events: book.take_events() });
        }
        book.flush().await?;
        txn.commit().await.map_err(db)?;
        Ok(written)
    }
}

impl Book<'_> {
    async fn apply(&mut self, change: &Change) -> Result<Done> {
        let by = self.known(change.by)?;
        match &change.wish {
            Wish::Post(draft) => self.post(by, draft).await,
            Wish::KeepExchange { question, answer, metadata, session_id } => {
                self.keep_exchange(by, question, answer, metadata, session_id.as_deref()).await
            }
            Wish::MarkRead { conversation, seq } => self.mark_read(by, *conversation, *seq).await,
            Wish::Edit { message, content, scope } => self.edit(by, *message, content, *scope).await,
            Wish::Delete { message, scope } => self.delete(by, *message, *scope).await,
            Wish::React { message, emoji, remove } => self.react(by, *message, emoji, *remove).await,
            Wish::OpenDirect { with, field } => self.open_direct(by, with, field).await,
            Wish::CreateRoom { name, description } => self.create_room(by, name, description.as_deref()).await,
            Wish::AddMember { room, user } => self.add_member(by, *room, user).await,
            Wish::RemoveMember { room, user } => self.remove_member(by, *room, user).await,
            Wish::CreateChannel { name, slug, description } => {
                self.create_channel(by, name, slug, description.as_deref()).await
            }
            Wish::DeleteChannel { slug } => self.delete_channel(by, slug).await,
            Wish::OpenChat { customer, agent } => self.open_chat(by, customer, agent.as_ref()).await,
            Wish::JoinChat { chat } => self.join_chat(by, *chat).await,
            Wish::AssignChat { chat, agent } => self.assign_chat(by, *chat, agent).await,
            Wish::SetChatStatus { chat, status } => self.set_chat_status(by, *chat, *status).await,
            Wish::UnarchiveChat { chat } => self.unarchive_chat(by, *chat).await,
            Wish::DeleteChat { chat } => self.delete_chat(by, *chat).await,
        }
    }
}
