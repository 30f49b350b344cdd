//! What the hub wants read or written in the database: it has none itself.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::actors::hub::{HubPeers, Notice, PublishAll};
use crate::domain::error::Result;
use crate::domain::event::Event;
use crate::domain::user::UserRef;
use crate::domain::{ConversationId, UserId};
use crate::services::accounts::Accounts;
use crate::services::conversations::Conversations;

/// Answers notices, in their order, as long as the hub lives.
pub fn answer(
    accounts: Accounts,
    conversations: Conversations,
    hub: HubPeers,
    mut notices: mpsc::UnboundedReceiver<Notice>,
) {
    let clerk = Clerk { accounts, conversations, hub };
    actix_web::rt::spawn(async move {
        let mut waiting = Vec::new();
        while notices.recv_many(&mut waiting, 1024).await > 0 {
            // what is asked twice while the last answers were made is answered once
            let mut seen = HashSet::new();
            for notice in waiting.drain(..).filter(|notice| seen.insert(format!("{notice:?}"))) {
                if let Err(error) = clerk.answer(notice.clone()).await {
                    tracing::warn!(?notice, %error, "notice not answered");
                }
            }
        }
    });
}

struct Clerk {
    accounts: Accounts,
    conversations: Conversations,
    hub: HubPeers,
}

impl Clerk {
    async fn answer(&self, notice: Notice) -> Result<()> {
        match notice {
            Notice::Departed(user) => self.accounts.set_away(user, false).await,
            Notice::Presence(user) => self.presence(user).await,
            Notice::Unheard { conversation, members } => self.unheard(conversation, &members).await,
        }
    }

    async fn presence(&self, user: UserId) -> Result<()> {
        let Some(found) = self.accounts.find(&UserRef::Id(user)).await? else { return Ok(()) };
        let is_online = !found.away && self.hub.online.contains(user);
        let audience = self.conversations.acquaintances(user).await?.into();
        self.tell(vec![Event::PresenceChanged { user: Arc::new(found), is_online, audience }]).await;
        Ok(())
    }

    async fn unheard(&self, conversation: ConversationId, members: &[UserId]) -> Result<()> {
        let Some(overview) = self.conversations.news(conversation, members).await? else { return Ok(()) };
        let overview = Arc::new(overview);
        let still = self.conversations.member_ids(&overview.conversation).await?;
        let to = members.iter().filter(|user| still.contains(user));
        self.tell(to.map(|user| Event::Unheard { to: *user, overview: overview.clone() }).collect()).await;
        Ok(())
    }

    async fn tell(&self, events: Vec<Event>) {
        // a hub that is being restarted tells the present state by itself
        let _ = self.hub.publish_all.ask(PublishAll(events.into_iter().map(Arc::new).collect())).await;
    }
}
