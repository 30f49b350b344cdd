//! What a socket does for its session's conversations: reads, writes, listens.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

use actix::fut::ActorFuture;
use actix::{ActorFutureExt, AsyncContext, WrapFuture};
use actix_web::web::Data;
use futures_util::FutureExt;
use serde_json::Value;

use super::apart::apart;
use super::session::Subscription;
use super::socket::{Context, Socket};
use crate::actors::hub::{ClientId, Entrance, Subscribe, Type, Unsubscribe};
use crate::domain::ConversationId;
use crate::domain::change::{By, Wish};
use crate::domain::command::Place;
use crate::domain::conversation::{Conversation, not_found};
use crate::domain::error::{Error, Result};
use crate::domain::event::Event;
use crate::domain::user::{User, UserRef};
use crate::services::conversations::{Pending, Recovered};
use crate::state::AppState;

/// A change that is being stored.
pub(super) struct Started {
    pending: Pending,
    name: Option<String>,
    reference: Option<Value>,
}

/// Takes the answers to a socket's changes in the order of the changes, which is that of the answers: one future, however
/// many wait. Ends when none does.
struct Answers;

impl ActorFuture<Socket> for Answers {
    type Output = ();

    fn poll(self: Pin<&mut Self>, socket: &mut Socket, ctx: &mut Context, cx: &mut task::Context<'_>) -> Poll<()> {
        while let Some(Started { pending, .. }) = socket.writes.front_mut() {
            let done = ready!(pending.poll_unpin(cx));
            if let Some(Started { name, reference, .. }) = socket.writes.pop_front() {
                socket.step(ctx, |core, now| core.on_written(name.as_deref(), done, reference.as_ref(), now));
            }
        }
        Poll::Ready(())
    }
}

impl Socket {
    fn by(&self) -> Option<By> {
        self.core.owner().map(By::from)
    }

    /// While it waits, the context takes no frames and no events: their order stays.
    pub(super) fn subscribe(
        &self,
        conversation: ConversationId,
        after_seq: Option<i64>,
        again: bool,
        reference: Option<Value>,
        ctx: &mut Context,
    ) {
        let Some(by) = self.by() else { return };
        let entrance = self.entrances.get(&conversation).map(|entrance| {
            // only a restarted hub does not know that this socket is in the channel
            Arc::new(Entrance { returning: true, ..Entrance::clone(entrance) })
        });
        let subscribe = Subscribe { client_id: self.client_id, conversation, entrance };
        let caught_up = catch_up(self.state.clone(), subscribe, by, after_seq);
        ctx.wait(apart(caught_up).into_actor(self).map(move |caught_up, socket, ctx| {
            let hub = socket.state.hub.clone();
            let online = |user: &User| !user.away && hub.online.contains(user.id);
            socket.step(ctx, |core, now| {
                let subscription = Subscription { conversation, after_seq, again, online: &online };
                let caught_up = caught_up.map(|caught_up| (caught_up.last_seq, caught_up.events));
                core.on_subscribed(&subscription, caught_up, reference.as_ref(), now)
            });
        }));
    }

    /// Waits for the hub, so that a subscription after it is one.
    pub(super) fn unsubscribe(&self, conversation: ConversationId, ctx: &mut Context) {
        let (hub, client_id) = (self.state.hub.clone(), self.client_id);
        let told = async move { hub.unsubscribe(Unsubscribe { client_id, conversation }).await };
        ctx.wait(apart(told).into_actor(self).map(|_, _, _| ()));
    }

    pub(super) fn write(&mut self, wish: Wish, reference: Option<Value>, ctx: &mut Context) {
        let Some(by) = self.by() else { return };
        let name = match &wish {
            Wish::Post(draft) => draft.client_msg_id.clone(),
            _ => None,
        };
        match self.state.conversations.start(by, wish) {
            Ok(pending) => {
                self.writes.push_back(Started { pending, name, reference });
                if self.writes.len() == 1 {
                    ctx.spawn(Answers);
                }
            }
            Err(error) => {
                self.step(ctx, |core, now| core.on_written(name.as_deref(), Err(error), reference.as_ref(), now));
            }
        }
    }

    pub(super) fn keep(&self, wish: Wish) {
        let Some(by) = self.by() else { return };
        match self.state.conversations.start(by, wish) {
            Ok(pending) => drop(actix::spawn(async move {
                if let Err(error) = pending.await {
                    tracing::warn!(user_id = by.user, %error, "exchange with the assistant not kept");
                }
            })),
            Err(error) => tracing::warn!(user_id = by.user, %error, "exchange with the assistant not kept"),
        }
    }

    pub(super) fn embed(&self, question: String, ctx: &mut Context) {
        let memories = self.state.memories.clone();
        let made = async move { memories.vector(&question).await };
        ctx.spawn(apart(made).into_actor(self).map(|vector, socket, ctx| {
            socket.step(ctx, |core, now| core.on_embedded(vector.as_deref(), now));
        }));
    }

    pub(super) fn tell_typing(
        &self,
        conversation: ConversationId,
        typing: bool,
        reference: Option<Value>,
        ctx: &mut Context,
    ) {
        let Some(by) = self.by() else { return };
        let (hub, conversations, client_id) =
            (self.state.hub.clone(), self.state.conversations.clone(), self.client_id);
        let told = async move {
            // whoever listens is allowed to: the hub knows who lost access
            if !hub.types(Type { client_id, conversation, typing }).await? {
                conversations.visible(by, conversation).await?;
                conversations.tell(Event::Typing { conversation, user: by.user, typing });
            }
            Ok::<(), Error>(())
        };
        ctx.wait(apart(told).into_actor(self).map(move |told, socket, ctx| {
            if let Err(error) = told {
                socket.step(ctx, |core, now| core.on_refused(&error, reference.as_ref(), now));
            }
        }));
    }

    pub(super) fn enter(&self, place: Place, reference: Option<Value>, ctx: &mut Context) {
        let Some(by) = self.by() else { return };
        let entered = enter(self.state.clone(), self.client_id, by, place.clone());
        ctx.wait(apart(entered).into_actor(self).map(move |entered, socket, ctx| {
            if let Ok((conversation, Some(entrance))) = &entered {
                socket.entrances.insert(conversation.id, entrance.clone());
            }
            let entered = entered.map(|(conversation, _)| conversation);
            socket.step(ctx, |core, now| {
                core.on_entered(&place, true, entered.as_deref().map_err(Clone::clone), reference.as_ref(), now)
            });
        }));
    }

    pub(super) fn leave(&self, place: Place, reference: Option<Value>, ctx: &mut Context) {
        let Some(by) = self.by() else { return };
        let left = leave(self.state.clone(), self.client_id, by, place.clone());
        ctx.wait(apart(left).into_actor(self).map(move |left, socket, ctx| {
            if let Ok(conversation) = &left {
                socket.entrances.remove(&conversation.id);
            }
            socket.step(ctx, |core, now| {
                core.on_entered(&place, false, left.as_ref().map_err(Clone::clone), reference.as_ref(), now)
            });
        }));
    }
}

/// Interest first, then what the reader may see and what happened: whatever is stored after that comes as an event.
async fn catch_up(state: Data<AppState>, subscribe: Subscribe, by: By, after: Option<i64>) -> Result<Recovered> {
    let conversation = subscribe.conversation;
    // nobody comes to know of a conversation by what they are told before the check: the session passes nothing on yet
    if !state.hub.subscribe(subscribe).await? {
        return Err(not_found());
    }
    let recovered = state.conversations.catch_up(by, conversation, after).await?;
    state.hub.placed(conversation, recovered.last_seq);
    Ok(recovered)
}

/// Where a socket is now, and of a channel whose coming was told.
type Entered = (Arc<Conversation>, Option<Arc<Entrance>>);

async fn enter(state: Data<AppState>, client_id: ClientId, by: By, place: Place) -> Result<Entered> {
    let (conversation, entrance) = match place {
        Place::Chat(chat) => (state.conversations.join_chat(by, chat).await?, None),
        Place::Channel(slug) => {
            let user = state.conversations.user(&UserRef::Id(by.user)).await?.ok_or_else(not_found)?;
            let channel = Arc::new(state.conversations.channel(&slug).await?);
            let clock = state.store.clock().clone();
            (channel, Some(Arc::new(Entrance { slug, user: Arc::new(user), clock, returning: false })))
        }
    };
    state.hub.subscribe(Subscribe { client_id, conversation: conversation.id, entrance: entrance.clone() }).await?;
    // whoever lost access between the two is not told of it by the hub
    match state.conversations.visible(by, conversation.id).await {
        Ok(now) => state.hub.placed(now.id, now.last_seq),
        Err(error) => {
            state.hub.unsubscribe(Unsubscribe { client_id, conversation: conversation.id }).await?;
            return Err(error);
        }
    }
    Ok((conversation, entrance))
}

async fn leave(state: Data<AppState>, client_id: ClientId, by: By, place: Place) -> Result<Conversation> {
    let conversation = match &place {
        Place::Chat(chat) => state.conversations.chat(by, *chat).await?,
        Place::Channel(slug) => state.conversations.channel(slug).await?,
    };
    let left = state.hub.unsubscribe(Unsubscribe { client_id, conversation: conversation.id }).await?;
    match place {
        Place::Channel(_) if !left => {
            let message = "This socket is not in the channel: join it first.";
            Err(Error::conflict("NOT_IN_CHANNEL", "Not in the channel", message))
        }
        Place::Channel(_) | Place::Chat(_) => Ok(conversation),
    }
}
