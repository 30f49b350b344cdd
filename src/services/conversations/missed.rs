//! What a node tells its sockets that it was not told itself.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

use time::OffsetDateTime;

use super::Conversations;
use crate::domain::change::By;
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind};
use crate::domain::error::Result;
use crate::domain::event::{Event, Stored, What};
use crate::domain::permission::{Act, may, relation};
use crate::domain::{ConversationId, UserId};
use crate::store::Recent;

impl Conversations {
    /// The stored changes of a range of `seq`, each message in its latest state: at its place, and at the place of its latest
    /// change. `None` if the conversation is gone. What was overwritten since has no event.
    pub async fn missed(&self, id: ConversationId, seqs: &RangeInclusive<i64>) -> Result<Option<Vec<Event>>> {
        let Some(conversation) = self.store.conversation(id).await? else { return Ok(None) };
        let members = self.member_ids(&conversation).await?;
        let conversation = Arc::new(conversation);
        let mut found = BTreeMap::new();
        for (message, client_msg_id) in self.store.changes(id, seqs).await? {
            let message = Arc::new(message);
            let (posted, changed) = (message.seq, message.updated_seq);
            if seqs.contains(&posted) && !message.deleted {
                found.insert(posted, What::Posted { message: message.clone(), client_msg_id });
            }
            if changed != posted && seqs.contains(&changed) {
                let gone = message.deleted;
                found.insert(changed, if gone { What::Deleted { message } } else { What::Updated { message } });
            }
        }
        if conversation.kind == ConversationKind::Support {
            self.add_state(&conversation, &members, seqs, &mut found).await?;
        }
        let members: Arc<[UserId]> = members.into();
        let stored = |(seq, what)| {
            Event::Stored(Stored { conversation: conversation.clone(), seq, members: members.clone(), what })
        };
        Ok(Some(found.into_iter().map(stored).collect()))
    }

    /// A change of a support chat itself leaves no row: where places have no message, its present state is told.
    async fn add_state(
        &self,
        chat: &Arc<Conversation>,
        members: &[UserId],
        seqs: &RangeInclusive<i64>,
        found: &mut BTreeMap<i64, What>,
    ) -> Result<()> {
        let mut empty = seqs.clone().rev().filter(|seq| !found.contains_key(seq));
        let (Some(last), before) = (empty.next(), empty.next()) else { return Ok(()) };
        let Some(overview) = self.store.overview(chat.id, members).await?.map(Arc::new) else { return Ok(()) };
        let active = chat.status == Some(ChatStatus::Active);
        let assigned = chat.agent.is_some();
        if assigned && (active || before.is_some()) {
            let seq = if active { last } else { before.unwrap_or(last) };
            found.insert(seq, What::Assigned { overview: overview.clone() });
        }
        found.entry(last).or_insert(What::StatusChanged { overview });
        Ok(())
    }

    /// The latest `seq` of those of these conversations that there are.
    pub async fn last_seqs(&self, ids: &[ConversationId]) -> Result<HashMap<ConversationId, i64>> {
        self.store.last_seqs(ids).await
    }

    /// The conversations that got messages since then.
    pub async fn recent(&self, since: OffsetDateTime) -> Result<Vec<Recent>> {
        self.store.recent(since).await
    }

    /// Of those who listen, those who may not any more.
    pub async fn shut_out(&self, listeners: &[(ConversationId, By)]) -> Result<Vec<(ConversationId, UserId)>> {
        let ids: HashSet<ConversationId> = listeners.iter().map(|(id, _)| *id).collect();
        let users: HashSet<UserId> = listeners.iter().map(|(_, by)| by.user).collect();
        let (ids, users): (Vec<_>, Vec<_>) = (ids.into_iter().collect(), users.into_iter().collect());
        let mut found = HashMap::new();
        for chunk in ids.chunks(1000) {
            let some = self.store.conversations_by_id(chunk.iter().copied().collect()).await?;
            found.extend(some.into_iter().map(|conversation| (conversation.id, conversation)));
        }
        let members = self.store.memberships(&ids, &users).await?;
        let may_listen = |id: &ConversationId, by: &By| {
            found.get(id).is_some_and(|conversation| {
                let is_member = members.contains(&(*id, by.user));
                may(conversation.kind, relation(by.user, by.role, conversation, is_member), Act::See)
            })
        };
        let out = listeners.iter().filter(|(id, by)| !may_listen(id, by));
        Ok(out.map(|(id, by)| (*id, by.user)).collect())
    }
}

#[cfg(test)]
mod tests;
