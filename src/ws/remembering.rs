//! What a socket does for its session's memory: has it again what an earlier socket of the user had, and leaves it to the next.

use std::sync::Arc;

use actix::{ActorFutureExt, AsyncContext, WrapFuture};
use actix_web::web::Data;

use super::apart::apart;
use super::socket::{Context, Socket};
use crate::actors::hub::{Memory, Reach};
use crate::domain::UserId;
use crate::domain::error::Result;
use crate::services::matching::Matcher;
use crate::services::memory::{Restored, Successor};
use crate::state::AppState;

impl Socket {
    pub(super) fn restore(&mut self, user: UserId, ctx: &mut Context) {
        let memories = self.state.memories.clone();
        let may = async move { memories.may_restore(user).await };
        ctx.spawn(may.into_actor(self).map(move |may, socket, ctx| {
            if may {
                socket.restore_kept(user, ctx);
            } else {
                let client_id = socket.client_id;
                socket.step(ctx, |core, now| core.on_restored(client_id, user, None, now));
            }
        }));
    }

    fn restore_kept(&mut self, user: UserId, ctx: &mut Context) {
        let (state, client_id, resumes) = (self.state.clone(), self.client_id, self.resumes.take());
        let restored = async move { restore(&state, user, &client_id.to_string(), resumes.as_deref()).await };
        ctx.spawn(apart(restored).into_actor(self).map(move |restored, socket, ctx| {
            let matcher = restored.unwrap_or_else(|error| {
                tracing::warn!(user_id = user, %error, "memory not restored");
                None
            });
            socket.has_memory |= matcher.is_some();
            socket.step(ctx, |core, now| core.on_restored(client_id, user, matcher, now));
        }));
    }

    /// The socket is gone: nodes that cannot see that are told in the database.
    pub(super) fn leave_memory(&self) {
        let Some(user) = self.core.user().filter(|_| self.has_memory) else { return };
        // without a runtime the process ends, and with it all its sockets
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (memories, client_id) = (self.state.memories.clone(), self.client_id.to_string());
        runtime.spawn(async move {
            if let Err(error) = memories.release(user, &client_id).await {
                tracing::warn!(user_id = user, %error, "memory not released");
            }
        });
    }
}

async fn restore(
    state: &Data<AppState>,
    user: UserId,
    client_id: &str,
    resumes: Option<&str>,
) -> Result<Option<Arc<Matcher>>> {
    let is_open = async |other: &str| state.hub.is_open(other, user).await;
    let successor = Successor { user, client_id, resumes };
    let Some(Restored { matcher, from }) = state.memories.restore(successor, is_open).await? else { return Ok(None) };
    // a client that names its predecessor may be quicker than the end of that one: it belongs to one socket
    if let Ok(from) = from.parse()
        && let Some(old) = state.hub.reach(Reach { client_id: from, user }).await?
    {
        old.outbox.remember(Memory { by: user, matcher: None }).await;
    }
    Ok(Some(matcher))
}
