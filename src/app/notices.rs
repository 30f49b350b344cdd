//! What the hub wants read or written in the database: it has none itself.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::actors::hub::{HubPeers, News, Notice, PublishAll};
use crate::domain::error::Result;
use crate::domain::event::Event;
use crate::domain::{ConversationId, UserId};
use crate::services::accounts::Accounts;
use crate::services::conversations::Conversations;

/// Users or conversations of one query.
const TOGETHER: usize = 256;

/// Answers notices as long as the hub lives. Those that came while others were answered are answered together.
pub fn answer(
    accounts: Accounts,
    conversations: Conversations,
    hub: HubPeers,
    mut notices: mpsc::UnboundedReceiver<Notice>,
) {
    let clerk = Clerk { accounts, conversations, hub };
    actix_web::rt::spawn(async move {
        let mut waiting = Vec::new();
        while notices.recv_many(&mut waiting, 4096).await > 0 {
            let Sorted { departed, moved, news } = Sorted::of(waiting.drain(..));
            for users in departed.chunks(TOGETHER) {
                failed(clerk.accounts.come_back(users).await);
            }
            for users in moved.chunks(TOGETHER) {
                failed(clerk.presence(users).await);
            }
            for news in news {
                for unheard in news.members.chunks(TOGETHER) {
                    failed(clerk.unheard(unheard).await);
                }
            }
        }
    });
}

fn failed(answered: Result<()>) {
    if let Err(error) = answered {
        tracing::warn!(%error, "what the hub asked for is not answered");
    }
}

/// Notices by kind, each user once.
struct Sorted {
    departed: Vec<UserId>,
    moved: Vec<UserId>,
    news: Vec<News>,
}

impl Sorted {
    fn of(notices: impl Iterator<Item = Notice>) -> Self {
        let mut sorted = Self { departed: Vec::new(), moved: Vec::new(), news: Vec::new() };
        for notice in notices {
            match notice {
                Notice::Departed(user) => sorted.departed.push(user),
                Notice::Presence(user) => sorted.moved.push(user),
                Notice::Unheard(news) => sorted.news.push(news),
            }
        }
        once(&mut sorted.departed);
        once(&mut sorted.moved);
        sorted
    }
}

fn once<T: Copy + Eq + Hash>(items: &mut Vec<T>) {
    let mut seen = HashSet::new();
    items.retain(|item| seen.insert(*item));
}

struct Clerk {
    accounts: Accounts,
    conversations: Conversations,
    hub: HubPeers,
}

impl Clerk {
    async fn presence(&self, users: &[UserId]) -> Result<()> {
        let people = self.accounts.people(users).await?;
        let mut acquaintances = self.conversations.acquaintances(users).await?;
        let event = |id: &UserId| {
            let user = people.get(id)?.clone();
            let is_online = !user.away && self.hub.online.contains(*id);
            let audience = acquaintances.remove(id).unwrap_or_default().into();
            Some(Event::PresenceChanged { user, is_online, audience })
        };
        self.tell(users.iter().filter_map(event).collect()).await;
        Ok(())
    }

    async fn unheard(&self, unheard: &[(ConversationId, Vec<UserId>)]) -> Result<()> {
        let mut events = Vec::new();
        for (overview, to) in self.conversations.news(unheard).await? {
            let overview = Arc::new(overview);
            events.extend(to.into_iter().map(|to| Event::Unheard { to, overview: overview.clone() }));
        }
        self.tell(events).await;
        Ok(())
    }

    async fn tell(&self, events: Vec<Event>) {
        // a hub that is being restarted tells the present state by itself
        let _ = self.hub.publish_all.ask(PublishAll(events.into_iter().map(Arc::new).collect())).await;
    }
}
