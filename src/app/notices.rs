//! What the hub wants read or written in the database: it has none itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::actors::hub::{Filled, HubPeers, Notice, PublishAll, Swept, Which};
use crate::domain::change::By;
use crate::domain::clock::Clock;
use crate::domain::error::Result;
use crate::domain::event::Event;
use crate::domain::user::UserRef;
use crate::domain::{ConversationId, UserId};
use crate::services::accounts::Accounts;
use crate::services::conversations::Conversations;

/// Questions about what other nodes did that are answered at once: they must not take all connections to the database.
const AT_ONCE: usize = 3;
/// Messages so young may not have been told to those who hear without asking. Longer than a sweep takes to come round, and
/// than the clocks of the nodes differ.
const RECENT: Duration = Duration::from_secs(120);

/// Answers notices, in their order, as long as the hub lives.
pub fn answer(
    accounts: Accounts,
    conversations: Conversations,
    hub: HubPeers,
    clock: Clock,
    mut notices: mpsc::UnboundedReceiver<Notice>,
) {
    let clerk = Clerk { accounts, conversations, hub, clock };
    let elsewhere = clerk.clone().answer_apart();
    actix_web::rt::spawn(async move {
        let mut waiting = Vec::new();
        while notices.recv_many(&mut waiting, 1024).await > 0 {
            // what is asked twice while the last answers were made is answered once
            let mut seen = HashSet::new();
            let (apart, here): (Vec<_>, Vec<_>) = waiting.drain(..).partition(is_about_other_nodes);
            for notice in apart {
                // it is answered as long as there is a clerk
                let _ = elsewhere.send(notice);
            }
            for notice in here.into_iter().filter(|notice| seen.insert(format!("{notice:?}"))) {
                clerk.attend(notice).await;
            }
        }
    });
}

/// Answered apart from the others, which keep their order: some of them take long.
fn is_about_other_nodes(notice: &Notice) -> bool {
    matches!(notice, Notice::Missing(_) | Notice::Sweep { .. })
}

#[derive(Clone)]
struct Clerk {
    accounts: Accounts,
    conversations: Conversations,
    hub: HubPeers,
    clock: Clock,
}

impl Clerk {
    fn answer_apart(self) -> mpsc::UnboundedSender<Notice> {
        let (ask, asked) = mpsc::unbounded_channel();
        let asked = futures_util::stream::unfold(asked, async |mut asked: mpsc::UnboundedReceiver<Notice>| {
            Some((asked.recv().await?, asked))
        });
        actix_web::rt::spawn(async move { asked.for_each_concurrent(AT_ONCE, |notice| self.attend(notice)).await });
        ask
    }

    async fn attend(&self, notice: Notice) {
        let kind = notice.name();
        if let Err(error) = self.answer(notice).await {
            tracing::warn!(notice = kind, %error, "notice not answered");
        }
    }

    async fn answer(&self, notice: Notice) -> Result<()> {
        match notice {
            Notice::Departed(user) => self.accounts.set_away(user, false).await,
            Notice::Presence(user) => self.presence(user).await,
            Notice::Unheard { conversation, members } => self.unheard(conversation, &members).await,
            Notice::Missing(missing) => {
                let events = self.conversations.missed(missing.conversation, &missing.seqs).await?;
                let events = events.map(|events| events.into_iter().map(Arc::new).collect());
                // a hub that is being restarted has its sockets catch up
                let _ = self.hub.filled.ask(Filled { missing, events }).await;
                Ok(())
            }
            Notice::Sweep { sessions, places, listeners, unasked } => {
                self.end_revoked(sessions).await?;
                self.sweep(places, &listeners, unasked).await
            }
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

    async fn end_revoked(&self, sessions: Vec<Uuid>) -> Result<()> {
        for sid in self.accounts.ended_among(&sessions).await? {
            self.hub.end_sessions(Which::Session(sid), "TOKEN_REVOKED");
        }
        Ok(())
    }

    async fn sweep(
        &self,
        places: Vec<ConversationId>,
        listeners: &[(ConversationId, By)],
        unasked: Option<Duration>,
    ) -> Result<()> {
        let last = self.conversations.last_seqs(&places).await?;
        let places = places.into_iter().map(|id| (id, last.get(&id).copied())).collect();
        let shut_out = self.conversations.shut_out(listeners).await?;
        let recent = match unasked {
            Some(age) => self.conversations.recent(self.clock.now() - age.min(RECENT)).await?,
            None => Vec::new(),
        };
        let _ = self.hub.swept.ask(Swept { places, shut_out, recent }).await;
        Ok(())
    }

    async fn tell(&self, events: Vec<Event>) {
        // a hub that is being restarted tells the present state by itself
        let _ = self.hub.publish_all.ask(PublishAll(events.into_iter().map(Arc::new).collect())).await;
    }
}
