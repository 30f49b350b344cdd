//! What a batch works with: everything it names, read at its beginning in a few queries, and what it will write.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

use entity::{chat_message, conversation, user};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait};
use time::{Duration, OffsetDateTime};

use super::super::conversations::{People, conversations_of, have_met, overviews, roster};
use super::super::messages::messages_of;
use super::super::sql::Sql;
use super::super::{Backend, db};
use super::posts::posted_as;
use super::rows::Rows;
use super::{Ledger, Roster};
use crate::domain::account::key;
use crate::domain::change::{By, Change, Target, Wish};
use crate::domain::conversation::{Conversation, ConversationKind, direct_key, not_found};
use crate::domain::error::{Error, Result};
use crate::domain::event::{ConversationChange, ConversationChanged, Event, Overview};
use crate::domain::message::Message;
use crate::domain::permission::{Act, Relation, is_listed, may, relation};
use crate::domain::user::{User, UserRef};
use crate::domain::{ConversationId, MessageId, UserId};

/// A conversation that the batch has locked.
pub(super) struct Entry {
    pub conversation: Arc<Conversation>,
    pub last_seq: i64,
    /// Read when it is first asked for.
    roster: Option<Arc<Roster>>,
}

pub(super) struct Book<'a> {
    pub ledger: &'a Ledger,
    pub txn: &'a DatabaseTransaction,
    pub now: OffsetDateTime,
    people: People,
    names: HashMap<String, UserId>,
    open: HashMap<ConversationId, Entry>,
    direct: HashMap<String, ConversationId>,
    slugs: HashMap<String, ConversationId>,
    pub assistants: HashMap<UserId, ConversationId>,
    pub by_client_id: HashMap<(UserId, String), Arc<Message>>,
    /// The conversations of the messages that are replied to. Those of this batch are not among them: nobody was told their ids.
    pub replied: HashMap<MessageId, ConversationId>,
    /// How far those have read who read on in this batch, and whoever has read in it.
    pub positions: HashMap<(ConversationId, UserId), i64>,
    pub rows: Rows,
    events: Vec<Event>,
}

/// What a batch names.
#[derive(Default)]
struct Named {
    users: HashSet<UserId>,
    names: HashSet<String>,
    conversations: HashSet<ConversationId>,
    messages: HashSet<MessageId>,
    replied: HashSet<MessageId>,
    slugs: HashSet<String>,
    askers: HashSet<UserId>,
    client_ids: Vec<(UserId, String)>,
    reads: Vec<(ConversationId, UserId)>,
}

impl Named {
    fn by(changes: &[Change]) -> Self {
        let mut named = Self::default();
        for Change { by, wish } in changes {
            named.users.insert(by.user);
            named.wish(*by, wish);
        }
        named
    }

    fn user(&mut self, reference: &UserRef) {
        match reference {
            UserRef::Id(id) => _ = self.users.insert(*id),
            UserRef::Name(name) => _ = self.names.insert(key(name)),
        }
    }

    fn target(&mut self, target: &Target) {
        match target {
            Target::Conversation(id) | Target::Room(id) | Target::Chat(id) => _ = self.conversations.insert(*id),
            Target::Channel(slug) => _ = self.slugs.insert(slug.clone()),
            Target::User { user, .. } => self.user(user),
        }
    }

    fn wish(&mut self, by: By, wish: &Wish) {
        match wish {
            Wish::Post(draft) => {
                self.target(&draft.target);
                self.replied.extend(draft.reply_to);
                self.client_ids.extend(draft.client_msg_id.iter().map(|id| (by.user, id.clone())));
            }
            Wish::Edit { message, .. } | Wish::Delete { message, .. } | Wish::React { message, .. } => {
                self.messages.insert(*message);
            }
            Wish::KeepExchange { .. } => _ = self.askers.insert(by.user),
            Wish::OpenDirect { with, .. } => self.user(with),
            Wish::AddMember { room, user } | Wish::RemoveMember { room, user } => {
                self.conversations.insert(*room);
                self.user(user);
            }
            Wish::CreateChannel { slug, .. } | Wish::DeleteChannel { slug } => _ = self.slugs.insert(slug.clone()),
            Wish::OpenChat { customer, agent } => {
                self.user(customer);
                agent.iter().for_each(|agent| self.user(agent));
            }
            Wish::AssignChat { chat, agent } => {
                self.conversations.insert(*chat);
                self.user(agent);
            }
            Wish::MarkRead { conversation, .. } => {
                self.conversations.insert(*conversation);
                self.reads.push((*conversation, by.user));
            }
            Wish::JoinChat { chat: id }
            | Wish::SetChatStatus { chat: id, .. }
            | Wish::UnarchiveChat { chat: id }
            | Wish::DeleteChat { chat: id } => _ = self.conversations.insert(*id),
            Wish::CreateRoom { .. } => {}
        }
    }
}

impl<'a> Book<'a> {
    /// Reads what the changes name, and locks their conversations.
    pub async fn open(ledger: &'a Ledger, txn: &'a DatabaseTransaction, changes: &[Change]) -> Result<Self> {
        let named = Named::by(changes);
        let mut book = Self {
            ledger,
            txn,
            now: ledger.store.clock().now(),
            people: People::new(),
            names: HashMap::new(),
            open: HashMap::new(),
            direct: HashMap::new(),
            slugs: HashMap::new(),
            assistants: HashMap::new(),
            by_client_id: HashMap::new(),
            replied: HashMap::new(),
            positions: HashMap::new(),
            rows: Rows::default(),
            events: Vec::new(),
        };
        book.read_people(&named).await?;
        book.read_conversations(&named, &book.pairs(changes)).await?;
        book.read_client_ids(&named.client_ids).await?;
        book.read_replied(&named.replied).await?;
        book.read_positions(&named.reads).await?;
        Ok(book)
    }

    async fn read_people(&mut self, named: &Named) -> Result<()> {
        let mut sql = Sql::new("SELECT * FROM users WHERE id IN ");
        sql.list(named.users.iter().copied());
        if !named.names.is_empty() {
            sql.push(" OR username_key IN ").list(named.names.iter().map(String::as_str));
        }
        let rows = user::Entity::find().from_raw_sql(sql.statement(self.txn.get_database_backend()));
        for row in rows.all(self.txn).await.map_err(db)? {
            self.names.insert(row.username_key.clone(), row.id);
            self.people.insert(row.id, Arc::new(super::super::users::user(row)?));
        }
        Ok(())
    }

    /// The keys of the direct conversations that changes name by their users.
    fn pairs(&self, changes: &[Change]) -> HashSet<String> {
        let pair = |change: &Change| {
            let other = match &change.wish {
                Wish::Post(draft) => match &draft.target {
                    Target::User { user, .. } => user,
                    _ => return None,
                },
                Wish::OpenDirect { with, .. } => with,
                _ => return None,
            };
            Some(direct_key(change.by.user, self.find_user(other)?.id))
        };
        changes.iter().filter_map(pair).collect()
    }

    async fn read_conversations(&mut self, named: &Named, pairs: &HashSet<String>) -> Result<()> {
        let mut ids = named.conversations.clone();
        if !named.messages.is_empty() {
            let mut sql = Sql::new("SELECT DISTINCT conversation_id FROM chat_messages WHERE id IN ");
            sql.list(named.messages.iter().copied());
            let rows = self.txn.query_all_raw(sql.statement(self.txn.get_database_backend())).await.map_err(db)?;
            for row in rows {
                ids.insert(row.try_get_by_index(0).map_err(db)?);
            }
        }
        let mut wanted = Sql::default();
        let mut or = "";
        if !ids.is_empty() {
            wanted.push("id IN ").list(ids);
            or = " OR ";
        }
        if !pairs.is_empty() {
            wanted.push(or).push("direct_key IN ").list(pairs.iter().map(String::as_str));
            or = " OR ";
        }
        if !named.slugs.is_empty() {
            wanted.push(or).push("slug IN ").list(named.slugs.iter().map(String::as_str));
            or = " OR ";
        }
        if !named.askers.is_empty() {
            wanted.push(or).push("kind = 'assistant' AND owner_id IN ").list(named.askers.iter().copied());
        }
        if wanted.is_empty() { Ok(()) } else { self.admit(wanted).await }
    }

    /// Locks the conversations that fulfil a condition, always in the order of their ids, and takes them into the book.
    pub async fn admit(&mut self, condition: Sql) -> Result<()> {
        let backend = self.ledger.store.backend();
        let mut sql = condition.after("SELECT * FROM conversations WHERE ");
        sql.push(if backend == Backend::Postgres { " ORDER BY id FOR UPDATE" } else { " ORDER BY id" });
        let rows = conversation::Entity::find().from_raw_sql(sql.statement(self.txn.get_database_backend()));
        let rows = rows.all(self.txn).await.map_err(db)?;
        for row in &rows {
            if let Some(key) = &row.direct_key {
                self.direct.insert(key.clone(), row.id);
            }
        }
        for conversation in conversations_of(self.txn, rows).await? {
            self.insert(Arc::new(conversation));
        }
        Ok(())
    }

    fn insert(&mut self, conversation: Arc<Conversation>) {
        if let Some(slug) = &conversation.slug {
            self.slugs.insert(slug.clone(), conversation.id);
        }
        if let (ConversationKind::Assistant, Some(owner)) = (conversation.kind, &conversation.owner) {
            self.assistants.insert(owner.id, conversation.id);
        }
        let last_seq = conversation.last_seq;
        self.open.insert(conversation.id, Entry { conversation, last_seq, roster: None });
    }

    /// Messages that the senders named before.
    async fn read_client_ids(&mut self, ids: &[(UserId, String)]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let backend = self.txn.get_database_backend();
        let rows = chat_message::Entity::find().from_raw_sql(posted_as(backend, ids).statement(backend));
        let rows = rows.all(self.txn).await.map_err(db)?;
        let names: HashMap<_, _> = rows.iter().map(|row| (row.id, row.client_msg_id.clone())).collect();
        for message in messages_of(self.txn, rows).await? {
            if let (Some(user), Some(Some(name))) = (message.sender.id(), names.get(&message.id)) {
                self.by_client_id.insert((user, name.clone()), Arc::new(message));
            }
        }
        Ok(())
    }

    /// Deleted messages are among them: they keep their places.
    async fn read_replied(&mut self, ids: &HashSet<MessageId>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut sql = Sql::new("SELECT id, conversation_id FROM chat_messages WHERE id IN ");
        sql.list(ids.iter().copied());
        for row in self.txn.query_all_raw(sql.statement(self.txn.get_database_backend())).await.map_err(db)? {
            self.replied.insert(row.try_get_by_index(0).map_err(db)?, row.try_get_by_index(1).map_err(db)?);
        }
        Ok(())
    }

    async fn read_positions(&mut self, reads: &[(ConversationId, UserId)]) -> Result<()> {
        if reads.is_empty() {
            return Ok(());
        }
        let (conversations, users): (HashSet<_>, HashSet<_>) = reads.iter().copied().unzip();
        let mut sql = Sql::new(
            "SELECT conversation_id, user_id, last_read_seq FROM conversation_members WHERE conversation_id IN ",
        );
        sql.list(conversations).push(" AND user_id IN ").list(users);
        for row in self.txn.query_all_raw(sql.statement(self.txn.get_database_backend())).await.map_err(db)? {
            let (conversation, user, seq): (ConversationId, UserId, i64) = row.try_get_many_by_index().map_err(db)?;
            self.positions.insert((conversation, user), seq);
        }
        Ok(())
    }

    /// Whoever wants a change must still have an account.
    pub fn known(&self, by: By) -> Result<By> {
        if self.people.contains_key(&by.user) {
            return Ok(by);
        }
        Err(Error::unauthenticated("ACCOUNT_GONE", "This account does not exist any more."))
    }

    pub fn person(&self, id: UserId) -> Result<Arc<User>> {
        self.people.get(&id).cloned().ok_or_else(|| Error::internal(format!("user {id} is not in the book")))
    }

    pub fn find_user(&self, reference: &UserRef) -> Option<Arc<User>> {
        let id = match reference {
            UserRef::Id(id) => Some(id),
            UserRef::Name(name) => self.names.get(&key(name)),
        };
        self.people.get(id?).cloned()
    }

    /// The user whom a change names; 404 if there is none, or none of whom its author may know.
    pub async fn user(&self, by: By, reference: &UserRef, field: &'static str) -> Result<Arc<User>> {
        if let Some(user) = self.find_user(reference)
            && (is_listed(self.ledger.public_directory, by.user, by.role, &user)
                || have_met(self.txn, by.user, user.id).await?)
        {
            return Ok(user);
        }
        let name = match reference {
            UserRef::Id(id) => id.to_string(),
            UserRef::Name(name) => name.clone(),
        };
        Err(Error::not_found("USER_NOT_FOUND", format!("User not found: {name}")).field(field))
    }

    pub fn conversation(&self, id: ConversationId) -> Option<Arc<Conversation>> {
        self.open.get(&id).map(|entry| entry.conversation.clone())
    }

    pub fn by_slug(&self, slug: &str) -> Option<Arc<Conversation>> {
        self.conversation(*self.slugs.get(slug)?)
    }

    pub fn by_pair(&self, key: &str) -> Option<Arc<Conversation>> {
        self.conversation(*self.direct.get(key)?)
    }

    /// Takes the next place in a conversation.
    pub fn next_seq(&mut self, id: ConversationId) -> Result<i64> {
        let entry = self.open.get_mut(&id).ok_or_else(not_found)?;
        entry.last_seq += 1;
        self.rows.seqs.insert(id, entry.last_seq);
        Ok(entry.last_seq)
    }

    pub fn last_seq(&self, id: ConversationId) -> i64 {
        self.open.get(&id).map_or(0, |entry| entry.last_seq)
    }

    /// The list of members of a conversation that has one.
    pub async fn roster(&mut self, id: ConversationId) -> Result<Arc<Roster>> {
        let Some(entry) = self.open.get_mut(&id) else { return Ok(Arc::default()) };
        if let Some(roster) = &entry.roster {
            return Ok(roster.clone());
        }
        let version = Some(entity::Timestamp::from(entry.conversation.updated_at));
        let cached = self.ledger.rosters.get(&id).filter(|roster| roster.version == version);
        let loaded = match cached {
            Some(roster) => roster,
            None => {
                let ids: Vec<UserId> = roster(self.txn, id).await?.into_iter().map(|row| row.user_id).collect();
                let loaded = Arc::new(Roster { version, set: ids.iter().copied().collect(), ids: ids.into() });
                self.ledger.rosters.insert(id, loaded.clone());
                loaded
            }
        };
        entry.roster = Some(loaded.clone());
        Ok(loaded)
    }

    /// Who belongs to a conversation: its list, or the two of a support chat; nobody in particular for the others.
    pub async fn members(&mut self, conversation: &Conversation) -> Result<Arc<[UserId]>> {
        if conversation.kind.has_roster() {
            return Ok(self.roster(conversation.id).await?.ids.clone());
        }
        Ok([conversation.customer_id(), conversation.agent_id()].into_iter().flatten().collect())
    }

    pub async fn relation(&mut self, by: By, conversation: &Conversation) -> Result<Relation> {
        let listed = conversation.kind.has_roster();
        let is_member = listed && self.roster(conversation.id).await?.set.contains(&by.user);
        Ok(relation(by.user, by.role, conversation, is_member))
    }

    /// Checks whether an act is allowed: `hidden` for whom there is nothing to see, 403 for the others.
    pub async fn allow(
        &mut self,
        by: By,
        conversation: &Conversation,
        act: Act,
        hidden: impl FnOnce() -> Error,
    ) -> Result<Relation> {
        let relation = self.relation(by, conversation).await?;
        if !may(conversation.kind, relation, Act::See) {
            return Err(hidden());
        }
        if may(conversation.kind, relation, act) { Ok(relation) } else { Err(refusal(act)) }
    }

    /// The conversation itself or its members change: whoever keeps a list of them must read it again. Later than any
    /// change before, on a clock of milliseconds.
    pub fn touched(&self, conversation: &Conversation) -> OffsetDateTime {
        self.now.max(conversation.updated_at + Duration::microseconds(2))
    }

    /// Reads a conversation again that was changed in the database, keeping its place.
    pub async fn reload(&mut self, id: ConversationId) -> Result<Arc<Conversation>> {
        self.flush().await?;
        self.ledger.rosters.invalidate(&id);
        let mut this = Sql::new("id = ");
        this.bind(id);
        self.admit(this).await?;
        self.conversation(id).ok_or_else(|| Error::internal("a conversation is gone while it is locked"))
    }

    /// A conversation is gone.
    pub fn forget(&mut self, conversation: &Conversation) {
        self.open.remove(&conversation.id);
        self.ledger.rosters.invalidate(&conversation.id);
        if let Some(slug) = &conversation.slug {
            self.slugs.remove(slug);
        }
    }

    /// What lists show of a conversation. What its readers have not read is counted later: see [`Ledger::count_unread`].
    pub async fn overview(&mut self, conversation: &Arc<Conversation>) -> Result<Arc<Overview>> {
        self.flush().await?;
        let mut current = Conversation::clone(conversation);
        current.last_seq = self.last_seq(conversation.id);
        let found = overviews(self.txn, vec![current]).await?.pop();
        found.map(Arc::new).ok_or_else(|| Error::internal("no overview"))
    }

    /// Tells those concerned what happened to a conversation.
    pub async fn announce(
        &mut self,
        change: ConversationChange,
        conversation: &Arc<Conversation>,
        to: Vec<UserId>,
    ) -> Result<()> {
        let overview = self.overview(conversation).await?;
        self.tell(Event::ConversationChanged(ConversationChanged { change, to, overview }));
        Ok(())
    }

    pub fn tell(&mut self, event: Event) {
        self.events.push(event);
    }

    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    pub fn new_message_id(&self) -> MessageId {
        let mut ids = self.ledger.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.next(self.now, rand::random())
    }

    /// Writes what has been collected.
    pub async fn flush(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        rows.write(self.txn, self.now).await
    }
}

/// Why an act is refused to somebody who sees the conversation.
fn refusal(act: Act) -> Error {
    Error::forbidden(match act {
        Act::EditOwn => "Only the author of a message may edit it.",
        Act::DeleteOwn | Act::DeleteOthers => "This message is not yours to delete.",
        Act::AddMember | Act::RemoveOthers => "Only the owner of a room may add and remove members.",
        Act::PostSystem => "Only agents may write system messages.",
        Act::Archive => "Only agents may archive a chat and take it out of the archive.",
        Act::Take | Act::Assign => "Agents take chats that nobody has; super-agents may assign any chat.",
        Act::Remove => "This is not yours to delete.",
        Act::See | Act::Post | Act::React | Act::Leave | Act::SetStatus => "You may not do this here.",
    })
}

pub(super) fn refused(act: Act) -> Error {
    refusal(act)
}
