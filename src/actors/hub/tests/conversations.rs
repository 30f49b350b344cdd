//! What listeners and members hear of a conversation.

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
