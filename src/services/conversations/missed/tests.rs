use tempfile::TempDir;
use time::macros::datetime;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::*;
use crate::domain::change::{Change, Done, Draft, Scope, Target};
use crate::domain::clock::Clock;
use crate::domain::message::Message;
use crate::domain::user::{Role, UserRef};
use crate::services::conversations::Writer;
use crate::store::{Ledger, NewUser, Store};

/// Writes each change by itself.
struct Straight(Ledger);

impl Writer for Straight {
    fn submit(&self, change: Change) -> Result<oneshot::Receiver<Result<Done>>> {
        let (answer, answered) = oneshot::channel();
        let ledger = self.0.clone();
        tokio::spawn(async move { answer.send(ledger.write(&[change]).await.pop().unwrap().done) });
        Ok(answered)
    }

    fn tell(&self, event: Event) {
        panic!("{event:?}");
    }
}

struct House {
    store: Store,
    conversations: Conversations,
    clock: Clock,
    _folder: TempDir,
}

impl House {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        let clock = Clock::manual(datetime!(2026-11-20 09:30 UTC));
        let store = Store::connect(&url, 4, clock.clone()).await.unwrap();
        store.migrate().await.unwrap();
        let writer = Arc::new(Straight(Ledger::new(store.clone())));
        Self { conversations: Conversations::new(store.clone(), writer, true), store, clock, _folder: folder }
    }

    async fn user(&self, name: &str, role: Role) -> By {
        let new = NewUser {
            username: name.into(),
            name: name.into(),
            email: format!("{name}@example.com"),
            password_hash: String::new(),
            role,
        };
        By { user: self.store.create_user(new).await.unwrap().id, role }
    }

    async fn post(&self, by: By, room: ConversationId, content: &str) -> Arc<Message> {
        let name = Some(format!("name of {content}"));
        let draft = Draft { client_msg_id: name, ..Draft::text(Target::Conversation(room), content) };
        self.conversations.post(by, draft).await.unwrap().message
    }

    /// Each with its `seq` and what it says.
    async fn missed(&self, id: ConversationId, seqs: RangeInclusive<i64>) -> Vec<(i64, String)> {
        let events = self.conversations.missed(id, &seqs).await.unwrap().unwrap();
        let say = |event| match event {
            Event::Stored(Stored { seq, what, .. }) => (seq, say(&what)),
            other => panic!("{other:?}"),
        };
        events.into_iter().map(say).collect()
    }
}

fn say(what: &What) -> String {
    match what {
        What::Posted { message, client_msg_id } => format!("posted {} as {client_msg_id:?}", message.content),
        What::Updated { message } => format!("updated {}", message.content),
        What::Deleted { message } => format!("deleted {}", message.seq),
        What::Assigned { overview } => format!("assigned {:?}", overview.conversation.agent_id()),
        What::StatusChanged { overview } => format!("{:?}", overview.conversation.status),
        other @ What::Reacted { .. } => format!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_missed_is_told_at_its_places_in_its_latest_state() {
    let house = House::open().await;
    let alice = house.user("alice", Role::Customer).await;
    let room = house.conversations.create_room(alice, "Tea", None).await.unwrap().id;
    let [first, second, third] =
        [house.post(alice, room, "a").await, house.post(alice, room, "b").await, house.post(alice, room, "c").await];
    house.conversations.edit(alice, first.id, "A".into(), Scope::Any).await.unwrap();
    house.conversations.delete(alice, second.id, Scope::Any).await.unwrap();
    house.conversations.edit(alice, third.id, "C".into(), Scope::Any).await.unwrap();
    house.conversations.edit(alice, third.id, "CC".into(), Scope::Any).await.unwrap();
    let all = [
        (1, r#"posted A as Some("name of a")"#),
        (3, r#"posted CC as Some("name of c")"#),
        (4, "updated A"),
        (5, "deleted 2"),
        (7, "updated CC"),
    ];
    let all = all.map(|(seq, said)| (seq, said.to_owned()));
    assert_eq!(house.missed(room, 1..=7).await, all);
    assert_eq!(house.missed(room, 4..=6).await, all[2..4]);
    assert!(house.missed(room, 8..=9).await.is_empty());
    assert_eq!(house.conversations.missed(Uuid::nil(), &(1..=2)).await.unwrap(), None);
    let unknown = Uuid::from_u128(1);
    assert_eq!(house.conversations.last_seqs(&[room, unknown]).await.unwrap(), [(room, 7)].into());
}

#[tokio::test]
async fn a_support_chat_tells_who_has_it_and_how_it_stands() {
    let house = House::open().await;
    let (customer, agent) = (house.user("customer", Role::Customer).await, house.user("agent", Role::Agent).await);
    let by_id = |by: By| UserRef::Id(by.user);
    let chat = house.conversations.open_chat(customer, by_id(customer), None).await.unwrap().id;
    house.conversations.assign_chat(agent, chat, by_id(agent)).await.unwrap();
    let assigned = (1, format!("assigned {:?}", Some(agent.user)));
    assert_eq!(house.missed(chat, 1..=1).await, std::slice::from_ref(&assigned));
    house.conversations.set_chat_status(customer, chat, ChatStatus::Closed).await.unwrap();
    assert_eq!(house.missed(chat, 1..=2).await, [assigned, (2, "Some(Closed)".into())]);
    assert_eq!(house.missed(chat, 2..=2).await, [(2, "Some(Closed)".into())]);
}

#[tokio::test]
async fn who_may_not_listen_any_more_is_found() {
    let house = House::open().await;
    let (alice, bob) = (house.user("alice", Role::Customer).await, house.user("bob", Role::Customer).await);
    let room = house.conversations.create_room(alice, "Tea", None).await.unwrap().id;
    let global = crate::store::GLOBAL_ID;
    let gone = Uuid::from_u128(1);
    let listeners = [(room, alice), (room, bob), (global, bob), (gone, alice)];
    let out = house.conversations.shut_out(&listeners).await.unwrap();
    assert_eq!(out, [(room, bob.user), (gone, alice.user)]);
}

#[tokio::test]
async fn conversations_with_recent_messages_are_found() {
    let house = House::open().await;
    let alice = house.user("alice", Role::Customer).await;
    let room = house.conversations.create_room(alice, "Tea", None).await.unwrap().id;
    house.post(alice, room, "long ago").await;
    house.clock.advance(time::Duration::minutes(5));
    let since = house.clock.now();
    assert!(house.conversations.recent(since).await.unwrap().is_empty());
    house.post(alice, room, "just now").await;
    house.post(alice, room, "and again").await;
    let recent = house.conversations.recent(since).await.unwrap();
    assert_eq!(recent, [Recent { conversation: room, first: 2, last: 3 }]);
}
