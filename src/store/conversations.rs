//! Conversations as they are read: with their people, their last message and what a reader has not read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use entity::{chat_message, conversation, conversation_member, user};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::messages::messages_of;
use super::sql::Sql;
use super::{Store, db};
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind, Member, direct_key};
use crate::domain::error::{Error, Result};
use crate::domain::event::Overview;
use crate::domain::message::{Message, id_at, position};
use crate::domain::page::{Page, Slice};
use crate::domain::user::{Role, User};
use crate::domain::{ConversationId, UserId};

pub(super) type People = HashMap<UserId, Arc<User>>;

/// People read by one statement, which takes only so many values.
const PEOPLE: usize = 1024;

/// The users with these ids, as far as there are any.
pub(super) async fn people(conn: &impl ConnectionTrait, ids: HashSet<UserId>) -> Result<People> {
    let ids: Vec<UserId> = ids.into_iter().collect();
    let mut people = People::with_capacity(ids.len());
    for ids in ids.chunks(PEOPLE) {
        let mut sql = Sql::new("SELECT * FROM users WHERE id IN ");
        sql.list(ids.iter().copied());
        let rows = user::Entity::find().from_raw_sql(sql.statement(conn.get_database_backend())).all(conn).await;
        for row in rows.map_err(db)? {
            people.insert(row.id, Arc::new(super::users::user(row)?));
        }
    }
    Ok(people)
}

/// The two ids of a direct conversation's key.
fn pair(direct_key: &str) -> Option<[UserId; 2]> {
    let (one, other) = direct_key.split_once(':')?;
    Some([one.parse().ok()?, other.parse().ok()?])
}

fn kind(text: &str) -> Result<ConversationKind> {
    ConversationKind::parse(text).ok_or_else(|| Error::internal(format!("unknown kind {text:?} in the database")))
}

fn status(text: Option<&String>) -> Result<Option<ChatStatus>> {
    text.map(|text| ChatStatus::parse(text).map_err(|_| Error::internal(format!("unknown status {text:?}"))))
        .transpose()
}

/// Fills in the people of conversations.
pub(super) async fn conversations_of(
    conn: &impl ConnectionTrait,
    rows: Vec<conversation::Model>,
) -> Result<Vec<Conversation>> {
    let ids = rows.iter().flat_map(|row| {
        let named = [row.owner_id, row.customer_id, row.agent_id].into_iter().flatten();
        named.chain(row.direct_key.as_deref().and_then(pair).into_iter().flatten())
    });
    let people = people(conn, ids.collect()).await?;
    rows.into_iter().map(|row| conversation_of(row, &people)).collect()
}

pub(super) fn conversation_of(row: conversation::Model, people: &People) -> Result<Conversation> {
    let person = |id: Option<UserId>| id.and_then(|id| people.get(&id).cloned());
    let pair = row.direct_key.as_deref().and_then(pair);
    let mut peers: Vec<_> = pair.into_iter().flatten().filter_map(|id| person(Some(id))).collect();
    peers.dedup_by_key(|user| user.id);
    Ok(Conversation {
        id: row.id,
        kind: kind(&row.kind)?,
        owner: person(row.owner_id),
        customer: person(row.customer_id),
        agent: person(row.agent_id),
        pair,
        peers,
        status: status(row.status.as_ref())?,
        status_before: status(row.status_before.as_ref())?,
        title: row.title,
        description: row.description,
        slug: row.slug,
        last_seq: row.last_seq,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    })
}

/// The members of a conversation with a list, the longest first.
pub(super) async fn roster(conn: &impl ConnectionTrait, id: ConversationId) -> Result<Vec<conversation_member::Model>> {
    use conversation_member::{Column, Entity};
    let rows = Entity::find().filter(Column::ConversationId.eq(id)).order_by_asc(Column::JoinedAt);
    rows.order_by_asc(Column::UserId).all(conn).await.map_err(db)
}

/// The members of those of these conversations that have at most [`Overview::MAX_MEMBERS`], the longest first. Of a larger
/// one no more is read than shows that it is.
pub(super) fn small_rosters(conversations: &[ConversationId]) -> Sql {
    let mut sql = Sql::new(
        "SELECT * FROM conversation_members WHERE conversation_id IN (SELECT v.id FROM conversations v
             WHERE (SELECT count(*) FROM (SELECT 1 FROM conversation_members n WHERE n.conversation_id = v.id LIMIT ",
    );
    let bound = Overview::MAX_MEMBERS as i64;
    sql.bind(bound + 1).push(") AS few) <= ").bind(bound).push(" AND v.id IN ").list(conversations.iter().copied());
    sql.push(") ORDER BY joined_at, user_id");
    sql
}

/// Members with their accounts, in the same order, by their conversations.
async fn members(
    conn: &impl ConnectionTrait,
    rows: Vec<conversation_member::Model>,
) -> Result<HashMap<ConversationId, Vec<Member>>> {
    let people = people(conn, rows.iter().map(|row| row.user_id).collect()).await?;
    let mut members: HashMap<ConversationId, Vec<Member>> = HashMap::new();
    for row in rows {
        let Some(user) = people.get(&row.user_id).cloned() else { continue };
        let member = Member { user, is_owner: row.role == "owner", joined_at: row.joined_at.into() };
        members.entry(row.conversation_id).or_default().push(member);
    }
    Ok(members)
}

/// The members of small rooms.
async fn listed_members(
    conn: &impl ConnectionTrait,
    conversations: &[Conversation],
) -> Result<HashMap<ConversationId, Vec<Member>>> {
    let rooms = conversations.iter().filter(|one| one.kind == ConversationKind::Room);
    let rooms: Vec<ConversationId> = rooms.map(|room| room.id).collect();
    if rooms.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = small_rosters(&rooms).statement(conn.get_database_backend());
    let rows = conversation_member::Entity::find().from_raw_sql(sql).all(conn).await;
    members(conn, rows.map_err(db)?).await
}

/// The order is for the planner: of the indexes of a conversation only the one by `seq` stops where it should.
pub(super) fn counted_unread(conversations: &[ConversationId], readers: &[UserId]) -> Sql {
    let mut sql = Sql::new(
        "SELECT m.conversation_id, m.user_id, (SELECT count(*) FROM (SELECT c.sender_id FROM chat_messages c
             WHERE c.conversation_id = m.conversation_id AND c.seq > m.last_read_seq AND c.deleted_at IS NULL
             ORDER BY c.seq DESC LIMIT ",
    );
    sql.bind(Overview::MAX_UNREAD).push(
        ") AS latest WHERE latest.sender_id IS NULL OR latest.sender_id <> m.user_id) AS unread
         FROM conversation_members m WHERE m.conversation_id IN ",
    );
    sql.list(conversations.iter().copied()).push(" AND m.user_id IN ").list(readers.iter().copied());
    sql
}

/// How many messages of others these users have not read in these conversations, counted among the latest
/// [`Overview::MAX_UNREAD`]. Whoever is missing has read them all.
pub(super) async fn unread(
    conn: &impl ConnectionTrait,
    conversations: &[ConversationId],
    readers: &[UserId],
) -> Result<HashMap<ConversationId, HashMap<UserId, i64>>> {
    let sql = counted_unread(conversations, readers);
    let mut found: HashMap<ConversationId, HashMap<UserId, i64>> = HashMap::new();
    for row in conn.query_all_raw(sql.statement(conn.get_database_backend())).await.map_err(db)? {
        let (id, user, count): (ConversationId, UserId, i64) = row.try_get_many_by_index().map_err(db)?;
        found.entry(id).or_default().insert(user, count);
    }
    Ok(found)
}

/// On PostgreSQL one look into the index for each conversation, whatever it thinks of the size of the table: it may know
/// nothing yet of what was stored within the last minute.
pub(super) fn latest(backend: DbBackend, conversations: &[ConversationId]) -> Sql {
    let mut sql = Sql::new(match backend {
        DbBackend::Postgres => {
            "SELECT c.* FROM conversations v JOIN LATERAL (SELECT * FROM chat_messages x
                 WHERE x.conversation_id = v.id AND x.deleted_at IS NULL ORDER BY x.seq DESC LIMIT 1) c ON TRUE
             WHERE v.id IN "
        }
        _ => {
            "SELECT c.* FROM conversations v JOIN chat_messages c ON c.id = (SELECT x.id FROM chat_messages x
                 WHERE x.conversation_id = v.id AND x.deleted_at IS NULL ORDER BY x.seq DESC LIMIT 1)
             WHERE v.id IN "
        }
    });
    sql.list(conversations.iter().copied());
    sql
}

/// The latest message of each conversation that has one, tombstones left out.
async fn last_messages(
    conn: &impl ConnectionTrait,
    conversations: &[ConversationId],
) -> Result<HashMap<ConversationId, Arc<Message>>> {
    let backend = conn.get_database_backend();
    let rows = chat_message::Entity::find().from_raw_sql(latest(backend, conversations).statement(backend));
    let messages = messages_of(conn, rows.all(conn).await.map_err(db)?).await?;
    Ok(messages.into_iter().map(|message| (message.conversation_id, Arc::new(message))).collect())
}

/// What lists show of conversations, for these readers.
async fn counted_overviews(
    conn: &impl ConnectionTrait,
    conversations: Vec<Conversation>,
    readers: &[UserId],
) -> Result<Vec<Overview>> {
    let ids: Vec<_> = conversations.iter().map(|conversation| conversation.id).collect();
    let mut unread = unread(conn, &ids, readers).await?;
    let mut overviews = overviews(conn, conversations).await?;
    for overview in &mut overviews {
        overview.unread = Some(unread.remove(&overview.conversation.id).unwrap_or_default());
    }
    Ok(overviews)
}

/// The same for nobody in particular: what they have not read is not counted.
pub(super) async fn overviews(conn: &impl ConnectionTrait, conversations: Vec<Conversation>) -> Result<Vec<Overview>> {
    let ids: Vec<_> = conversations.iter().map(|conversation| conversation.id).collect();
    let mut last = last_messages(conn, &ids).await?;
    let mut members = listed_members(conn, &conversations).await?;
    let overview = |conversation: Conversation| Overview {
        members: members.remove(&conversation.id).unwrap_or_default(),
        last_message: last.remove(&conversation.id),
        conversation: Arc::new(conversation),
        unread: None,
    };
    Ok(conversations.into_iter().map(overview).collect())
}

/// Whether a user stands in the list of members.
pub(super) async fn is_member(conn: &impl ConnectionTrait, id: ConversationId, user: UserId) -> Result<bool> {
    let member = conversation_member::Entity::find_by_id((id, user)).count(conn).await.map_err(db)?;
    Ok(member > 0)
}

/// Whether two users share a conversation that is not everybody's.
pub(super) async fn have_met(conn: &impl ConnectionTrait, one: UserId, other: UserId) -> Result<bool> {
    let mut sql = Sql::new(
        "SELECT c.id FROM conversation_members mine
         JOIN conversation_members theirs ON theirs.conversation_id = mine.conversation_id
         JOIN conversations c ON c.id = mine.conversation_id AND c.kind IN ('direct', 'room', 'support')
         WHERE mine.user_id = ",
    );
    sql.bind(one).push(" AND theirs.user_id = ").bind(other).push(" LIMIT 1");
    let found = conn.query_one_raw(sql.statement(conn.get_database_backend())).await.map_err(db)?;
    Ok(found.is_some())
}

/// Conversations in which this user takes part, those of everybody included.
pub(super) fn taking_part(reader: UserId, role: Role) -> Condition {
    use conversation::Column;
    let rosters = Query::select()
        .column(conversation_member::Column::ConversationId)
        .from(conversation_member::Entity)
        .and_where(conversation_member::Column::UserId.eq(reader))
        .to_owned();
    let listed =
        Condition::all().add(Column::Kind.is_in(["assistant", "direct", "room"])).add(Column::Id.in_subquery(rosters));
    let mut support = Condition::any().add(Column::CustomerId.eq(reader));
    match role {
        Role::Customer => {}
        Role::Agent => support = support.add(Column::AgentId.eq(reader)).add(Column::AgentId.is_null()),
        Role::SuperAgent => support = support.add(Expr::val(true)),
    }
    Condition::any()
        .add(listed)
        .add(Column::Kind.eq("support").and(Expr::from(support)))
        .add(Column::Kind.is_in(["channel", "global"]))
}

/// Which conversations a list is narrowed to.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConversationFilter {
    pub kind: Option<ConversationKind>,
    pub status: Option<ChatStatus>,
}

impl Store {
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>> {
        let row = conversation::Entity::find_by_id(id).one(&self.read).await.map_err(db)?;
        Ok(conversations_of(&self.read, row.into_iter().collect()).await?.pop())
    }

    /// Those of these that there are.
    pub async fn conversations_by_id(&self, ids: HashSet<ConversationId>) -> Result<Vec<Conversation>> {
        let query = conversation::Entity::find().filter(conversation::Column::Id.is_in(ids));
        conversations_of(&self.read, query.all(&self.read).await.map_err(db)?).await
    }

    pub async fn channel(&self, slug: &str) -> Result<Option<Conversation>> {
        let row = conversation::Entity::find().filter(conversation::Column::Slug.eq(slug)).one(&self.read).await;
        Ok(conversations_of(&self.read, row.map_err(db)?.into_iter().collect()).await?.pop())
    }

    /// The direct conversation of two users, if they have one.
    pub async fn direct(&self, one: UserId, other: UserId) -> Result<Option<Conversation>> {
        let key = direct_key(one, other);
        let row = conversation::Entity::find().filter(conversation::Column::DirectKey.eq(key)).one(&self.read).await;
        Ok(conversations_of(&self.read, row.map_err(db)?.into_iter().collect()).await?.pop())
    }

    pub async fn is_member(&self, id: ConversationId, user: UserId) -> Result<bool> {
        is_member(&self.read, id, user).await
    }

    /// Whether two users share a conversation that is not everybody's.
    pub async fn have_met(&self, one: UserId, other: UserId) -> Result<bool> {
        have_met(&self.read, one, other).await
    }

    /// All members of a room, the longest first.
    pub async fn members(&self, id: ConversationId) -> Result<Vec<Member>> {
        let mut members = members(&self.read, roster(&self.read, id).await?).await?;
        Ok(members.remove(&id).unwrap_or_default())
    }

    /// Ids of the members of a conversation that has a list.
    pub async fn member_ids(&self, id: ConversationId) -> Result<Vec<UserId>> {
        Ok(roster(&self.read, id).await?.into_iter().map(|row| row.user_id).collect())
    }

    /// What lists show of a conversation, for these readers; `None` if it is gone.
    pub async fn overview(&self, id: ConversationId, readers: &[UserId]) -> Result<Option<Overview>> {
        let Some(conversation) = self.conversation(id).await? else { return Ok(None) };
        Ok(counted_overviews(&self.read, vec![conversation], readers).await?.pop())
    }

    /// What lists show of conversations already read, for these readers.
    pub async fn overviews(&self, conversations: Vec<Conversation>, readers: &[UserId]) -> Result<Vec<Overview>> {
        counted_overviews(&self.read, conversations, readers).await
    }

    /// The conversations in which somebody takes part, the newest first; the global one, always in use, stands first. Of
    /// channels, unless they are asked for, only one's own, those one has read in, and `general`.
    pub async fn conversations(
        &self,
        reader: UserId,
        role: Role,
        filter: ConversationFilter,
        page: Page,
    ) -> Result<Slice<Overview>> {
        use conversation::{Column, Entity};
        let mut query = Entity::find().filter(taking_part(reader, role)).filter(Column::Kind.ne("global"));
        query = match filter.kind {
            Some(kind) => query.filter(Column::Kind.eq(kind.as_str())),
            None => query.filter(used_channels(reader)),
        };
        if let Some(status) = filter.status {
            query = query.filter(Column::Status.eq(status.as_str()));
        }
        if let Some(before) = page.before {
            query = query.filter(Column::Id.lt(id_at(before)));
        }
        let mut rows = query.order_by_desc(Column::Id).limit(page.limit + 1).all(&self.read).await.map_err(db)?;
        let with_global = matches!(filter.kind, None | Some(ConversationKind::Global)) && filter.status.is_none();
        if with_global && page.before.is_none() {
            rows.splice(0..0, Entity::find_by_id(conversation::GLOBAL_ID).one(&self.read).await.map_err(db)?);
        }
        let conversations = conversations_of(&self.read, rows).await?;
        let place = |one: &Conversation| match one.kind {
            ConversationKind::Global => i64::MAX,
            _ => position(one.id),
        };
        let Slice { items, next } = page.slice(conversations, place);
        Ok(Slice { items: self.overviews(items, &[reader]).await?, next })
    }

    /// Channels by name. The position of a page is how many come before it.
    pub async fn channels(&self, page: Page) -> Result<Slice<Conversation>> {
        use conversation::{Column, Entity};
        let skipped = page.before.filter(|skipped| *skipped > 0).unwrap_or(0);
        let query =
            Entity::find().filter(Column::Kind.eq("channel")).order_by_asc(Column::Title).order_by_asc(Column::Id);
        let query = query.offset(skipped.unsigned_abs()).limit(page.limit + 1);
        let rows = query.all(&self.read).await.map_err(db)?;
        let conversations = conversations_of(&self.read, rows).await?;
        let end = skipped.saturating_add(i64::try_from(page.limit).unwrap_or(0));
        Ok(page.slice(conversations, |_| end))
    }

    /// The users who are told when one of these comes and goes: those who share a direct, support or small room with them.
    pub async fn acquaintances(&self, users: &[UserId]) -> Result<HashMap<UserId, Vec<UserId>>> {
        let mut sql = Sql::new(
            "SELECT mine.user_id, other.user_id FROM conversation_members mine
             JOIN conversations c ON c.id = mine.conversation_id AND c.kind IN ('direct', 'room')
             JOIN conversation_members other ON other.conversation_id = mine.conversation_id
             WHERE (SELECT count(*) FROM (SELECT 1 FROM conversation_members n WHERE n.conversation_id = c.id LIMIT ",
        );
        sql.bind(Overview::MAX_MEMBERS as i64 + 1).push(") AS few) <= ").bind(Overview::MAX_MEMBERS as i64);
        sql.push(" AND mine.user_id IN ").list(users.iter().copied());
        sql.push(
            " UNION SELECT agent_id, customer_id FROM conversations WHERE customer_id IS NOT NULL AND agent_id IN ",
        );
        sql.list(users.iter().copied());
        sql.push(
            " UNION SELECT customer_id, agent_id FROM conversations WHERE agent_id IS NOT NULL AND customer_id IN ",
        );
        sql.list(users.iter().copied());
        let mut found: HashMap<UserId, Vec<UserId>> = HashMap::new();
        for row in self.read.query_all_raw(sql.statement(self.read.get_database_backend())).await.map_err(db)? {
            let (user, other): (UserId, UserId) = row.try_get_many_by_index().map_err(db)?;
            found.entry(user).or_default().push(other);
        }
        Ok(found)
    }

    /// The users with these ids, as far as there are any.
    pub async fn people(&self, ids: HashSet<UserId>) -> Result<HashMap<UserId, Arc<User>>> {
        people(&self.read, ids).await
    }
}

/// All but the channels with which a reader has nothing to do.
fn used_channels(reader: UserId) -> Condition {
    use conversation::Column;
    let read = Query::select()
        .column(conversation_member::Column::ConversationId)
        .from(conversation_member::Entity)
        .and_where(conversation_member::Column::UserId.eq(reader))
        .to_owned();
    Condition::any()
        .add(Column::Kind.ne("channel"))
        .add(Column::OwnerId.eq(reader))
        .add(Column::Id.eq(conversation::GENERAL_CHANNEL_ID))
        .add(Column::Id.in_subquery(read))
}
