//! Changes of stored messages: edit, delete, react.

use std::sync::Arc;

use entity::{Timestamp, attachment, chat_message, reaction};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, Value};

use super::super::db;
use super::super::messages::messages_of;
use super::book::Book;
use super::posts::still_open;
use crate::domain::MessageId;
use crate::domain::change::{By, Done, Scope};
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::error::{Error, Result};
use crate::domain::event::{Event, Stored, What};
use crate::domain::message::{Message, not_found};
use crate::domain::permission::Act;

/// Reactions of one user to one message.
const MAX_REACTIONS: u64 = 20;

impl Book<'_> {
    /// The message, and its conversation if the caller may see it.
    async fn visible(&mut self, by: By, id: MessageId, scope: Scope) -> Result<(Arc<Conversation>, Message)> {
        let message = self.stored(id).await?.ok_or_else(not_found)?;
        let conversation = self.conversation(message.conversation_id).ok_or_else(not_found)?;
        self.allow(by, &conversation, Act::See, not_found).await?;
        let in_scope = scope == Scope::Any || conversation.kind == ConversationKind::Channel;
        if message.deleted || !in_scope { Err(not_found()) } else { Ok((conversation, message)) }
    }

    async fn stored(&mut self, id: MessageId) -> Result<Option<Message>> {
        self.flush().await?;
        let row = chat_message::Entity::find_by_id(id).one(self.txn).await.map_err(db)?;
        Ok(messages_of(self.txn, row.into_iter().collect()).await?.pop())
    }

    pub(super) async fn edit(&mut self, by: By, id: MessageId, content: &str, scope: Scope) -> Result<Done> {
        let (conversation, mut message) = self.visible(by, id, scope).await?;
        if message.sender.id() != Some(by.user) {
            return Err(Error::forbidden("Only the author of a message may edit it."));
        }
        self.allow(by, &conversation, Act::EditOwn, not_found).await?;
        still_open(&conversation)?;
        let seq = self.next_seq(conversation.id)?;
        let now = Timestamp::from(self.now);
        self.update(
            id,
            seq,
            [
                (chat_message::Column::Content, content.into()),
                (chat_message::Column::EditedAt, now.into()),
                (chat_message::Column::UpdatedAt, now.into()),
            ],
        )
        .await?;
        content.clone_into(&mut message.content);
        (message.edited, message.updated_seq, message.updated_at) = (true, seq, self.now);
        self.changed(conversation, message, seq, |message| What::Updated { message }).await
    }

    pub(super) async fn delete(&mut self, by: By, id: MessageId, scope: Scope) -> Result<Done> {
        let (conversation, mut message) = self.visible(by, id, scope).await?;
        let own = message.sender.id() == Some(by.user);
        self.allow(by, &conversation, if own { Act::DeleteOwn } else { Act::DeleteOthers }, not_found).await?;
        let seq = self.next_seq(conversation.id)?;
        let now = Timestamp::from(self.now);
        self.update(
            id,
            seq,
            [
                (chat_message::Column::Content, "".into()),
                (chat_message::Column::Metadata, Value::Json(None)),
                (chat_message::Column::DeletedAt, now.into()),
                (chat_message::Column::UpdatedAt, now.into()),
            ],
        )
        .await?;
        let files = attachment::Entity::delete_many().filter(attachment::Column::MessageId.eq(id));
        files.exec(self.txn).await.map_err(db)?;
        let reactions = reaction::Entity::delete_many().filter(reaction::Column::MessageId.eq(id));
        reactions.exec(self.txn).await.map_err(db)?;
        message.content.clear();
        message.metadata = None;
        message.reactions.clear();
        (message.deleted, message.updated_seq, message.updated_at) = (true, seq, self.now);
        self.changed(conversation, message, seq, |message| What::Deleted { message }).await
    }

    pub(super) async fn react(&mut self, by: By, id: MessageId, emoji: &str, remove: bool) -> Result<Done> {
        let (conversation, mut message) = self.visible(by, id, Scope::Any).await?;
        self.allow(by, &conversation, Act::React, not_found).await?;
        still_open(&conversation)?;
        let users = message.reactions.entry(emoji.to_owned()).or_default();
        let there = users.contains(&by.user);
        if there != remove {
            // it is as wanted: nothing changes, nobody is told
            message.reactions.retain(|_, users| !users.is_empty());
            let seq = message.updated_seq;
            return Ok(Done::Message { conversation, message: Arc::new(message), seq });
        }
        if remove {
            users.retain(|user| *user != by.user)
        } else {
            users.push(by.user)
        }
        message.reactions.retain(|_, users| !users.is_empty());
        self.write_reaction(by, id, emoji, remove).await?;
        let seq = self.next_seq(conversation.id)?;
        self.update(id, seq, []).await?;
        message.updated_seq = seq;
        let what = What::Reacted { message: id, user: by.user, emoji: emoji.to_owned(), removed: remove };
        self.changed(conversation, message, seq, |_| what).await
    }

    async fn write_reaction(&self, by: By, id: MessageId, emoji: &str, remove: bool) -> Result<()> {
        use reaction::{ActiveModel, Column, Entity};
        if remove {
            return Entity::delete_by_id((id, by.user, emoji.to_owned())).exec(self.txn).await.map(drop).map_err(db);
        }
        let mine = Entity::find().filter(Column::MessageId.eq(id)).filter(Column::UserId.eq(by.user));
        if mine.count(self.txn).await.map_err(db)? >= MAX_REACTIONS {
            let message =
                format!("A message takes at most {MAX_REACTIONS} reactions of one user: remove another first.");
            return Err(Error::conflict("TOO_MANY_REACTIONS", "Too many reactions", message));
        }
        let row = ActiveModel {
            message_id: Set(id),
            user_id: Set(by.user),
            emoji: Set(emoji.to_owned()),
            created_at: Set(self.now.into()),
        };
        Entity::insert(row).exec_without_returning(self.txn).await.map(drop).map_err(db)
    }

    async fn update<const N: usize>(
        &self,
        id: MessageId,
        seq: i64,
        set: [(chat_message::Column, Value); N],
    ) -> Result<()> {
        let mut update = chat_message::Entity::update_many()
            .col_expr(chat_message::Column::UpdatedSeq, Expr::value(seq))
            .filter(chat_message::Column::Id.eq(id));
        for (column, value) in set {
            update = update.col_expr(column, Expr::value(value));
        }
        update.exec(self.txn).await.map(drop).map_err(db)
    }

    /// Tells of a changed message.
    async fn changed(
        &mut self,
        conversation: Arc<Conversation>,
        message: Message,
        seq: i64,
        what: impl FnOnce(Arc<Message>) -> What,
    ) -> Result<Done> {
        let members = self.members(&conversation).await?;
        let message = Arc::new(message);
        let what = what(message.clone());
        self.tell(Event::Stored(Stored { conversation: conversation.clone(), seq, members, what }));
        Ok(Done::Message { conversation, message, seq })
    }
}
