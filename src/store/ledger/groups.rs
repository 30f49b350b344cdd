//! Direct conversations, rooms, channels: who is in them, and how they begin and end.

use std::sync::Arc;

use entity::{conversation, conversation_member};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::super::db;
use super::super::sql::Sql;
use super::book::Book;
use super::posts::{channel_not_found, room_not_found};
use crate::domain::change::{By, Done};
use crate::domain::conversation::{Conversation, ConversationKind, direct_key};
use crate::domain::error::{Error, Result};
use crate::domain::event::ConversationChange;
use crate::domain::permission::Act;
use crate::domain::user::{User, UserRef};
use crate::domain::{ConversationId, UserId};

impl Book<'_> {
    pub(super) fn blank(&self, kind: ConversationKind, title: &str) -> conversation::ActiveModel {
        conversation::ActiveModel {
            id: Set(Uuid::now_v7()),
            kind: Set(kind.as_str().to_owned()),
            title: Set(title.to_owned()),
            last_seq: Set(0),
            created_at: Set(self.now.into()),
            updated_at: Set(self.now.into()),
            ..Default::default()
        }
    }

    pub(super) async fn insert_member(
        &self,
        id: ConversationId,
        user: UserId,
        role: &str,
        read: i64,
        joined: time::OffsetDateTime,
    ) -> Result<()> {
        use conversation_member::{ActiveModel, Column, Entity};
        let row = ActiveModel {
            conversation_id: Set(id),
            user_id: Set(user),
            role: Set(role.to_owned()),
            last_read_seq: Set(read),
            joined_at: Set(joined.into()),
        };
        // whoever has read in it before has a row already
        let again =
            OnConflict::columns([Column::ConversationId, Column::UserId]).update_column(Column::Role).to_owned();
        Entity::insert(row).on_conflict(again).exec_without_returning(self.txn).await.map(drop).map_err(db)
    }

    /// Inserts a conversation with its first members, and takes it into the book.
    pub(super) async fn found(
        &mut self,
        row: conversation::ActiveModel,
        members: &[(UserId, &str)],
    ) -> Result<Arc<Conversation>> {
        let id = *row.id.as_ref();
        conversation::Entity::insert(row).exec_without_returning(self.txn).await.map_err(db)?;
        for (user, role) in members {
            self.insert_member(id, *user, role, 0, self.now).await?;
        }
        self.reload(id).await
    }

    pub(super) async fn open_direct(&mut self, by: By, with: &UserRef, field: &'static str) -> Result<Done> {
        let other = self.user(by, with, field).await?;
        let (conversation, created) = self.find_or_make_direct(by, &other).await?;
        Ok(Done::Conversation { conversation, created })
    }

    pub(super) async fn find_or_make_direct(&mut self, by: By, other: &User) -> Result<(Arc<Conversation>, bool)> {
        let key = direct_key(by.user, other.id);
        if let Some(found) = self.by_pair(&key) {
            return Ok((found, false));
        }
        let mut row = self.blank(ConversationKind::Direct, "");
        let id = *row.id.as_ref();
        row.direct_key = Set(Some(key.clone()));
        let taken = OnConflict::column(conversation::Column::DirectKey).do_nothing().to_owned();
        let insert = conversation::Entity::insert(row).on_conflict(taken);
        let created = insert.exec_without_returning(self.txn).await.map_err(db)? > 0;
        if created {
            self.insert_member(id, by.user, "member", 0, self.now).await?;
            self.insert_member(id, other.id, "member", 0, self.now).await?;
        }
        let mut direct = Sql::new("direct_key = ");
        direct.bind(key.as_str());
        self.admit(direct).await?;
        let conversation = self.by_pair(&key).ok_or_else(|| Error::internal("a direct conversation is gone"))?;
        if created {
            let to = conversation.peers.iter().map(|user| user.id).collect();
            self.announce(ConversationChange::Created, &conversation, to).await?;
        }
        Ok((conversation, created))
    }

    pub(super) async fn find_or_make_assistant(&mut self, by: By) -> Result<Arc<Conversation>> {
        if let Some(found) = self.assistants.get(&by.user).and_then(|id| self.conversation(*id)) {
            return Ok(found);
        }
        let mut row = self.blank(ConversationKind::Assistant, "Assistant");
        let id = *row.id.as_ref();
        row.owner_id = Set(Some(by.user));
        // another node may make it at the same time: there is one for each user
        let insert = conversation::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        let created = insert.exec_without_returning(self.txn).await.map_err(db)? > 0;
        if created {
            self.insert_member(id, by.user, "owner", 0, self.now).await?;
        }
        let mut theirs = Sql::new("kind = 'assistant' AND owner_id = ");
        theirs.bind(by.user);
        self.admit(theirs).await?;
        let found = self.assistants.get(&by.user).and_then(|id| self.conversation(*id));
        let conversation = found.ok_or_else(|| Error::internal("a conversation with the assistant is gone"))?;
        if created {
            self.announce(ConversationChange::Created, &conversation, vec![by.user]).await?;
        }
        Ok(conversation)
    }

    pub(super) async fn create_room(&mut self, by: By, name: &str, description: Option<&str>) -> Result<Done> {
        let mut row = self.blank(ConversationKind::Room, name);
        row.owner_id = Set(Some(by.user));
        row.description = Set(description.map(str::to_owned));
        let conversation = self.found(row, &[(by.user, "owner")]).await?;
        self.announce(ConversationChange::Created, &conversation, vec![by.user]).await?;
        Ok(Done::Conversation { conversation, created: true })
    }

    fn room(&self, id: ConversationId) -> Result<Arc<Conversation>> {
        self.conversation(id).filter(|found| found.kind == ConversationKind::Room).ok_or_else(room_not_found)
    }

    pub(super) async fn add_member(&mut self, by: By, room: ConversationId, user: &UserRef) -> Result<Done> {
        let room = self.room(room)?;
        self.allow(by, &room, Act::AddMember, room_not_found).await?;
        let user = self.user(by, user, "userId").await?;
        let others = self.roster(room.id).await?;
        if others.set.contains(&user.id) {
            return Ok(Done::Conversation { conversation: room, created: false });
        }
        let at = self.touched(&room);
        self.insert_member(room.id, user.id, "member", self.last_seq(room.id), at).await?;
        let room = self.touch(&room, at, room.owner.as_ref().map(|owner| owner.id)).await?;
        self.announce(ConversationChange::Created, &room, vec![user.id]).await?;
        self.announce(ConversationChange::Updated, &room, others.ids.to_vec()).await?;
        Ok(Done::Conversation { conversation: room, created: false })
    }

    /// Moves `updated_at`, by which lists of members are known to be old.
    async fn touch(
        &mut self,
        room: &Conversation,
        at: time::OffsetDateTime,
        owner: Option<UserId>,
    ) -> Result<Arc<Conversation>> {
        conversation::Entity::update_many()
            .col_expr(conversation::Column::UpdatedAt, Expr::value(entity::Timestamp::from(at)))
            .col_expr(conversation::Column::OwnerId, Expr::value(owner))
            .filter(conversation::Column::Id.eq(room.id))
            .exec(self.txn)
            .await
            .map_err(db)?;
        self.reload(room.id).await
    }

    pub(super) async fn remove_member(&mut self, by: By, room: ConversationId, user: &UserRef) -> Result<Done> {
        let room = self.room(room)?;
        let user = self.user(by, user, "userId").await;
        let oneself = user.as_ref().is_ok_and(|user| user.id == by.user);
        self.allow(by, &room, if oneself { Act::Leave } else { Act::RemoveOthers }, room_not_found).await?;
        let user = user?;
        let members = self.roster(room.id).await?;
        if !members.set.contains(&user.id) {
            return Err(Error::not_found("NOT_A_MEMBER", format!("{} is not a member of this room", user.username)));
        }
        let rest: Vec<UserId> = members.ids.iter().copied().filter(|id| *id != user.id).collect();
        self.announce(ConversationChange::Left, &room, vec![user.id]).await?;
        let Some(&longest) = rest.first() else { return self.remove(&room).await };
        conversation_member::Entity::delete_by_id((room.id, user.id)).exec(self.txn).await.map_err(db)?;
        let owner = room.owner.as_ref().map(|owner| owner.id).filter(|owner| *owner != user.id).unwrap_or(longest);
        if Some(owner) != room.owner.as_ref().map(|owner| owner.id) {
            self.insert_member(room.id, owner, "owner", 0, self.now).await?;
        }
        let at = self.touched(&room);
        let room = self.touch(&room, at, Some(owner)).await?;
        self.announce(ConversationChange::Updated, &room, rest).await?;
        Ok(Done::Conversation { conversation: room, created: false })
    }

    /// Deletes a conversation with everything in it.
    pub(super) async fn remove(&mut self, conversation: &Arc<Conversation>) -> Result<Done> {
        let members = self.members(conversation).await?;
        self.announce(ConversationChange::Deleted, conversation, members.to_vec()).await?;
        conversation::Entity::delete_by_id(conversation.id).exec(self.txn).await.map_err(db)?;
        self.forget(conversation);
        Ok(Done::Removed)
    }

    pub(super) async fn create_channel(
        &mut self,
        by: By,
        name: &str,
        slug: &str,
        description: Option<&str>,
    ) -> Result<Done> {
        let taken = || {
            let message = format!("There is a channel {slug} already: choose another name.");
            Error::conflict("CHANNEL_EXISTS", "Channel exists", message).field("name")
        };
        if self.by_slug(slug).is_some() {
            return Err(taken());
        }
        let mut row = self.blank(ConversationKind::Channel, name);
        let id = *row.id.as_ref();
        row.owner_id = Set(Some(by.user));
        row.slug = Set(Some(slug.to_owned()));
        row.description = Set(description.map(str::to_owned));
        let once = OnConflict::column(conversation::Column::Slug).do_nothing().to_owned();
        let insert = conversation::Entity::insert(row).on_conflict(once);
        if insert.exec_without_returning(self.txn).await.map_err(db)? == 0 {
            return Err(taken());
        }
        let conversation = self.reload(id).await?;
        self.announce(ConversationChange::Created, &conversation, vec![by.user]).await?;
        Ok(Done::Conversation { conversation, created: true })
    }

    pub(super) async fn delete_channel(&mut self, by: By, slug: &str) -> Result<Done> {
        let channel = self.by_slug(slug).ok_or_else(channel_not_found)?;
        if channel.id == conversation::GENERAL_CHANNEL_ID {
            let message = "The channel general is always there: it cannot be deleted.";
            return Err(Error::conflict("CHANNEL_PROTECTED", "Channel cannot be deleted", message));
        }
        self.allow(by, &channel, Act::Remove, channel_not_found).await?;
        self.remove(&channel).await
    }
}
