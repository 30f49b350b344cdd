use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix::{Addr, WrapFuture};
use bytestring::ByteString;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use uuid::Uuid;

use super::*;
use crate::domain::event::Event;
use crate::domain::user::Role;
use crate::wire::{Dialect, Encoded};

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const LIMITS: Limits = Limits { per_user: 3, per_address: 2 };

/// Takes what the hub sends to a socket, unless it stands still.
struct Reader {
    queued: Arc<AtomicUsize>,
    received: mpsc::UnboundedSender<Outbound>,
    stalled: bool,
}

impl Actor for Reader {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // as a socket has it
        ctx.set_mailbox_capacity(256);
        if self.stalled {
            ctx.wait(std::future::pending::<()>().into_actor(self));
        }
    }
}

impl Handler<Outbound> for Reader {
    type Result = ();

    fn handle(&mut self, message: Outbound, _: &mut Self::Context) {
        match &message {
            Outbound::Text(text) | Outbound::Passing(Passing { text, .. }) => {
                _ = self.queued.fetch_sub(text.len(), Ordering::Relaxed)
            }
            Outbound::Stored(run) => _ = self.queued.fetch_sub(run.size, Ordering::Relaxed),
            _ => {}
        }
        self.received.send(message).unwrap();
    }
}

/// One socket as the hub sees it.
struct Client {
    id: ClientId,
    addr: Addr<Reader>,
    queued: Arc<AtomicUsize>,
    inbox: UnboundedReceiver<Outbound>,
}

impl Client {
    fn new() -> Self {
        Self::reading(true)
    }

    fn reading(reads: bool) -> Self {
        let queued = Arc::<AtomicUsize>::default();
        let (received, inbox) = unbounded_channel();
        let addr = Reader { queued: queued.clone(), received, stalled: !reads }.start();
        Self { id: ClientId::random().unwrap(), addr, queued, inbox }
    }

    fn registration(&self, owner: Option<Owner>) -> Register {
        let outbox = Outbox::new(self.addr.clone().recipient(), self.queued.clone());
        Register { client_id: self.id, dialect: Dialect::Coach, owner, address: ADDRESS, outbox, returning: false }
    }

    async fn next(&mut self) -> Outbound {
        self.inbox.recv().await.unwrap()
    }

    /// What has come by now, after all that is under way.
    async fn received(&mut self) -> Vec<Outbound> {
        self.addr.send(Outbound::Drop).await.unwrap();
        let mut received = Vec::new();
        while let Ok(message) = self.inbox.try_recv() {
            received.push(message);
        }
        assert_eq!(received.pop(), Some(Outbound::Drop));
        received
    }
}

fn owner(user: UserId, session: u128) -> Owner {
    Owner { user, sid: Uuid::from_u128(session), role: Role::Customer }
}

/// The only node.
fn alone() -> Vicinity {
    Vicinity { shared: false, relay: Relay::none() }
}

fn hub_of(online: &Online) -> (Hub, UnboundedReceiver<Notice>) {
    let (departures, departed) = unbounded_channel();
    (Hub::new(LIMITS, alone(), online.clone(), departures, Tombstone::unguarded()), departed)
}

fn hub() -> (Hub, UnboundedReceiver<Notice>) {
    hub_of(&Online::default())
}

fn joined(hub: &mut Hub, owner: Option<Owner>) -> Client {
    let client = Client::new();
    hub.register(client.registration(owner)).unwrap();
    client
}

fn progress(owner: UserId, step: &str) -> Event {
    let job = json!({"job_id": Uuid::nil(), "upload_id": 3, "status": "chunking", "progress": 30, "current_step": step,
        "error_message": null, "attempt": 1, "created_at": "2026-11-20T09:30:00.000Z",
        "updated_at": "2026-11-20T09:30:01.000Z", "completed_at": null});
    Event::JobProgressed { owner, job: serde_json::from_value(job).unwrap() }
}

fn text_for(event: &Event, user: UserId) -> ByteString {
    let reader = crate::wire::Reader { user, is_staff: false };
    Encoded::new(event, &|_| false).text(Dialect::Coach, reader).unwrap()
}

fn text_of(event: &Event) -> Outbound {
    Outbound::Text(text_for(event, 1))
}

#[test]
fn client_ids_are_random_and_read_as_written() {
    let id = ClientId::random().unwrap();
    assert_ne!(id, ClientId::random().unwrap());
    assert_eq!(id.to_string().parse::<ClientId>().unwrap(), id);
    for bad in ["", "nobody", &"0".repeat(31), &"0".repeat(34), &"g".repeat(32)] {
        assert!(bad.parse::<ClientId>().is_err(), "{bad}");
    }
}

#[actix::test]
async fn a_job_is_told_to_all_sockets_of_its_owner_and_to_no_other() {
    let (mut hub, _departed) = hub();
    let mut clients = [1, 1, 2].map(|user| joined(&mut hub, Some(owner(user, 1))));
    let mut stranger = joined(&mut hub, None);
    let event = progress(1, "Chunking text");
    hub.publish(&event);
    let received = [clients[0].received().await, clients[1].received().await];
    assert_eq!(received, [vec![text_of(&event)], vec![text_of(&event)]]);
    assert!(clients[2].received().await.is_empty() && stranger.received().await.is_empty());
}

#[actix::test]
async fn there_are_bounds_for_a_user_and_for_a_signed_out_address() {
    let (mut hub, _departed) = hub();
    let clients: Vec<_> = (0..3).map(|_| joined(&mut hub, Some(owner(1, 1)))).collect();
    let _others: Vec<_> = (0..2).map(|_| joined(&mut hub, None)).collect();
    for full in [Some(owner(1, 2)), None] {
        let error = hub.register(Client::new().registration(full)).unwrap_err();
        assert_eq!((error.kind, error.code), (crate::domain::error::Kind::RateLimited, "TOO_MANY_SOCKETS"));
    }
    assert!(hub.register(Client::new().registration(Some(owner(2, 3)))).is_ok());
    let returning = Client::new();
    assert!(hub.register(Register { returning: true, ..returning.registration(Some(owner(1, 1))) }).is_ok());
    hub.forget(clients[0].id);
    hub.forget(clients[1].id);
    assert!(hub.register(Client::new().registration(Some(owner(1, 2)))).is_ok());
}

#[actix::test]
async fn signing_in_moves_a_socket_from_its_address_to_its_user() {
    let online = Online::default();
    let (mut hub, _departed) = hub_of(&online);
    let clients: Vec<_> = (0..2).map(|_| joined(&mut hub, None)).collect();
    hub.identify(clients[0].id, owner(7, 1)).unwrap();
    assert!(hub.registry.admits(None, ADDRESS).is_ok());
    assert!(online.contains(7));
    let _more: Vec<_> = (0..2).map(|_| joined(&mut hub, Some(owner(7, 1)))).collect();
    assert!(hub.identify(clients[1].id, owner(7, 2)).is_err());
    // the same user with another session: no further socket
    hub.identify(clients[0].id, owner(7, 2)).unwrap();
    let counts = Counts { connected_clients: 4, authenticated_users: 1, conversations_with_listeners: 0 };
    assert_eq!(hub.registry.counts(), counts);
    assert!(hub.identify(ClientId::random().unwrap(), owner(8, 1)).is_ok());
}

#[actix::test]
async fn the_last_socket_takes_its_user_along_and_a_late_goodbye_hits_nobody() {
    let online = Online::default();
    let (mut hub, mut departed) = hub_of(&online);
    let [first, second] = [joined(&mut hub, Some(owner(1, 1))), joined(&mut hub, Some(owner(1, 1)))];
    hub.forget(first.id);
    hub.forget(first.id);
    assert!(departed.try_recv().is_err() && online.contains(1));
    hub.forget(second.id);
    assert_eq!(departed.try_recv(), Ok(Notice::Departed(1)));
    assert!(!online.contains(1));
}

#[actix::test]
async fn an_end_of_sessions_closes_those_sockets_only() {
    for (which, closed) in [
        (Which::Session(Uuid::from_u128(1)), [true, false, false]),
        (Which::AllOfBut(1, Uuid::from_u128(1)), [false, true, false]),
        (Which::AllOf(1), [true, true, false]),
    ] {
        let (mut hub, _departed) = hub();
        let clients = [owner(1, 1), owner(1, 2), owner(2, 3)].map(|owner| joined(&mut hub, Some(owner)));
        hub.end_sessions(which, "TOKEN_REVOKED");
        for (mut client, closed) in clients.into_iter().zip(closed) {
            let last = Outbound::Close(Closing { code: 1008, reason: "TOKEN_REVOKED" });
            assert_eq!(client.received().await, if closed { vec![last] } else { vec![] }, "{which:?}");
            assert_eq!(hub.registry.get(client.id).is_none(), closed);
        }
    }
}

#[actix::test]
async fn only_ones_own_socket_can_be_dropped() {
    let (mut hub, _departed) = hub();
    let mut mine = joined(&mut hub, Some(owner(1, 1)));
    let stranger = joined(&mut hub, None);
    assert!(!hub.drop_socket(mine.id, 2) && !hub.drop_socket(stranger.id, 1));
    assert!(hub.drop_socket(mine.id, 1) && !hub.drop_socket(mine.id, 1));
    assert_eq!(mine.next().await, Outbound::Drop);
}

#[actix::test]
async fn a_slow_reader_is_dropped_and_the_others_get_everything() {
    let (mut hub, _departed) = hub();
    let (slow, mut fast) = (Client::reading(false), joined(&mut hub, Some(owner(1, 1))));
    hub.register(slow.registration(Some(owner(1, 1)))).unwrap();
    let event = progress(1, &"x".repeat(Outbox::MAX_QUEUED / 3));
    for (sent, kept) in [(1, true), (2, true), (3, false), (4, false)] {
        hub.publish(&event);
        assert_eq!(fast.next().await, text_of(&event));
        assert_eq!(hub.registry.get(slow.id).is_some(), kept, "after {sent} events");
    }
    assert!(hub.registry.get(fast.id).is_some());
}

#[actix::test]
async fn a_full_mailbox_is_an_overflow_and_still_takes_the_last_message() {
    let client = Client::new();
    let outbox = client.registration(None).outbox;
    let text = ByteString::from_static("{}");
    // nothing is taken out before this task waits
    let taken = (0..1000).take_while(|_| outbox.offer(&text).is_ok()).count();
    assert!(taken < 1000);
    assert_eq!(client.queued.load(Ordering::Relaxed), taken * text.len());
    outbox.end(Outbound::Close(Closing::SLOW));
    let mut client = client;
    for _ in 0..taken {
        assert_eq!(client.next().await, Outbound::Text(text.clone()));
    }
    assert_eq!(client.next().await, Outbound::Close(Closing::SLOW));
    assert_eq!(client.queued.load(Ordering::Relaxed), 0);
}

#[actix::test]
async fn a_drain_goes_in_waves_and_nobody_comes_any_more() {
    let (mut hub, _departed) = hub();
    let mut clients: Vec<_> = (0..5).map(|user| joined(&mut hub, Some(owner(user, 1)))).collect();
    hub.draining = true;
    assert!(hub.wave(3));
    assert_eq!(hub.registry.counts().connected_clients, 2);
    assert!(!hub.wave(3));
    for client in &mut clients {
        assert_eq!(client.next().await, Outbound::Close(Closing::DRAINING));
    }
    assert_eq!(hub.register(Client::new().registration(None)).unwrap_err().code, "DRAINING");
}

#[actix::test]
async fn a_restarted_hub_knows_who_is_online_until_it_is_clear_who_left() {
    let (departures, mut departed) = unbounded_channel();
    let online = Online::default();
    let mut first = Hub::new(LIMITS, alone(), online.clone(), departures.clone(), Tombstone::unguarded());
    let clients = [joined(&mut first, Some(owner(1, 1))), joined(&mut first, Some(owner(2, 1)))];
    drop(first);
    let mut second = Hub::new(LIMITS, alone(), online.clone(), departures, Tombstone::unguarded());
    assert!(online.contains(1) && online.contains(2));
    second.register(clients[0].registration(Some(owner(1, 1)))).unwrap();
    second.settle();
    assert_eq!((online.all().len(), online.contains(1), departed.try_recv()), (1, true, Ok(Notice::Departed(2))));
}

#[actix::test]
async fn after_a_panic_the_hub_lives_and_takes_registrations_again() {
    let (departures, _departed) = unbounded_channel();
    let peers = HubPeers::start(LIMITS, alone(), departures);
    let mut client = Client::new();
    peers.register(client.registration(Some(owner(1, 1)))).await.unwrap();
    let mut generations = peers.incarnation();
    assert!(peers.inject_panic.ask(InjectPanic).await.is_err());
    // asked while the hub is away, and answered by the next incarnation
    let again = Register { returning: true, ..client.registration(Some(owner(1, 1))) };
    peers.register(again).await.unwrap();
    assert!(generations.has_changed().unwrap() && generations.borrow_and_update().eq(&1));
    let event = progress(1, "Chunking text");
    peers.publish.ask(Publish(Arc::new(event.clone()))).await.unwrap();
    assert_eq!(client.next().await, text_of(&event));
}

mod channels;
mod memory;
mod nodes;

mod conversations {
    use std::time::Instant;

    use time::OffsetDateTime;

    use super::*;
    use crate::domain::ConversationId;
    use crate::domain::conversation::{Conversation, ConversationKind};
    use crate::domain::event::{ConversationChange, ConversationChanged, Overview, Stored, What};
    use crate::domain::message::{Message, MessageType, Reactions, Sender};
    use crate::domain::user::User;

    pub(super) const ROOM: ConversationId = Uuid::from_u128(7);

    pub(super) fn user(id: UserId, role: Role) -> Arc<User> {
        Arc::new(User {
            id,
            username: format!("user{id}"),
            name: "User".into(),
            email: String::new(),
            role,
            avatar: None,
            away: false,
            disabled: false,
            created_at: OffsetDateTime::UNIX_EPOCH,
        })
    }

    pub(super) fn conversation(kind: ConversationKind, agent: Option<UserId>) -> Arc<Conversation> {
        Arc::new(Conversation {
            id: ROOM,
            kind,
            title: "Tea".into(),
            description: None,
            slug: None,
            owner: None,
            customer: (kind == ConversationKind::Support).then(|| user(1, Role::Customer)),
            agent: agent.map(|id| user(id, Role::Agent)),
            pair: None,
            peers: vec![],
            status: None,
            status_before: None,
            last_seq: 0,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        })
    }

    fn overview(conversation: Arc<Conversation>) -> Arc<Overview> {
        Arc::new(Overview { conversation, members: vec![], last_message: None, unread: None })
    }

    /// A message of user 1 to the room of 1 and 2.
    pub(super) fn posted(seq: i64) -> Event {
        let message = Message {
            id: Uuid::from_u128(seq.unsigned_abs().into()),
            conversation_id: ROOM,
            seq,
            updated_seq: seq,
            sender: Sender::User(user(1, Role::Customer)),
            msg_type: MessageType::Text,
            content: "Hi".into(),
            metadata: None,
            reply_to: None,
            session_id: None,
            reactions: Reactions::new(),
            edited: false,
            deleted: false,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        };
        let what = What::Posted { message: Arc::new(message), client_msg_id: Some(format!("m{seq}")) };
        Event::Stored(Stored {
            conversation: conversation(ConversationKind::Room, None),
            seq,
            members: [1, 2].into(),
            what,
        })
    }

    pub(super) fn changed(change: ConversationChange, to: Vec<UserId>) -> Event {
        let overview = overview(conversation(ConversationKind::Room, None));
        Event::ConversationChanged(ConversationChanged { change, to, overview })
    }

    pub(super) fn listens(hub: &mut Hub, client: &Client) -> bool {
        hub.subscribe(Subscribe { client_id: client.id, conversation: ROOM, entrance: None })
    }

    /// The places of what a client is told, and whom it acknowledges.
    pub(super) async fn places(client: &mut Client) -> Vec<(i64, Option<UserId>)> {
        let received = client.received().await;
        let runs = received.into_iter().filter_map(|message| match message {
            Outbound::Stored(run) => Some(run),
            _ => None,
        });
        let place = |event: &Numbered| (event.seq, event.ack.as_ref().map(|(sender, _)| *sender));
        runs.flat_map(|run| run.events.iter().map(place).collect::<Vec<_>>()).collect()
    }

    #[actix::test]
    async fn who_listens_hears_everything_in_order_and_only_the_sender_is_acknowledged() {
        let (mut hub, _notices) = hub();
        let mut clients = [1, 2, 2].map(|id| joined(&mut hub, Some(owner(id, 1))));
        let stranger = joined(&mut hub, None);
        assert!(listens(&mut hub, &clients[0]) && listens(&mut hub, &clients[1]) && !listens(&mut hub, &stranger));
        assert_eq!(hub.counts().conversations_with_listeners, 1);
        for seq in 1..=3 {
            hub.publish(&posted(seq));
        }
        assert_eq!(places(&mut clients[0]).await, [(1, Some(1)), (2, Some(1)), (3, Some(1))]);
        assert_eq!(places(&mut clients[1]).await, [(1, Some(1)), (2, Some(1)), (3, Some(1))]);
        assert!(places(&mut clients[2]).await.is_empty());
        assert!(hub.unsubscribe(ROOM, clients[0].id) && !hub.unsubscribe(ROOM, clients[0].id));
        hub.forget(clients[1].id);
        assert_eq!(hub.counts().conversations_with_listeners, 0);
    }

    #[actix::test]
    async fn news_are_for_members_with_a_socket_that_does_not_listen() {
        let (mut hub, mut notices) = hub();
        let (first, _second) = (joined(&mut hub, Some(owner(1, 1))), joined(&mut hub, Some(owner(2, 1))));
        listens(&mut hub, &first);
        hub.publish(&posted(1));
        hub.publish(&posted(2));
        hub.tell_news(Instant::now());
        let news = notices.try_recv().unwrap();
        assert_eq!(news, Notice::Unheard(News { members: vec![(ROOM, vec![2])], being_told: Arc::default() }));
        hub.tell_news(Instant::now());
        assert!(notices.try_recv().is_err());
        // what comes while they are told is collected, so that nothing piles up before a database that is slow
        hub.publish(&posted(3));
        hub.tell_news(Instant::now());
        assert!(notices.try_recv().is_err());
        drop(news);
        hub.tell_news(Instant::now());
        assert!(matches!(notices.try_recv(), Ok(Notice::Unheard(_))));
    }

    #[actix::test]
    async fn what_was_stored_together_comes_together_and_what_ends_access_stays_between() {
        let (mut hub, _notices) = hub();
        let mut client = joined(&mut hub, Some(owner(1, 1)));
        listens(&mut hub, &client);
        let events = [posted(1), posted(2), changed(ConversationChange::Left, vec![1]), posted(3)];
        hub.publish_all(&events.map(Arc::new));
        let received = client.received().await;
        let [Outbound::Stored(run), Outbound::Text(left)] = &received[..] else { panic!("{received:?}") };
        assert_eq!(run.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2]);
        assert!(left.contains("removed"));
    }

    #[actix::test]
    async fn a_run_that_is_larger_than_what_may_wait_comes_in_pieces() {
        let (mut hub, _notices) = hub();
        let mut client = joined(&mut hub, Some(owner(1, 1)));
        listens(&mut hub, &client);
        let long = |seq| match posted(seq) {
            Event::Stored(Stored { conversation, seq, members, what: What::Posted { message, client_msg_id } }) => {
                // the longest that JSON makes of a message
                let message = Arc::new(Message { content: "\u{1}".repeat(16_384), ..Message::clone(&message) });
                Arc::new(Event::Stored(Stored {
                    conversation,
                    seq,
                    members,
                    what: What::Posted { message, client_msg_id },
                }))
            }
            event => Arc::new(event),
        };
        hub.publish_all(&(1..=8).map(long).collect::<Vec<_>>());
        let received = client.received().await;
        let sizes = received.iter().map(|message| match message {
            Outbound::Stored(run) => run.size,
            other => panic!("{other:?}"),
        });
        assert!(sizes.clone().all(|size| size < Outbox::MAX_QUEUED / 4) && sizes.sum::<usize>() > 700_000);
        assert_eq!(received.len(), 8);
    }

    #[actix::test]
    async fn who_left_hears_that_and_nothing_after_it() {
        let (mut hub, _notices) = hub();
        let mut clients = [1, 2].map(|id| joined(&mut hub, Some(owner(id, 1))));
        clients.iter().for_each(|client| assert!(listens(&mut hub, client)));
        hub.publish(&changed(ConversationChange::Left, vec![2]));
        hub.publish(&posted(1));
        assert_eq!(places(&mut clients[0]).await, [(1, Some(1))]);
        let received = clients[1].received().await;
        assert!(matches!(&received[..], [Outbound::Text(text)] if text.contains("removed")), "{received:?}");
        hub.publish(&changed(ConversationChange::Deleted, vec![1]));
        assert_eq!(hub.counts().conversations_with_listeners, 0);
    }

    #[actix::test]
    async fn a_chat_that_is_given_to_an_agent_is_closed_to_the_other_agents() {
        let (mut hub, _notices) = hub();
        let staff = |id, role| Some(Owner { role, ..owner(id, 1) });
        let customer = joined(&mut hub, Some(owner(1, 1)));
        let others = [staff(2, Role::Agent), staff(3, Role::Agent), staff(4, Role::SuperAgent)];
        let others = others.map(|owner| joined(&mut hub, owner));
        for client in others.iter().chain([&customer]) {
            listens(&mut hub, client);
        }
        let chat = conversation(ConversationKind::Support, Some(2));
        let what = What::Assigned { overview: overview(chat.clone()) };
        hub.publish(&Event::Stored(Stored { conversation: chat, seq: 1, members: [1, 2].into(), what }));
        let listening: Vec<_> = others.iter().map(|client| hub.interest.contains(ROOM, client.id)).collect();
        assert_eq!(listening, [true, false, true]);
    }

    #[actix::test]
    async fn typing_goes_to_the_others_and_is_not_repeated() {
        let (mut hub, _notices) = hub();
        let mut clients = [1, 2].map(|id| joined(&mut hub, Some(owner(id, 1))));
        clients.iter().for_each(|client| assert!(listens(&mut hub, client)));
        for _ in 0..2 {
            hub.publish(&Event::Typing { conversation: ROOM, user: 1, typing: true });
        }
        assert_eq!((clients[0].received().await.len(), clients[1].received().await.len()), (0, 1));
    }

    #[actix::test]
    async fn who_was_removed_types_no_more() {
        let (mut hub, _notices) = hub();
        let mut clients = [1, 2].map(|id| joined(&mut hub, Some(owner(id, 1))));
        clients.iter().for_each(|client| assert!(listens(&mut hub, client)));
        let types = |client: &Client, typing| Type { client_id: client.id, conversation: ROOM, typing };
        assert!(hub.types(types(&clients[1], true)));
        assert_eq!(clients[0].received().await.len(), 1);
        hub.publish(&changed(ConversationChange::Left, vec![2]));
        assert!(!hub.types(types(&clients[1], false)));
        assert!(clients[0].received().await.is_empty());
    }

    #[actix::test]
    async fn presence_is_told_once_to_staff_and_acquaintances() {
        let (mut hub, mut notices) = hub();
        let agent = Some(Owner { role: Role::Agent, ..owner(9, 1) });
        let mut clients =
            [Some(owner(1, 1)), Some(owner(2, 1)), Some(owner(3, 1)), agent].map(|owner| joined(&mut hub, owner));
        hub.tell_news(Instant::now() + Duration::from_secs(1));
        let mut asked: Vec<_> = std::iter::from_fn(|| notices.try_recv().ok()).collect();
        asked.sort_by_key(|notice| format!("{notice:?}"));
        assert_eq!(asked, [1, 2, 3, 9].map(Notice::Presence));
        let event =
            Event::PresenceChanged { user: user(1, Role::Customer), is_online: true, audience: [1, 2, 9].into() };
        hub.publish(&event);
        hub.publish(&event);
        let mut heard = Vec::new();
        for client in &mut clients {
            heard.push(client.received().await.len());
        }
        assert_eq!(heard, [0, 1, 0, 1]);
    }
}
