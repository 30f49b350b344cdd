//! What a node reads that may not have been told everything: other nodes write into the same database.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use entity::{chat_message, conversation, conversation_member, token};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use super::messages::messages_of;
use super::{Store, db};
use crate::domain::error::Result;
use crate::domain::message::{Message, first_id_at, told_name};
use crate::domain::{ConversationId, UserId};

/// Values of one statement: PostgreSQL takes 65,535.
const CHUNK: usize = 1000;
/// Conversations with recent messages that are looked at once.
const MAX_RECENT: u64 = 10_000;

/// A message with the name that its sender gave it.
pub type Named = (Message, Option<String>);

/// A conversation that got messages lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recent {
    pub conversation: ConversationId,
    /// The `seq` of the first of those messages.
    pub first: i64,
    /// The `seq` of the last of them.
    pub last: i64,
}

impl Store {
    /// The messages that took their place, or their latest change, within a range of `seq`; in their latest state.
    pub async fn changes(&self, conversation: ConversationId, seqs: &RangeInclusive<i64>) -> Result<Vec<Named>> {
        use chat_message::Column;
        let (first, last) = (*seqs.start(), *seqs.end());
        let within =
            Condition::any().add(Column::Seq.between(first, last)).add(Column::UpdatedSeq.between(first, last));
        let query = chat_message::Entity::find().filter(Column::ConversationId.eq(conversation)).filter(within);
        let rows = query.order_by_asc(Column::Seq).all(&self.read).await.map_err(db)?;
        let names: Vec<_> = rows.iter().map(|row| told_name(row.client_msg_id.clone())).collect();
        Ok(messages_of(&self.read, rows).await?.into_iter().zip(names).collect())
    }

    /// The latest `seq` of those of these conversations that there are.
    pub async fn last_seqs(&self, ids: &[ConversationId]) -> Result<HashMap<ConversationId, i64>> {
        use conversation::{Column, Entity};
        let mut found = HashMap::with_capacity(ids.len());
        for chunk in ids.chunks(CHUNK) {
            let query = Entity::find().select_only().columns([Column::Id, Column::LastSeq]);
            let query = query.filter(Column::Id.is_in(chunk.iter().copied()));
            found.extend(query.into_tuple::<(ConversationId, i64)>().all(&self.read).await.map_err(db)?);
        }
        Ok(found)
    }

    /// Who of these users stands in the lists of members of which of these conversations.
    pub async fn memberships(
        &self,
        ids: &[ConversationId],
        users: &[UserId],
    ) -> Result<HashSet<(ConversationId, UserId)>> {
        use conversation_member::{Column, Entity};
        let mut found = HashSet::new();
        for (ids, users) in ids.chunks(CHUNK).flat_map(|ids| users.chunks(CHUNK).map(move |users| (ids, users))) {
            let query = Entity::find().select_only().columns([Column::ConversationId, Column::UserId]);
            let query = query.filter(Column::ConversationId.is_in(ids.iter().copied()));
            let query = query.filter(Column::UserId.is_in(users.iter().copied()));
            found.extend(query.into_tuple::<(ConversationId, UserId)>().all(&self.read).await.map_err(db)?);
        }
        Ok(found)
    }

    /// The conversations that got messages since then.
    pub async fn recent(&self, since: OffsetDateTime) -> Result<Vec<Recent>> {
        use chat_message::{Column, Entity};
        let query = Entity::find()
            .select_only()
            .column(Column::ConversationId)
            .column_as(Column::Seq.min(), "first")
            .column_as(Column::Seq.max(), "last")
            .filter(Column::Id.gte(first_id_at(since)))
            .group_by(Column::ConversationId)
            .limit(MAX_RECENT);
        let rows = query.into_tuple::<(ConversationId, i64, i64)>().all(&self.read).await.map_err(db)?;
        Ok(rows.into_iter().map(|(conversation, first, last)| Recent { conversation, first, last }).collect())
    }

    /// Those of these sessions that were not revoked. One that expired is not told apart: that is its socket's business.
    pub async fn unrevoked(&self, sessions: &[Uuid]) -> Result<HashSet<Uuid>> {
        use token::{Column, Entity};
        let mut found = HashSet::with_capacity(sessions.len());
        for chunk in sessions.chunks(CHUNK) {
            let query = Entity::find().select_only().column(Column::Sid);
            let query = query.filter(Column::Sid.is_in(chunk.iter().copied())).filter(Column::RevokedAt.is_null());
            found.extend(query.into_tuple::<Uuid>().all(&self.read).await.map_err(db)?);
        }
        Ok(found)
    }
}
