//! One method for each thing that can be changed: starts it, and waits until it is stored.

use std::sync::Arc;

use serde_json::Value;

use super::Conversations;
use crate::domain::change::{By, Done, Draft, Posted, Scope, Wish};
use crate::domain::conversation::{ChatStatus, Conversation, description, slug, title};
use crate::domain::error::{Error, Kind, Result};
use crate::domain::message::Message;
use crate::domain::user::UserRef;
use crate::domain::{ConversationId, MessageId};

fn odd(done: &Done) -> Error {
    Error::internal(format!("a change came out as another one: {done:?}"))
}

/// Somebody else may have been quicker.
fn gone_is_fine(done: Result<()>) -> Result<()> {
    done.or_else(|error| if error.kind == Kind::NotFound { Ok(()) } else { Err(error) })
}

impl Conversations {
    async fn write(&self, by: By, wish: Wish) -> Result<Done> {
        self.start(by, wish)?.await
    }

    async fn conversation_of(&self, by: By, wish: Wish) -> Result<(Arc<Conversation>, bool)> {
        match self.write(by, wish).await? {
            Done::Conversation { conversation, created } => Ok((conversation, created)),
            done => Err(odd(&done)),
        }
    }

    async fn message_of(&self, by: By, wish: Wish) -> Result<(Arc<Conversation>, Arc<Message>)> {
        match self.write(by, wish).await? {
            Done::Message { conversation, message, .. } => Ok((conversation, message)),
            done => Err(odd(&done)),
        }
    }

    async fn removed(&self, by: By, wish: Wish) -> Result<()> {
        match self.write(by, wish).await? {
            Done::Removed => Ok(()),
            done => Err(odd(&done)),
        }
    }

    /// Posts a message. 404 for whoever may not see the target, 403 for whoever may not write there, 409 if the chat is
    /// closed.
    pub async fn post(&self, by: By, draft: Draft) -> Result<Posted> {
        match self.write(by, Wish::Post(draft)).await? {
            Done::Posted(posted) => Ok(posted),
            done => Err(odd(&done)),
        }
    }

    /// Edits one's own message.
    pub async fn edit(
        &self,
        by: By,
        message: MessageId,
        content: String,
        scope: Scope,
    ) -> Result<(Arc<Conversation>, Arc<Message>)> {
        self.message_of(by, Wish::Edit { message, content, scope }).await
    }

    /// Deletes a message; gives the tombstone.
    pub async fn delete(&self, by: By, message: MessageId, scope: Scope) -> Result<(Arc<Conversation>, Arc<Message>)> {
        self.message_of(by, Wish::Delete { message, scope }).await
    }

    /// Found (false) or made (true).
    pub async fn open_direct(&self, by: By, with: UserRef, field: &'static str) -> Result<(Arc<Conversation>, bool)> {
        self.conversation_of(by, Wish::OpenDirect { with, field }).await
    }

    /// Makes a room, which the caller owns.
    pub async fn create_room(&self, by: By, name: &str, about: Option<String>) -> Result<Arc<Conversation>> {
        let wish = Wish::CreateRoom { name: title(name, 100)?, description: description(about)? };
        Ok(self.conversation_of(by, wish).await?.0)
    }

    /// Adds somebody to the caller's room. Who is in it already stays.
    pub async fn add_member(&self, by: By, room: ConversationId, user: UserRef) -> Result<Arc<Conversation>> {
        Ok(self.conversation_of(by, Wish::AddMember { room, user }).await?.0)
    }

    /// Removes somebody, or leaves. The longest member owns a room whose owner leaves; with the last one it goes: `None`.
    pub async fn remove_member(
        &self,
        by: By,
        room: ConversationId,
        user: UserRef,
    ) -> Result<Option<Arc<Conversation>>> {
        match self.write(by, Wish::RemoveMember { room, user }).await? {
            Done::Conversation { conversation, .. } => Ok(Some(conversation)),
            Done::Removed => Ok(None),
            done => Err(odd(&done)),
        }
    }

    /// Makes a channel, whose slug comes from its name: 409 if it is taken.
    pub async fn create_channel(&self, by: By, name: &str, about: Option<String>) -> Result<Arc<Conversation>> {
        let wish = Wish::CreateChannel { name: title(name, 100)?, slug: slug(name)?, description: description(about)? };
        Ok(self.conversation_of(by, wish).await?.0)
    }

    pub async fn delete_channel(&self, by: By, slug: String) -> Result<()> {
        self.removed(by, Wish::DeleteChannel { slug }).await
    }

    /// Opens a support chat; without an agent it waits for one.
    pub async fn open_chat(&self, by: By, customer: UserRef, agent: Option<UserRef>) -> Result<Arc<Conversation>> {
        Ok(self.conversation_of(by, Wish::OpenChat { customer, agent }).await?.0)
    }

    /// Marks a chat as read; the first agent who joins a waiting one gets it.
    pub async fn join_chat(&self, by: By, chat: ConversationId) -> Result<Arc<Conversation>> {
        Ok(self.conversation_of(by, Wish::JoinChat { chat }).await?.0)
    }

    /// Gives a chat to an agent. Of several agents who take a waiting one the first gets it, the others a 404.
    pub async fn assign_chat(&self, by: By, chat: ConversationId, agent: UserRef) -> Result<Arc<Conversation>> {
        Ok(self.conversation_of(by, Wish::AssignChat { chat, agent }).await?.0)
    }

    pub async fn set_chat_status(&self, by: By, chat: ConversationId, to: ChatStatus) -> Result<Arc<Conversation>> {
        Ok(self.conversation_of(by, Wish::SetChatStatus { chat, status: to }).await?.0)
    }

    /// Restores the status before the archive; 409 if the chat is not archived.
    pub async fn unarchive_chat(&self, by: By, chat: ConversationId) -> Result<Arc<Conversation>> {
        Ok(self.conversation_of(by, Wish::UnarchiveChat { chat }).await?.0)
    }

    pub async fn delete_chat(&self, by: By, chat: ConversationId) -> Result<()> {
        self.removed(by, Wish::DeleteChat { chat }).await
    }

    /// What somebody does before they go for good: leaves rooms, which others own from then on, and closes active chats.
    pub async fn withdraw(&self, by: By) -> Result<()> {
        let (rooms, chats) = self.store.open_ends(by.user).await?;
        for room in rooms {
            let left = self.remove_member(by, room, UserRef::Id(by.user)).await;
            gone_is_fine(left.map(|_| ()))?;
        }
        for chat in chats {
            let closed = self.set_chat_status(by, chat, ChatStatus::Closed).await;
            gone_is_fine(closed.map(|_| ()))?;
        }
        Ok(())
    }

    /// Keeps what somebody asked the assistant, and its answer.
    pub async fn keep_exchange(
        &self,
        by: By,
        question: String,
        answer: String,
        metadata: Value,
        session_id: Option<String>,
    ) -> Result<(Arc<Message>, Arc<Message>)> {
        match self.write(by, Wish::KeepExchange { question, answer, metadata, session_id }).await? {
            Done::Kept(question, answer) => Ok((question, answer)),
            done => Err(odd(&done)),
        }
    }
}
