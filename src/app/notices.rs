//! What the hub wants read or written in the database: it has none itself.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::actors::hub::{Filled, HubPeers, News, Notice, PublishAll, Swept, Which};
use crate::domain::change::By;
use crate::domain::clock::Clock;
use crate::domain::error::Result;
use crate::domain::event::Event;
use crate::domain::{ConversationId, UserId};
use crate::services::accounts::Accounts;
use crate::services::conversations::Conversations;

/// So long the database is left alone after it did not answer.
const RETRY: Duration = Duration::from_secs(1);
/// After news were told, the database is left alone for so many times as long as that took: what is posted comes first.
const RESTS: u32 = 4;
/// Users or conversations of one query.
const TOGETHER: usize = 256;
/// Questions about what other nodes did that are answered at once: they must not take all connections to the database.
const AT_ONCE: usize = 3;
/// Messages so young may not have been told to those who hear without asking. Longer than a sweep takes to come round, and
/// than the clocks of the nodes differ.
const RECENT: Duration = Duration::from_secs(120);

/// Answers notices as long as the hub lives. Those that came while others were answered are answered together.
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
        // what the database did not answer: nobody else asks it, so it would stay untold
        let mut again: Vec<Notice> = Vec::new();
        loop {
            if again.is_empty() {
                if notices.recv_many(&mut waiting, 4096).await == 0 {
                    break;
                }
            } else {
                tokio::time::sleep(RETRY).await;
                waiting.append(&mut again);
                while let Ok(notice) = notices.try_recv() {
                    waiting.push(notice);
                }
                if notices.is_closed() {
                    break;
                }
            }
            let Sorted { departed, moved, news, apart } = Sorted::of(waiting.drain(..));
            for notice in apart {
                // it is answered as long as there is a clerk
                let _ = elsewhere.send(notice);
            }
            for users in departed.chunks(TOGETHER) {
                if failed(clerk.accounts.come_back(users).await) {
                    again.extend(users.iter().copied().map(Notice::Departed));
                }
            }
            for users in moved.chunks(TOGETHER) {
                if failed(clerk.presence(users).await) {
                    again.extend(users.iter().copied().map(Notice::Presence));
                }
            }
            for news in news {
                let begun = Instant::now();
                if failed(clerk.all_unheard(&news).await) {
                    again.push(Notice::Unheard(news));
                } else {
                    rest(news, begun.elapsed() * RESTS);
                }
            }
        }
    });
}

/// Lets the hub collect for as long before it asks for the next news.
fn rest(news: News, pause: Duration) {
    actix_web::rt::spawn(async move {
        tokio::time::sleep(pause).await;
        drop(news);
    });
}

fn failed(answered: Result<()>) -> bool {
    if let Err(error) = &answered {
        tracing::warn!(%error, "what the hub asked for is not answered");
    }
    answered.is_err()
}

/// Notices by kind, each user once.
struct Sorted {
    departed: Vec<UserId>,
    moved: Vec<UserId>,
    news: Vec<News>,
    /// About other nodes: answered apart from the others, as some of them take long.
    apart: Vec<Notice>,
}

impl Sorted {
    fn of(notices: impl Iterator<Item = Notice>) -> Self {
        let mut sorted = Self { departed: Vec::new(), moved: Vec::new(), news: Vec::new(), apart: Vec::new() };
        for notice in notices {
            match notice {
                Notice::Departed(user) => sorted.departed.push(user),
                Notice::Presence(user) => sorted.moved.push(user),
                Notice::Unheard(news) => sorted.news.push(news),
                notice @ (Notice::Missing(_) | Notice::Sweep { .. }) => sorted.apart.push(notice),
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
        actix_web::rt::spawn(async move {
            let answer = async |notice| {
                // what it does not find now, the next sweep finds
                failed(self.answer_about_nodes(notice).await);
            };
            asked.for_each_concurrent(AT_ONCE, answer).await;
        });
        ask
    }

    async fn answer_about_nodes(&self, notice: Notice) -> Result<()> {
        match notice {
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
            Notice::Departed(_) | Notice::Presence(_) | Notice::Unheard(_) => Ok(()),
        }
    }

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

    async fn all_unheard(&self, news: &News) -> Result<()> {
        for unheard in news.members.chunks(TOGETHER) {
            self.unheard(unheard).await?;
        }
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
