//! What somebody may read.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Conversations;
use crate::domain::change::By;
use crate::domain::conversation::{Conversation, ConversationKind, Member, is_slug, not_found};
use crate::domain::error::{Error, Result};
use crate::domain::event::Overview;
use crate::domain::message::{self, Message};
use crate::domain::page::{Page, Slice};
use crate::domain::permission::{Act, may, relation};
use crate::domain::user::{User, UserRef};
use crate::domain::{ConversationId, MessageId, UserId};
use crate::store::{CatchUp, ConversationFilter, History, MessageFilter};

/// A conversation caught up with, for a socket that listens from `last_seq` on.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered {
    pub conversation: Arc<Conversation>,
    pub last_seq: i64,
    /// What changed, or `None` if that is too much to tell.
    pub events: Option<Vec<Message>>,
}

impl Conversations {
    async fn readable(&self, by: By, found: Option<Conversation>) -> Result<Option<Conversation>> {
        let Some(conversation) = found else { return Ok(None) };
        let is_member = conversation.kind.has_roster() && self.store.is_member(conversation.id, by.user).await?;
        let relation = relation(by.user, by.role, &conversation, is_member);
        Ok(may(conversation.kind, relation, Act::See).then_some(conversation))
    }

    /// A conversation that the caller may see; 404 otherwise.
    pub async fn visible(&self, by: By, id: ConversationId) -> Result<Conversation> {
        let found = self.store.conversation(id).await?;
        self.readable(by, found).await?.ok_or_else(not_found)
    }

    /// A room of the caller's; 404 `ROOM_NOT_FOUND` otherwise.
    pub async fn room(&self, by: By, id: ConversationId) -> Result<Conversation> {
        let found = self.store.conversation(id).await?.filter(|found| found.kind == ConversationKind::Room);
        let room = self.readable(by, found).await?;
        room.ok_or_else(|| Error::not_found("ROOM_NOT_FOUND", "Room not found"))
    }

    /// A support chat that the caller may read; 404 `CHAT_NOT_FOUND` otherwise.
    pub async fn chat(&self, by: By, id: ConversationId) -> Result<Conversation> {
        let found = self.store.conversation(id).await?.filter(|found| found.kind == ConversationKind::Support);
        let chat = self.readable(by, found).await?;
        chat.ok_or_else(|| Error::not_found("CHAT_NOT_FOUND", "Chat not found"))
    }

    /// A channel by its slug; 404 `CHANNEL_NOT_FOUND`.
    pub async fn channel(&self, slug: &str) -> Result<Conversation> {
        // what cannot be a slug is not asked for: PostgreSQL takes no U+0000
        let channel = if is_slug(slug) { self.store.channel(slug).await? } else { None };
        channel.ok_or_else(|| Error::not_found("CHANNEL_NOT_FOUND", "Channel not found"))
    }

    /// Channels by name.
    pub async fn channels(&self, page: Page) -> Result<Slice<Conversation>> {
        self.store.channels(page).await
    }

    /// A conversation as lists show it.
    pub async fn overview(&self, by: By, id: ConversationId) -> Result<Overview> {
        let conversation = self.visible(by, id).await?;
        self.overview_of(by, conversation).await
    }

    /// The same for one that the caller was given already.
    pub async fn overview_of(&self, by: By, conversation: Conversation) -> Result<Overview> {
        let mut overviews = self.store.overviews(vec![conversation], &[by.user]).await?;
        overviews.pop().ok_or_else(not_found)
    }

    /// What lists show of conversations that these members do not listen to, with those of them who still belong there.
    pub async fn news(&self, unheard: &[(ConversationId, Vec<UserId>)]) -> Result<Vec<(Overview, Vec<UserId>)>> {
        let readers: HashSet<UserId> = unheard.iter().flat_map(|(_, members)| members.iter().copied()).collect();
        let conversations = self.store.conversations_by_id(unheard.iter().map(|(id, _)| *id).collect()).await?;
        let overviews = self.store.overviews(conversations, &readers.into_iter().collect::<Vec<_>>()).await?;
        let members: HashMap<_, _> = unheard.iter().map(|(id, members)| (*id, members)).collect();
        let still = |overview: Overview| {
            let asked = members.get(&overview.conversation.id).copied().into_iter().flatten().copied();
            let still = asked.filter(|user| overview.belongs(*user)).collect();
            (overview, still)
        };
        Ok(overviews.into_iter().map(still).collect())
    }

    /// The conversations in which the caller takes part: see [`crate::store::Store::conversations`].
    pub async fn list(&self, by: By, filter: ConversationFilter, page: Page) -> Result<Slice<Overview>> {
        self.store.conversations(by.user, by.role, filter, page).await
    }

    /// The members of a conversation that was given to the caller, the longest first.
    pub async fn members(&self, conversation: &Conversation) -> Result<Vec<Member>> {
        if conversation.kind.has_roster() { self.store.members(conversation.id).await } else { Ok(Vec::new()) }
    }

    /// Who is told what happens in a conversation without having asked for it.
    pub async fn member_ids(&self, conversation: &Conversation) -> Result<Vec<UserId>> {
        if conversation.kind.has_roster() {
            return self.store.member_ids(conversation.id).await;
        }
        Ok([conversation.customer_id(), conversation.agent_id()].into_iter().flatten().collect())
    }

    /// One page of a conversation that was given to the caller.
    pub async fn history(
        &self,
        conversation: &Conversation,
        history: History,
        filter: &MessageFilter,
        page: Page,
    ) -> Result<Slice<Message>> {
        self.store.history(conversation.id, history, filter, page).await
    }

    /// The direct conversation of two users, for one of them or a super-agent; 403 for others, `None` if they have none.
    pub async fn between(&self, by: By, one: UserId, other: UserId) -> Result<Option<Conversation>> {
        if by.user != one && by.user != other && by.role != crate::domain::user::Role::SuperAgent {
            return Err(Error::forbidden("Only the two may read their messages."));
        }
        self.store.direct(one, other).await
    }

    /// Messages to everybody, the caller's direct ones, and those of their rooms, the newest first.
    pub async fn room_messages(&self, by: By, page: Page) -> Result<Slice<Message>> {
        self.store.room_messages(by.user, page).await
    }

    /// The conversations of messages that were given to the caller.
    pub async fn of_messages(&self, messages: &[Message]) -> Result<HashMap<ConversationId, Conversation>> {
        let ids = messages.iter().map(|message| message.conversation_id).collect();
        let found = self.store.conversations_by_id(ids).await?;
        Ok(found.into_iter().map(|conversation| (conversation.id, conversation)).collect())
    }

    /// Full-text search in what the caller can read.
    pub async fn search(&self, by: By, query: &str, page: Page) -> Result<Slice<Message>> {
        self.store.search_messages(by.user, by.role, query, page).await
    }

    /// A message, and its conversation; 404 if the caller may not see them.
    pub async fn message(&self, by: By, id: MessageId) -> Result<(Conversation, Message)> {
        let message = self.store.message(id).await?.ok_or_else(message::not_found)?;
        let found = self.store.conversation(message.conversation_id).await?;
        let conversation = self.readable(by, found).await?.ok_or_else(message::not_found)?;
        Ok((conversation, message))
    }

    /// What a socket needs that listens from now on: called after its interest is known to the hub.
    pub async fn catch_up(&self, by: By, id: ConversationId, after: Option<i64>) -> Result<Recovered> {
        let conversation = Arc::new(self.visible(by, id).await?);
        let CatchUp { last_seq, events } = self.store.catch_up(id, after).await?.ok_or_else(not_found)?;
        Ok(Recovered { conversation, last_seq, events })
    }

    /// Somebody named in a request.
    pub async fn user(&self, reference: &UserRef) -> Result<Option<User>> {
        self.store.find_user(reference).await
    }

    /// Who is told when these users come and go.
    pub async fn acquaintances(&self, users: &[UserId]) -> Result<HashMap<UserId, Vec<UserId>>> {
        self.store.acquaintances(users).await
    }
}
