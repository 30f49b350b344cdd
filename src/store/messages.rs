//! Messages as they are read: with their senders and reactions.

use std::collections::HashMap;

use entity::{chat_message, conversation, conversation_member, reaction};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IsolationLevel, QueryFilter, QueryOrder, QuerySelect, Select,
    TransactionTrait,
};

use super::conversations::{People, people};
use super::sql::Sql;
use super::{Backend, Store, db};
use crate::domain::error::{Error, Result};
use crate::domain::message::{Message, MessageType, Reactions, Sender, id_at, position};
use crate::domain::page::{Page, Slice};
use crate::domain::user::Role;
use crate::domain::{ConversationId, MessageId, UserId};

/// Fills in the senders and reactions of messages.
pub(super) async fn messages_of(conn: &impl ConnectionTrait, rows: Vec<chat_message::Model>) -> Result<Vec<Message>> {
    let people = people(conn, rows.iter().filter_map(|row| row.sender_id).collect()).await?;
    let mut reactions = reactions(conn, rows.iter().map(|row| row.id).collect()).await?;
    let message = |row: chat_message::Model| {
        let reactions = reactions.remove(&row.id).unwrap_or_default();
        message_of(row, &people, reactions)
    };
    rows.into_iter().map(message).collect()
}

async fn reactions(conn: &impl ConnectionTrait, ids: Vec<MessageId>) -> Result<HashMap<MessageId, Reactions>> {
    use reaction::Entity;
    let mut found: HashMap<MessageId, Reactions> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let mut sql = Sql::new("SELECT * FROM reactions WHERE message_id IN ");
    sql.list(ids).push(" ORDER BY created_at, user_id");
    let rows = Entity::find().from_raw_sql(sql.statement(conn.get_database_backend()));
    for row in rows.all(conn).await.map_err(db)? {
        found.entry(row.message_id).or_default().entry(row.emoji).or_default().push(row.user_id);
    }
    Ok(found)
}

pub(super) fn message_of(row: chat_message::Model, people: &People, reactions: Reactions) -> Result<Message> {
    let sender = match (row.sender_kind.as_str(), row.sender_id.and_then(|id| people.get(&id))) {
        ("assistant", _) => Sender::Assistant,
        ("system", _) => Sender::System,
        (_, Some(user)) => Sender::User(user.clone()),
        (_, None) => Sender::Deleted,
    };
    let msg_type = MessageType::parse(&row.msg_type)
        .ok_or_else(|| Error::internal(format!("unknown type {:?} in the database", row.msg_type)))?;
    Ok(Message {
        id: row.id,
        conversation_id: row.conversation_id,
        seq: row.seq,
        updated_seq: row.updated_seq,
        sender,
        msg_type,
        content: row.content,
        metadata: row.metadata,
        reply_to: row.reply_to,
        session_id: row.session_id,
        reactions,
        edited: row.edited_at.is_some(),
        deleted: row.deleted_at.is_some(),
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    })
}

/// What a conversation's history is read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// Newest first, before this place if one is given.
    Before(Option<i64>),
    /// What changed after this `seq`, each message once in its latest state, in the order of its latest change.
    After(i64),
}

/// What a list of messages is narrowed to.
#[derive(Clone, Debug, Default)]
pub struct MessageFilter {
    pub session_id: Option<String>,
    /// Tombstones are left out.
    pub without_deleted: bool,
}

/// A conversation caught up with: its latest `seq`, and what changed since, if that is not too much.
#[derive(Clone, Debug, PartialEq)]
pub struct CatchUp {
    pub last_seq: i64,
    /// `None`: more than the bound.
    pub events: Option<Vec<Message>>,
}

impl CatchUp {
    /// Changes in one answer.
    pub const MAX_EVENTS: u64 = 300;
}

impl Store {
    pub async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        let row = chat_message::Entity::find_by_id(id).one(&self.read).await.map_err(db)?;
        Ok(messages_of(&self.read, row.into_iter().collect()).await?.pop())
    }

    /// One page of a conversation. The position of a page is a `seq`: of the message going back, of its latest change
    /// going forward.
    pub async fn history(
        &self,
        conversation: ConversationId,
        history: History,
        filter: &MessageFilter,
        page: Page,
    ) -> Result<Slice<Message>> {
        let rows = listed(conversation, history, filter, page).all(&self.read).await.map_err(db)?;
        let messages = messages_of(&self.read, rows).await?;
        Ok(match history {
            History::Before(_) => page.slice(messages, |message| message.seq),
            History::After(_) => page.slice(messages, |message| message.updated_seq),
        })
    }

    /// The latest `seq` of a conversation and what changed after another, as of one moment. `None` if it is gone.
    pub async fn catch_up(&self, conversation: ConversationId, after: Option<i64>) -> Result<Option<CatchUp>> {
        let snapshot = match self.backend() {
            // a transaction of SQLite reads one snapshot anyway
            Backend::Sqlite => self.read.begin().await,
            Backend::Postgres => self.read.begin_with_config(Some(IsolationLevel::RepeatableRead), None).await,
        };
        let snapshot = snapshot.map_err(db)?;
        let Some(row) = conversation::Entity::find_by_id(conversation).one(&snapshot).await.map_err(db)? else {
            return Ok(None);
        };
        let events = match after {
            Some(after) if after < row.last_seq => changed_since(&snapshot, conversation, after).await?,
            _ => Some(Vec::new()),
        };
        snapshot.commit().await.map_err(db)?;
        Ok(Some(CatchUp { last_seq: row.last_seq, events }))
    }

    /// Messages of many conversations, newest first: those of everybody to everybody, one's own direct ones, one's rooms'.
    pub async fn room_messages(&self, reader: UserId, page: Page) -> Result<Slice<Message>> {
        let rows = of_rooms(reader, page).all(&self.read).await.map_err(db)?;
        Ok(page.slice(messages_of(&self.read, rows).await?, |message| position(message.id)))
    }

    /// Messages that hold all the words of `query`, in what the reader can read; the best first, then the newest. The
    /// position of a page is how many come before it.
    pub async fn search_messages(&self, reader: UserId, role: Role, query: &str, page: Page) -> Result<Slice<Message>> {
        let skipped = page.before.filter(|skipped| *skipped > 0).unwrap_or(0);
        let Some(sql) = found(self.backend(), reader, role, query, (page.limit + 1, skipped)) else {
            return Ok(Slice { items: Vec::new(), next: None });
        };
        let found = chat_message::Entity::find().from_raw_sql(sql.statement(self.read.get_database_backend()));
        let rows = found.all(&self.read).await.map_err(db)?;
        let end = skipped.saturating_add(i64::try_from(page.limit).unwrap_or(0));
        Ok(page.slice(messages_of(&self.read, rows).await?, |_| end))
    }
}

/// One page of a conversation, and one row more if there is another.
pub(super) fn listed(
    conversation: ConversationId,
    history: History,
    filter: &MessageFilter,
    page: Page,
) -> Select<chat_message::Entity> {
    use chat_message::Column;
    let query = chat_message::Entity::find().filter(Column::ConversationId.eq(conversation));
    let query = match history {
        History::Before(before) => {
            let bound = [before, page.before].into_iter().flatten().min();
            let query = query.order_by_desc(Column::Seq);
            if let Some(bound) = bound { query.filter(Column::Seq.lt(bound)) } else { query }
        }
        History::After(after) => {
            let bound = page.before.filter(|position| *position > after).unwrap_or(after);
            query.filter(Column::UpdatedSeq.gt(bound)).order_by_asc(Column::UpdatedSeq)
        }
    };
    narrowed(query, filter).limit(page.limit + 1)
}

/// One page of what the rooms dialect shows, and one row more if there is another.
pub(super) fn of_rooms(reader: UserId, page: Page) -> Select<chat_message::Entity> {
    use chat_message::Column;
    let mine = Query::select()
        .column(conversation_member::Column::ConversationId)
        .from(conversation_member::Entity)
        .inner_join(
            conversation::Entity,
            Expr::col((conversation::Entity, conversation::Column::Id))
                .equals((conversation_member::Entity, conversation_member::Column::ConversationId)),
        )
        .and_where(conversation_member::Column::UserId.eq(reader))
        .and_where(conversation::Column::Kind.is_in(["direct", "room"]))
        .to_owned();
    let readable = Condition::any()
        .add(Column::ConversationId.eq(conversation::GLOBAL_ID))
        .add(Column::ConversationId.in_subquery(mine));
    let mut query = chat_message::Entity::find().filter(readable).filter(Column::DeletedAt.is_null());
    if let Some(before) = page.before {
        query = query.filter(Column::Id.lt(id_at(before)));
    }
    query.order_by_desc(Column::Id).limit(page.limit + 1)
}

/// What a search finds, from a place on; `None` if the query has no words.
pub(super) fn found(
    backend: Backend,
    reader: UserId,
    role: Role,
    query: &str,
    (limit, offset): (u64, i64),
) -> Option<Sql> {
    let words: Vec<&str> = query.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return None;
    }
    let mut sql = match backend {
        Backend::Sqlite => matching_sqlite(&words),
        Backend::Postgres => matching_postgres(query),
    };
    sql.push(" AND c.deleted_at IS NULL AND c.conversation_id IN (");
    push_readable(&mut sql, reader, role);
    sql.push(") ORDER BY score, c.id DESC LIMIT ").bind(limit).push(" OFFSET ").bind(offset);
    Some(sql)
}

/// All words must be there. Each is quoted: none of it is the query language of FTS5.
fn matching_sqlite(words: &[&str]) -> Sql {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let mut sql = Sql::new(
        "SELECT c.*, f.rank AS score FROM chat_messages_fts f JOIN chat_messages c ON c.search_row = f.rowid
         WHERE chat_messages_fts MATCH ",
    );
    sql.bind(quoted.join(" "));
    sql
}

fn matching_postgres(query: &str) -> Sql {
    let mut sql = Sql::new("SELECT c.*, -ts_rank(c.content_search, plainto_tsquery('simple', ");
    sql.bind(query).push(")) AS score FROM chat_messages c WHERE c.content_search @@ plainto_tsquery('simple', ");
    sql.bind(query).push(")");
    sql
}

/// The conversations whose messages somebody can read.
fn push_readable(sql: &mut Sql, reader: UserId, role: Role) {
    sql.push(
        "SELECT id FROM conversations WHERE kind IN ('global', 'channel') OR (kind IN ('assistant', 'direct', 'room')",
    );
    sql.push(" AND id IN (SELECT conversation_id FROM conversation_members WHERE user_id = ").bind(reader);
    sql.push(")) OR (kind = 'support' AND (customer_id = ").bind(reader);
    match role {
        Role::Customer => sql.push("))"),
        Role::Agent => sql.push(" OR agent_id IS NULL OR agent_id = ").bind(reader).push("))"),
        Role::SuperAgent => sql.push(" OR TRUE))"),
    };
}

fn narrowed(query: Select<chat_message::Entity>, filter: &MessageFilter) -> Select<chat_message::Entity> {
    use chat_message::Column;
    let query = match &filter.session_id {
        Some(session) => query.filter(Column::SessionId.eq(session)),
        None => query,
    };
    if filter.without_deleted { query.filter(Column::DeletedAt.is_null()) } else { query }
}

async fn changed_since(
    conn: &impl ConnectionTrait,
    conversation: ConversationId,
    after: i64,
) -> Result<Option<Vec<Message>>> {
    use chat_message::Column;
    let query = chat_message::Entity::find()
        .filter(Column::ConversationId.eq(conversation))
        .filter(Column::UpdatedSeq.gt(after))
        .order_by_asc(Column::UpdatedSeq)
        .limit(CatchUp::MAX_EVENTS + 1);
    let rows = query.all(conn).await.map_err(db)?;
    if rows.len() as u64 > CatchUp::MAX_EVENTS { Ok(None) } else { messages_of(conn, rows).await.map(Some) }
}
