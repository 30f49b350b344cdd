//! Support chats: opened, taken, given, closed, archived, deleted.

use std::sync::Arc;

use entity::{Timestamp, conversation};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, Value};

use super::super::db;
use super::book::{Book, refused};
use super::posts::chat_not_found;
use crate::domain::change::{By, Done};
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind};
use crate::domain::error::{Error, Result};
use crate::domain::event::{ConversationChange, Event, Stored, What};
use crate::domain::permission::{Act, Relation, may};
use crate::domain::user::{Role, User, UserRef};
use crate::domain::{ConversationId, UserId};

impl Book<'_> {
    fn chat(&self, id: ConversationId) -> Result<Arc<Conversation>> {
        self.conversation(id).filter(|found| found.kind == ConversationKind::Support).ok_or_else(chat_not_found)
    }

    async fn agent(&self, by: By, reference: &UserRef) -> Result<Arc<User>> {
        let agent = self.user(by, reference, "agentId").await?;
        if agent.role.is_staff() && !agent.disabled {
            return Ok(agent);
        }
        Err(Error::invalid("agentId", "agentId must be an agent."))
    }

    pub(super) async fn open_chat(&mut self, by: By, customer: &UserRef, agent: Option<&UserRef>) -> Result<Done> {
        // before anything else: whether somebody exists is not told to whoever may not name them
        if !by.role.is_staff() && self.find_user(customer).is_none_or(|customer| customer.id != by.user) {
            return Err(Error::forbidden("Customers open chats for themselves only.").field("customerId"));
        }
        let customer = self.user(by, customer, "customerId").await?;
        if customer.role != Role::Customer {
            return Err(Error::invalid("customerId", "customerId must be a customer."));
        }
        let agent = match agent {
            Some(agent) => Some(self.agent(by, agent).await?),
            None => None,
        };
        let mut row = self.blank(ConversationKind::Support, "");
        row.customer_id = Set(Some(customer.id));
        row.agent_id = Set(agent.as_ref().map(|agent| agent.id));
        row.status = Set(Some(ChatStatus::Active.as_str().to_owned()));
        let mut members = vec![(customer.id, "customer")];
        members.extend(agent.map(|agent| (agent.id, "agent")));
        let chat = self.found(row, &members).await?;
        let to = members.into_iter().map(|(user, _)| user).collect();
        self.announce(ConversationChange::Created, &chat, to).await?;
        Ok(Done::Conversation { conversation: chat, created: true })
    }

    /// The first agent who joins a waiting chat gets it.
    pub(super) async fn join_chat(&mut self, by: By, chat: ConversationId) -> Result<Done> {
        let mut chat = self.chat(chat)?;
        let relation = self.allow(by, &chat, Act::See, chat_not_found).await?;
        if relation == Relation::Waiting && chat.status == Some(ChatStatus::Active) {
            chat = self.give(&chat, by.user).await?;
        }
        self.has_read(by, &chat, self.last_seq(chat.id));
        Ok(Done::Conversation { conversation: chat, created: false })
    }

    pub(super) async fn assign_chat(&mut self, by: By, chat: ConversationId, agent: &UserRef) -> Result<Done> {
        let mut chat = self.chat(chat)?;
        let relation = self.allow(by, &chat, Act::See, chat_not_found).await?;
        if relation == Relation::Customer {
            return Err(refused(Act::Assign));
        }
        let agent = self.agent(by, agent).await?;
        if chat.agent_id() == Some(agent.id) {
            return Ok(Done::Conversation { conversation: chat, created: false });
        }
        let act = if agent.id == by.user && relation == Relation::Waiting { Act::Take } else { Act::Assign };
        if !may(chat.kind, relation, act) {
            return Err(refused(act));
        }
        chat = self.give(&chat, agent.id).await?;
        Ok(Done::Conversation { conversation: chat, created: false })
    }

    /// Gives a chat to an agent. What the agent has not read begins with the last message before.
    pub(super) async fn give(&mut self, chat: &Arc<Conversation>, agent: UserId) -> Result<Arc<Conversation>> {
        self.insert_member(chat.id, agent, "agent", 0, self.now).await?;
        let chat = self.set(chat, [(conversation::Column::AgentId, agent.into())]).await?;
        self.tell_all(&chat, |overview| What::Assigned { overview }).await?;
        Ok(chat)
    }

    async fn set<const N: usize>(
        &mut self,
        chat: &Conversation,
        set: [(conversation::Column, Value); N],
    ) -> Result<Arc<Conversation>> {
        let at = Timestamp::from(self.touched(chat));
        let mut update = conversation::Entity::update_many()
            .col_expr(conversation::Column::UpdatedAt, Expr::value(at))
            .filter(conversation::Column::Id.eq(chat.id));
        for (column, value) in set {
            update = update.col_expr(column, Expr::value(value));
        }
        update.exec(self.txn).await.map_err(db)?;
        self.reload(chat.id).await
    }

    /// A change of the chat itself takes its place among its messages.
    async fn tell_all(
        &mut self,
        chat: &Arc<Conversation>,
        what: impl FnOnce(Arc<crate::domain::event::Overview>) -> What,
    ) -> Result<()> {
        let members = self.members(chat).await?;
        let seq = self.next_seq(chat.id)?;
        let overview = self.overview(chat).await?;
        let event = Stored { conversation: chat.clone(), seq, members, what: what(overview) };
        self.tell(Event::Stored(event));
        Ok(())
    }

    pub(super) async fn set_chat_status(&mut self, by: By, chat: ConversationId, to: ChatStatus) -> Result<Done> {
        let chat = self.chat(chat)?;
        let archive = to == ChatStatus::Archived || chat.status == Some(ChatStatus::Archived);
        self.allow(by, &chat, if archive { Act::Archive } else { Act::SetStatus }, chat_not_found).await?;
        self.put_status(&chat, to).await
    }

    pub(super) async fn unarchive_chat(&mut self, by: By, chat: ConversationId) -> Result<Done> {
        let chat = self.chat(chat)?;
        self.allow(by, &chat, Act::Archive, chat_not_found).await?;
        if chat.status != Some(ChatStatus::Archived) {
            let message = "This chat is not in the archive.";
            return Err(Error::conflict("CHAT_NOT_ARCHIVED", "Chat not archived", message));
        }
        self.put_status(&chat, chat.status_before.unwrap_or(ChatStatus::Active)).await
    }

    async fn put_status(&mut self, chat: &Arc<Conversation>, to: ChatStatus) -> Result<Done> {
        if chat.status == Some(to) {
            return Ok(Done::Conversation { conversation: chat.clone(), created: false });
        }
        let before = chat.status.filter(|_| to == ChatStatus::Archived).map(|status| status.as_str().to_owned());
        let set = [
            (conversation::Column::Status, Value::from(to.as_str())),
            (conversation::Column::StatusBefore, Value::from(before)),
        ];
        let chat = self.set(chat, set).await?;
        self.tell_all(&chat, |overview| What::StatusChanged { overview }).await?;
        Ok(Done::Conversation { conversation: chat, created: false })
    }

    pub(super) async fn delete_chat(&mut self, by: By, chat: ConversationId) -> Result<Done> {
        let chat = self.chat(chat)?;
        self.allow(by, &chat, Act::Remove, chat_not_found).await?;
        self.remove(&chat).await
    }
}
