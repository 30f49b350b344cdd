//! The hub as the rest of the node knows it: the ways to its messages, over its restarts.

use std::time::Duration;

use actix::Message;
use tokio::sync::{mpsc, watch};

#[cfg(test)]
use super::InjectPanic;
use super::{
    ClientId, Count, CountChannels, Declared, Drain, DropSocket, EndSessions, Filled, Hub, Identify, Import, Limits,
    Neighbour, Notice, Online, Placed, PresenceMoved, Publish, PublishAll, Reach, Reached, Register, Subscribe, Sweep,
    Swept, Type, Unregister, Unsubscribe, Vicinity, Which,
};
use crate::actors::guard::{Guarded, Peer, keep};
use crate::domain::error::{Error, Result};
use crate::domain::{ConversationId, UserId};

/// How long somebody who asks the hub while it is restarted waits for the next incarnation.
const RESTART_WAIT: Duration = Duration::from_secs(2);

/// The hub as the rest of the node knows it.
#[derive(Clone)]
pub struct HubPeers {
    register: Peer<Register>,
    identify: Peer<Identify>,
    reach: Peer<Reach>,
    unregister: Peer<Unregister>,
    subscribe: Peer<Subscribe>,
    unsubscribe: Peer<Unsubscribe>,
    types: Peer<Type>,
    pub publish: Peer<Publish>,
    pub publish_all: Peer<PublishAll>,
    pub presence_moved: Peer<PresenceMoved>,
    pub count_channels: Peer<CountChannels>,
    pub import: Peer<Import>,
    neighbour: Peer<Neighbour>,
    pub declared: Peer<Declared>,
    pub sweep: Peer<Sweep>,
    pub filled: Peer<Filled>,
    pub swept: Peer<Swept>,
    placed: Peer<Placed>,
    /// Whether other nodes write into the same database.
    shared: bool,
    end_sessions: Peer<EndSessions>,
    pub count: Peer<Count>,
    pub drop_socket: Peer<DropSocket>,
    pub drain: Peer<Drain>,
    #[cfg(test)]
    pub inject_panic: Peer<InjectPanic>,
    /// Who has a socket, without asking the hub.
    pub online: Online,
    generations: watch::Receiver<u64>,
}

impl HubPeers {
    /// Starts the hub and keeps it alive. `notices` tells what it wants read or written in the database.
    /// Must be called inside an actix system.
    pub fn start(limits: Limits, vicinity: Vicinity, notices: mpsc::UnboundedSender<Notice>) -> Self {
        let online = Online::default();
        let (seen, shared) = (online.clone(), vicinity.shared);
        let hub =
            keep("hub", move |tombstone| Hub::new(limits, vicinity.clone(), seen.clone(), notices.clone(), tombstone));
        Self::of(&hub, online, shared)
    }

    fn of(hub: &Guarded<Hub>, online: Online, shared: bool) -> Self {
        Self {
            register: hub.peer(),
            identify: hub.peer(),
            reach: hub.peer(),
            unregister: hub.peer(),
            subscribe: hub.peer(),
            unsubscribe: hub.peer(),
            types: hub.peer(),
            publish: hub.peer(),
            publish_all: hub.peer(),
            presence_moved: hub.peer(),
            count_channels: hub.peer(),
            import: hub.peer(),
            neighbour: hub.peer(),
            declared: hub.peer(),
            sweep: hub.peer(),
            filled: hub.peer(),
            swept: hub.peer(),
            placed: hub.peer(),
            shared,
            end_sessions: hub.peer(),
            count: hub.peer(),
            drop_socket: hub.peer(),
            drain: hub.peer(),
            #[cfg(test)]
            inject_panic: hub.peer(),
            online,
            generations: hub.generations(),
        }
    }

    /// Changes once the present hub has given way to a fresh one, which knows nobody: whoever is about to register takes
    /// this first.
    pub fn incarnation(&self) -> watch::Receiver<u64> {
        let mut generations = self.generations.clone();
        generations.mark_unchanged();
        generations
    }

    /// See [`Register`].
    pub async fn register(&self, message: Register) -> Result<()> {
        self.ask(&self.register, message).await?
    }

    /// See [`Identify`].
    pub async fn identify(&self, message: Identify) -> Result<()> {
        self.ask(&self.identify, message).await?
    }

    /// See [`Reach`].
    pub async fn reach(&self, message: Reach) -> Result<Option<Reached>> {
        self.ask(&self.reach, message).await
    }

    /// Whether a socket that its user calls by this name is open on this node.
    pub async fn is_open(&self, client_id: &str, user: UserId) -> Result<bool> {
        let Ok(client_id) = client_id.parse() else { return Ok(false) };
        Ok(self.reach(Reach { client_id, user }).await?.is_some())
    }

    /// See [`Subscribe`].
    pub async fn subscribe(&self, message: Subscribe) -> Result<bool> {
        self.ask(&self.subscribe, message).await
    }

    /// See [`Unsubscribe`].
    pub async fn unsubscribe(&self, message: Unsubscribe) -> Result<bool> {
        self.ask(&self.unsubscribe, message).await
    }

    /// See [`Type`].
    pub async fn types(&self, message: Type) -> Result<bool> {
        self.ask(&self.types, message).await
    }

    /// See [`Neighbour`].
    pub async fn neighbour(&self, message: Neighbour) -> Result<()> {
        self.ask(&self.neighbour, message).await
    }

    /// See [`Placed`]: one for each subscription, without which its conversation would stand still.
    pub fn placed(&self, conversation: ConversationId, last_seq: i64) {
        if self.shared {
            self.placed.insist(Placed { conversation, last_seq });
        }
    }

    /// See [`Unregister`]: one for each socket. Gets lost with the hub only, which then does not know the socket any more.
    pub fn unregister(&self, client_id: ClientId) {
        self.unregister.insist(Unregister(client_id));
    }

    /// See [`EndSessions`]: one for each change that was stored. Gets lost with the hub only; then the sessions, registering
    /// again, look by themselves whether they go on.
    pub fn end_sessions(&self, which: Which, reason: &'static str) {
        self.end_sessions.insist(EndSessions { which, reason });
    }

    /// Asks, and if the hub ends meanwhile, once more the next incarnation.
    async fn ask<M>(&self, peer: &Peer<M>, message: M) -> Result<M::Result>
    where
        M: Message + Clone + Send + 'static,
        M::Result: Send,
    {
        let mut generations = self.incarnation();
        if let Ok(answer) = peer.ask(message.clone()).await {
            return Ok(answer);
        }
        // an error here is a timeout; then the second question fails as well
        let _ = tokio::time::timeout(RESTART_WAIT, generations.changed()).await;
        peer.ask(message).await.map_err(|_| {
            Error::unavailable(
                "HUB_AWAY",
                "The server is restarting a part of itself: try again in a moment.",
                RESTART_WAIT,
            )
        })
    }
}
