use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::domain::ConversationId;
use crate::domain::clock::Clock;
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::event::{ConversationChange, ConversationChanged, Overview};
use crate::domain::user::User;

use super::departures::TOLD;

const TEA: ConversationId = Uuid::from_u128(7);

fn user(id: UserId) -> Arc<User> {
    let (username, name, email) = (format!("user{id}"), "User".into(), format!("user{id}@example.com"));
    let (role, created_at) = (Role::Customer, OffsetDateTime::UNIX_EPOCH);
    Arc::new(User { id, username, name, email, role, avatar: None, away: false, disabled: false, created_at })
}

/// A socket of the channels dialect that came into the channel.
fn inside(hub: &mut Hub, id: UserId, returning: bool) -> Client {
    let client = Client::new();
    let dialect = Dialect::Channels { masked: false };
    hub.register(Register { dialect, ..client.registration(Some(owner(id, 1))) }).unwrap();
    enter(hub, &client, id, returning);
    client
}

fn enter(hub: &mut Hub, client: &Client, id: UserId, returning: bool) {
    let clock = Clock::manual(datetime!(2026-11-20 09:30 UTC));
    let entrance = Some(Arc::new(Entrance { slug: "tea".into(), user: user(id), clock, returning }));
    assert!(hub.subscribe(Subscribe { client_id: client.id, conversation: TEA, entrance }));
}

fn deleted() -> Event {
    let conversation = Conversation {
        id: TEA,
        kind: ConversationKind::Channel,
        title: "Tea".into(),
        description: None,
        slug: Some("tea".into()),
        owner: None,
        customer: None,
        agent: None,
        pair: None,
        peers: vec![],
        status: None,
        status_before: None,
        last_seq: 0,
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
    };
    let conversation = Arc::new(conversation);
    let overview = Overview { conversation, members: vec![], last_message: None, unread: None };
    let (change, to) = (ConversationChange::Deleted, vec![]);
    Event::ConversationChanged(ConversationChanged { change, to, overview: Arc::new(overview) })
}

/// What a socket was told, and of whom.
async fn told(client: &mut Client) -> Vec<(String, String)> {
    let frame = |message| match message {
        Outbound::Text(text) | Outbound::Passing(Passing { text, .. }) => {
            let frame: Value = serde_json::from_str(&text).unwrap();
            let field = |name: &str| frame[name].as_str().unwrap().to_owned();
            (field("type"), field("user_email"))
        }
        other => panic!("no frame: {other:?}"),
    };
    client.received().await.into_iter().map(frame).collect()
}

fn said(frames: &[(&str, UserId)]) -> Vec<(String, String)> {
    frames.iter().map(|(kind, id)| ((*kind).to_owned(), format!("user{id}@example.com"))).collect()
}

#[actix::test]
async fn coming_twice_is_told_to_oneself_and_going_to_everybody() {
    let (mut hub, _notices) = hub();
    let mut first = inside(&mut hub, 1, false);
    let mut second = inside(&mut hub, 2, false);
    // sockets of the other dialects are not counted
    let _coach = joined(&mut hub, Some(owner(3, 1)));
    let counts = ChannelCounts { clients: 2, channels: HashMap::from([("tea".to_owned(), 2)]) };
    assert_eq!(hub.count_channels(), counts);
    enter(&mut hub, &second, 2, false);
    hub.unsubscribe(TEA, second.id);
    let joined = [("channel_joined", 1), ("channel_joined", 2), ("channel_left", 2)];
    assert_eq!(told(&mut first).await, said(&joined));
    assert_eq!(told(&mut second).await, said(&[joined[1], joined[1], joined[2]]));
}

#[actix::test]
async fn whoever_was_there_before_a_restart_comes_back_unheard() {
    let (mut hub, _notices) = hub();
    let mut first = inside(&mut hub, 1, true);
    let second = inside(&mut hub, 2, true);
    assert_eq!(hub.interest.channels(), HashMap::from([("tea".to_owned(), 2)]));
    hub.forget(second.id);
    assert_eq!(told(&mut first).await, said(&[("channel_left", 2)]));
}

#[actix::test]
async fn a_crowd_that_is_cut_off_at_once_is_told_of_bit_by_bit_and_drops_nobody() {
    const CROWD: i64 = 300;
    let (mut hub, _notices) = hub();
    let mut watcher = inside(&mut hub, 1, true);
    let mut crowd: Vec<_> = (2..2 + CROWD).map(|id| inside(&mut hub, id, true)).collect();
    // a second socket of somebody, who leaves with both
    let mut twin = inside(&mut hub, 2 + CROWD - 1, true);
    // an actor has its mailbox from its start on
    for client in crowd.iter_mut().chain([&mut watcher, &mut twin]) {
        assert!(told(client).await.is_empty());
    }
    crowd.iter().chain([&twin]).for_each(|client| drop(hub.forget(client.id)));
    let mut left = told(&mut watcher).await;
    assert_eq!(left.len(), TOLD);
    // one comes back before it was said that they were gone: only they are told
    let mut back = inside(&mut hub, 2 + CROWD - 2, false);
    assert_eq!(told(&mut back).await, said(&[("channel_joined", 2 + CROWD - 2)]));
    assert!(told(&mut watcher).await.is_empty());
    for _ in 0..CROWD as usize / TOLD {
        hub.tell_news(Instant::now());
        let more = told(&mut watcher).await;
        assert!(more.len() <= TOLD);
        left.extend(more);
    }
    let gone = (2..2 + CROWD).filter(|id| *id != 2 + CROWD - 2).map(|id| ("channel_left", id));
    assert_eq!(left, said(&gone.collect::<Vec<_>>()));
    hub.tell_news(Instant::now());
    assert!(told(&mut watcher).await.is_empty());
    assert!(hub.registry.get(watcher.id).is_some());
}

#[actix::test]
async fn when_a_channel_is_deleted_everybody_has_left_it() {
    let (mut hub, _notices) = hub();
    let mut clients = [1, 2].map(|id| inside(&mut hub, id, true));
    hub.publish(&deleted());
    for (client, id) in clients.iter_mut().zip([1, 2]) {
        assert_eq!(told(client).await, said(&[("channel_left", id)]));
    }
    assert!(hub.interest.channels().is_empty());
}
