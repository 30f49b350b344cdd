mod crowds;
mod reads;

use sea_orm::ConnectionTrait as _;
use serde_json::json;
use time::macros::datetime;

use super::*;
use crate::domain::change::{By, Draft, Posted, Scope, Target};
use crate::domain::clock::Clock;
use crate::domain::conversation::{ChatStatus, Conversation, ConversationKind};
use crate::domain::event::{ConversationChange, Stored, What};
use crate::domain::message::MessageType;
use crate::domain::page::Page;
use crate::domain::user::{Role, UserRef};
use crate::store::testbed::Bed;
use crate::store::{Backend, ConversationFilter, GLOBAL_ID, History, MessageFilter, NewUser};

const PAGE: Page = Page { limit: 50, before: None };

/// A database of its own, on each kind that there is.
struct Desk {
    ledger: Ledger,
    clock: Clock,
    _bed: Bed,
}

impl Desk {
    async fn all() -> Vec<Self> {
        let mut desks = Vec::new();
        for bed in Bed::all() {
            let clock = Clock::manual(datetime!(2026-11-20 09:30 UTC));
            desks.push(Self { ledger: Ledger::new(bed.open(clock.clone()).await), clock, _bed: bed });
        }
        desks
    }

    fn store(&self) -> &Store {
        &self.ledger.store
    }

    async fn user(&self, name: &str, role: Role) -> By {
        let new = NewUser {
            username: name.into(),
            name: name.to_uppercase(),
            email: format!("{name}@example.com"),
            password_hash: String::new(),
            role,
        };
        By { user: self.store().create_user(new).await.unwrap().id, role }
    }

    async fn write(&self, changes: Vec<(By, Wish)>) -> Vec<Written> {
        let changes: Vec<_> = changes.into_iter().map(|(by, wish)| Change { by, wish }).collect();
        self.ledger.write(&changes).await
    }

    async fn one(&self, by: By, wish: Wish) -> Result<Done> {
        self.write(vec![(by, wish)]).await.pop().unwrap().done
    }

    async fn post(&self, by: By, target: Target, content: &str) -> Result<Posted> {
        match self.one(by, Wish::Post(Draft::text(target, content))).await? {
            Done::Posted(posted) => Ok(posted),
            done => panic!("{done:?}"),
        }
    }

    async fn conversation(&self, by: By, wish: Wish) -> Arc<Conversation> {
        match self.one(by, wish).await.unwrap() {
            Done::Conversation { conversation, .. } => conversation,
            done => panic!("{done:?}"),
        }
    }

    async fn room(&self, owner: By, members: &[By]) -> ConversationId {
        let room = self.conversation(owner, Wish::CreateRoom { name: "Tea".into(), description: None }).await.id;
        for member in members {
            self.clock.advance(time::Duration::milliseconds(1));
            self.conversation(owner, Wish::AddMember { room, user: UserRef::Id(member.user) }).await;
        }
        room
    }

    async fn contents(&self, id: ConversationId) -> Vec<(i64, i64, String)> {
        let all = MessageFilter::default();
        let history =
            self.store().history(id, History::After(0), &all, Page { limit: 200, before: None }).await.unwrap();
        history.items.into_iter().map(|message| (message.seq, message.updated_seq, message.content)).collect()
    }
}

fn text(target: Target, content: &str, name: Option<&str>) -> Wish {
    Wish::Post(Draft { client_msg_id: name.map(Into::into), ..Draft::text(target, content) })
}

fn to(user: By) -> Target {
    Target::User { user: UserRef::Id(user.user), field: "to_user_id" }
}

fn seqs(written: &[Written]) -> Vec<i64> {
    let stored = written.iter().flat_map(|one| &one.events).filter_map(|event| match event {
        Event::Stored(Stored { seq, .. }) => Some(*seq),
        _ => None,
    });
    stored.collect()
}

fn code<T>(result: Result<T>) -> &'static str {
    result.err().map_or("ok", |error| error.code)
}

#[tokio::test]
async fn a_batch_of_many_posts_takes_gapless_places_in_their_order() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let post = |n: i32| {
            (if n % 2 == 0 { alice } else { bob }, text(Target::Conversation(GLOBAL_ID), &n.to_string(), None))
        };
        let written = desk.write((0..150).map(post).collect()).await;
        assert_eq!(seqs(&written), (1..=150).collect::<Vec<_>>());
        let stored = desk.contents(GLOBAL_ID).await;
        let wanted: Vec<_> = (0..150).map(|n| (n + 1, n + 1, n.to_string())).collect();
        assert_eq!(stored, wanted);
        assert_eq!(desk.store().conversation(GLOBAL_ID).await.unwrap().unwrap().last_seq, 150);
    }
}

#[tokio::test]
async fn a_name_is_stored_once_within_a_batch_and_after_it() {
    for desk in Desk::all().await {
        let alice = desk.user("alice", Role::Customer).await;
        let global = || Target::Conversation(GLOBAL_ID);
        let wishes = [("one", "a"), ("one", "a"), ("other", "a"), ("two", "b")];
        let wishes = wishes.map(|(content, name)| (alice, text(global(), content, Some(name))));
        let mut written = desk.write(wishes.into()).await;
        written.extend(
            desk.write(vec![(alice, text(global(), "one", Some("a"))), (alice, text(global(), "x", Some("b")))]).await,
        );
        let outcomes: Vec<_> = written
            .iter()
            .map(|one| match &one.done {
                Ok(Done::Posted(posted)) => (posted.message.seq, posted.replayed, "ok"),
                Ok(done) => panic!("{done:?}"),
                Err(error) => (0, false, error.code),
            })
            .collect();
        let reused = (0, false, "CLIENT_MSG_ID_REUSED");
        assert_eq!(outcomes, [(1, false, "ok"), (1, true, "ok"), reused, (2, false, "ok"), (1, true, "ok"), reused]);
        assert_eq!(desk.contents(GLOBAL_ID).await.len(), 2);
    }
}

#[tokio::test]
async fn what_is_refused_in_a_batch_is_refused_alone() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let room = desk.room(alice, &[]).await;
        let nobody = Target::User { user: UserRef::Name("nobody".into()), field: "recipient" };
        let wishes = vec![
            (alice, text(Target::Room(room), "in", None)),
            (bob, text(Target::Room(room), "out", None)),
            (bob, text(nobody, "lost", None)),
            (By { user: 999, role: Role::Customer }, text(Target::Conversation(GLOBAL_ID), "erased", None)),
            (alice, text(Target::Room(room), "again", None)),
        ];
        let codes: Vec<_> = desk.write(wishes).await.into_iter().map(|one| code(one.done)).collect();
        assert_eq!(codes, ["ok", "ROOM_NOT_FOUND", "USER_NOT_FOUND", "ACCOUNT_GONE", "ok"]);
        assert_eq!(desk.contents(room).await, [(1, 1, "in".into()), (2, 2, "again".into())]);
    }
}

#[tokio::test]
async fn a_batch_that_the_database_refuses_is_written_one_by_one() {
    for desk in Desk::all().await {
        let alice = desk.user("alice", Role::Customer).await;
        // what no check of ours refuses: the database has its own rule for a while
        let rule = match desk.store().backend() {
            Backend::Sqlite => {
                "CREATE TRIGGER rule BEFORE INSERT ON chat_messages WHEN new.content = 'bad'
                 BEGIN SELECT RAISE(ABORT, 'rule'); END"
            }
            Backend::Postgres => "ALTER TABLE chat_messages ADD CONSTRAINT rule CHECK (content <> 'bad')",
        };
        desk.store().write.execute_unprepared(rule).await.unwrap();
        let wishes =
            ["good", "bad", "fine"].map(|content| (alice, text(Target::Conversation(GLOBAL_ID), content, None)));
        let codes: Vec<_> = desk.write(wishes.into()).await.into_iter().map(|one| code(one.done)).collect();
        assert_eq!(codes, ["ok", "INTERNAL", "ok"]);
        assert_eq!(desk.contents(GLOBAL_ID).await, [(1, 1, "good".into()), (2, 2, "fine".into())]);
    }
}

#[tokio::test]
async fn a_direct_conversation_is_made_once_whoever_begins() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let written = desk.write(vec![(alice, text(to(bob), "hi", None)), (bob, text(to(alice), "ho", None))]).await;
        let ids: HashSet<_> = written
            .iter()
            .map(|one| match &one.done {
                Ok(Done::Posted(posted)) => posted.conversation.id,
                done => panic!("{done:?}"),
            })
            .collect();
        assert_eq!(ids.len(), 1);
        assert!(matches!(&written[0].events[0], Event::ConversationChanged(changed)
        if changed.change == ConversationChange::Created && changed.to.len() == 2));
        let oneself = desk.post(alice, to(alice), "note").await.unwrap().conversation;
        assert_eq!((oneself.peers.len(), oneself.kind), (1, ConversationKind::Direct));
    }
}

#[tokio::test]
async fn every_change_of_a_message_takes_a_place_and_catching_up_finds_it() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let posted = desk.post(alice, to(bob), "one").await.unwrap();
        let (id, message) = (posted.conversation.id, posted.message.id);
        desk.post(alice, to(bob), "two").await.unwrap();
        let react = |remove| Wish::React { message, emoji: "👍".into(), remove };
        for (by, wish, wanted) in [
            (bob, Wish::Edit { message, content: "x".into(), scope: Scope::Any }, "FORBIDDEN"),
            (alice, Wish::Edit { message, content: "edited".into(), scope: Scope::Channels }, "MESSAGE_NOT_FOUND"),
            (alice, Wish::Edit { message, content: "edited".into(), scope: Scope::Any }, "ok"),
            (bob, react(false), "ok"),
            (bob, react(false), "ok"),
        ] {
            assert_eq!(code(desk.one(by, wish.clone()).await), wanted, "{wish:?}");
        }
        let caught = desk.store().catch_up(id, Some(2)).await.unwrap().unwrap();
        let events = caught.events.unwrap();
        assert_eq!((caught.last_seq, events.len(), events[0].updated_seq), (4, 1, 4));
        assert_eq!((events[0].content.as_str(), events[0].reactions["👍"].clone()), ("edited", vec![bob.user]));
        assert_eq!(code(desk.one(bob, Wish::Delete { message, scope: Scope::Any }).await), "FORBIDDEN");
        assert_eq!(code(desk.one(alice, Wish::Delete { message, scope: Scope::Any }).await), "ok");
        assert_eq!(code(desk.one(alice, Wish::Delete { message, scope: Scope::Any }).await), "MESSAGE_NOT_FOUND");
        let tombstone = desk.store().message(message).await.unwrap().unwrap();
        assert!(tombstone.deleted && tombstone.content.is_empty() && tombstone.reactions.is_empty());
        assert_eq!(desk.contents(id).await, [(2, 2, "two".into()), (1, 5, String::new())]);
        assert_eq!(desk.store().catch_up(id, Some(5)).await.unwrap().unwrap().events, Some(vec![]));
    }
}

#[tokio::test]
async fn the_name_that_an_idempotency_key_gives_stores_a_message_once_and_is_not_told() {
    for desk in Desk::all().await {
        let alice = desk.user("alice", Role::Customer).await;
        let name = crate::domain::message::keyed_name(&"0a".repeat(32));
        let post = |content| (alice, text(Target::Conversation(GLOBAL_ID), content, Some(&name)));
        let written = desk.write(vec![post("once"), post("once")]).await;
        let [Event::Stored(Stored { what: What::Posted { client_msg_id: None, .. }, .. })] = &written[0].events[..]
        else {
            panic!("{written:?}")
        };
        assert!(matches!(&written[1].done, Ok(Done::Posted(posted)) if posted.replayed));
        assert_eq!(desk.contents(GLOBAL_ID).await, [(1, 1, "once".into())]);
        let missed = desk.store().changes(GLOBAL_ID, &(1..=1)).await.unwrap();
        assert!(matches!(&missed[..], [(_, None)]));
    }
}

#[tokio::test]
async fn a_reply_is_to_a_message_of_the_same_conversation_even_if_that_is_deleted() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let carol = desk.user("carol", Role::Customer).await;
        let asked = desk.post(alice, to(bob), "one").await.unwrap();
        let (direct, elsewhere) =
            (asked.conversation.id, desk.post(alice, Target::Conversation(GLOBAL_ID), "all").await);
        let elsewhere = elsewhere.unwrap().message.id;
        desk.one(alice, Wish::Delete { message: asked.message.id, scope: Scope::Any }).await.unwrap();
        let reply = |target, id| {
            Wish::Post(Draft { reply_to: Some(id), client_msg_id: Some("r".into()), ..Draft::text(target, "reply") })
        };
        for (by, target, id, wanted) in [
            (bob, to(alice), uuid::Uuid::now_v7(), "MESSAGE_NOT_FOUND"),
            (bob, to(alice), elsewhere, "MESSAGE_NOT_FOUND"),
            (bob, Target::Conversation(direct), elsewhere, "MESSAGE_NOT_FOUND"),
            (bob, to(carol), elsewhere, "MESSAGE_NOT_FOUND"),
            // whoever sees nothing of a conversation learns nothing of its messages
            (carol, Target::Conversation(direct), elsewhere, "CONVERSATION_NOT_FOUND"),
            (bob, to(alice), asked.message.id, "ok"),
            (bob, Target::Conversation(direct), asked.message.id, "ok"),
        ] {
            assert_eq!(code(desk.one(by, reply(target.clone(), id)).await), wanted, "{target:?} {id}");
        }
        // a conversation that a refused reply would have begun was not made
        assert!(matches!(
            desk.one(bob, Wish::OpenDirect { with: UserRef::Id(carol.user), field: "user" }).await,
            Ok(Done::Conversation { created: true, .. })
        ));
    }
}

#[tokio::test]
async fn more_than_three_hundred_changes_are_not_told_but_counted() {
    for desk in Desk::all().await {
        let alice = desk.user("alice", Role::Customer).await;
        for _ in 0..2 {
            let posts = (0..151).map(|n| (alice, text(Target::Conversation(GLOBAL_ID), &n.to_string(), None)));
            desk.write(posts.collect()).await;
        }
        let caught = desk.store().catch_up(GLOBAL_ID, Some(1)).await.unwrap().unwrap();
        assert_eq!((caught.last_seq, caught.events), (302, None));
        let caught = desk.store().catch_up(GLOBAL_ID, Some(2)).await.unwrap().unwrap();
        assert_eq!(caught.events.map(|events| events.len()), Some(300));
    }
}

#[tokio::test]
async fn who_was_removed_from_a_room_writes_no_more_even_if_the_list_was_cached() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let room = desk.room(alice, &[bob]).await;
        assert_eq!(code(desk.post(bob, Target::Room(room), "in").await), "ok");
        // all within one millisecond: the cached list is of the same time
        desk.one(alice, Wish::RemoveMember { room, user: UserRef::Id(bob.user) }).await.unwrap();
        assert_eq!(code(desk.post(bob, Target::Room(room), "out").await), "ROOM_NOT_FOUND");
        desk.one(alice, Wish::AddMember { room, user: UserRef::Id(bob.user) }).await.unwrap();
        assert_eq!(code(desk.post(bob, Target::Room(room), "in again").await), "ok");
    }
}

#[tokio::test]
async fn the_longest_member_owns_a_room_whose_owner_left_and_the_last_takes_it_along() {
    for desk in Desk::all().await {
        let mut people = Vec::new();
        for name in ["alice", "carol", "bob"] {
            people.push(desk.user(name, Role::Customer).await);
        }
        let [alice, carol, bob] = people[..] else { panic!() };
        let room = desk.room(alice, &[bob, carol]).await;
        let leave = |by: By| (by, Wish::RemoveMember { room, user: UserRef::Id(by.user) });
        let left = desk.conversation(alice, leave(alice).1).await;
        assert_eq!(left.owner.as_ref().map(|owner| owner.id), Some(bob.user));
        assert_eq!(code(desk.one(carol, Wish::RemoveMember { room, user: UserRef::Id(bob.user) }).await), "FORBIDDEN");
        let written = desk.write(vec![leave(carol), leave(bob)]).await;
        assert!(matches!(written[1].done, Ok(Done::Removed)));
        assert!(desk.store().conversation(room).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn of_agents_who_reply_at_the_same_time_the_first_is_assigned() {
    for desk in Desk::all().await {
        let customer = desk.user("carla", Role::Customer).await;
        let [one, two] = [desk.user("one", Role::Agent).await, desk.user("two", Role::Agent).await];
        let open = Wish::OpenChat { customer: UserRef::Id(customer.user), agent: None };
        let chat = desk.conversation(customer, open).await.id;
        let reply = |by| (by, text(Target::Chat(chat), "hello", None));
        let written = desk.write(vec![reply(one), reply(two)]).await;
        assert!(matches!(&written[0].events[0], Event::Stored(Stored { what: What::Assigned { .. }, seq: 1, .. })));
        assert_eq!(seqs(&written), [1, 2]);
        let codes: Vec<_> = written.into_iter().map(|one| code(one.done)).collect();
        assert_eq!(codes, ["ok", "CHAT_NOT_FOUND"]);
        let assign = |agent: By| Wish::AssignChat { chat, agent: UserRef::Id(agent.user) };
        assert_eq!(code(desk.one(two, assign(two)).await), "CHAT_NOT_FOUND");
        assert_eq!(code(desk.one(customer, assign(two)).await), "FORBIDDEN");
        let boss = desk.user("boss", Role::SuperAgent).await;
        assert_eq!(desk.conversation(boss, assign(two)).await.agent_id(), Some(two.user));
        assert_eq!(code(desk.post(one, Target::Chat(chat), "late").await), "CHAT_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_closed_or_archived_chat_takes_no_messages_and_unarchiving_restores_what_was_before() {
    for desk in Desk::all().await {
        let (customer, agent) = (desk.user("carla", Role::Customer).await, desk.user("agent", Role::Agent).await);
        let open = Wish::OpenChat { customer: UserRef::Id(customer.user), agent: Some(UserRef::Id(agent.user)) };
        let chat = desk.conversation(customer, open).await.id;
        let set = |status| Wish::SetChatStatus { chat, status };
        for before in [ChatStatus::Active, ChatStatus::Closed] {
            desk.one(customer, set(before)).await.unwrap();
            assert_eq!(code(desk.one(customer, set(ChatStatus::Archived)).await), "FORBIDDEN");
            desk.one(agent, set(ChatStatus::Archived)).await.unwrap();
            assert_eq!(code(desk.post(customer, Target::Chat(chat), "x").await), "CHAT_ARCHIVED");
            assert_eq!(code(desk.one(customer, set(ChatStatus::Active)).await), "FORBIDDEN");
            assert_eq!(desk.conversation(agent, Wish::UnarchiveChat { chat }).await.status, Some(before));
        }
        assert_eq!(code(desk.post(agent, Target::Chat(chat), "x").await), "CHAT_CLOSED");
        assert_eq!(code(desk.one(customer, Wish::DeleteChat { chat }).await), "FORBIDDEN");
        assert_eq!(code(desk.one(agent, Wish::DeleteChat { chat }).await), "ok");
    }
}

#[tokio::test]
async fn search_finds_whole_words_in_what_the_reader_can_read() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let carol = desk.user("carol", Role::Customer).await;
        desk.post(alice, to(bob), "the zebra runs").await.unwrap();
        desk.post(carol, Target::Conversation(GLOBAL_ID), "a zebra for all").await.unwrap();
        for (reader, query, found) in [
            (alice, "zebra", 2),
            (carol, "zebra", 1),
            (bob, "ZEBRA runs", 1),
            (bob, "zeb", 0),
            (bob, "\"zebra OR (", 0),
            (bob, "NEAR(", 0),
            (bob, "\" ( *", 0),
        ] {
            let page = desk.store().search_messages(reader.user, reader.role, query, PAGE).await.unwrap();
            assert_eq!(page.items.len(), found, "{query}");
        }
    }
}

#[tokio::test]
async fn lists_show_what_somebody_takes_part_in_the_global_conversation_first() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        desk.post(alice, to(bob), "hi").await.unwrap();
        desk.room(bob, &[]).await;
        let kept =
            Wish::KeepExchange { question: "?".into(), answer: "!".into(), metadata: json!({}), session_id: None };
        desk.one(alice, kept).await.unwrap();
        let kinds = async |by: By, page| {
            let found =
                desk.store().conversations(by.user, by.role, ConversationFilter::default(), page).await.unwrap();
            (found.items.iter().map(|one| one.conversation.kind).collect::<Vec<_>>(), found.next)
        };
        use ConversationKind::{Assistant, Channel, Direct, Global, Room};
        assert_eq!(kinds(alice, PAGE).await, (vec![Global, Assistant, Direct, Channel], None));
        assert_eq!(kinds(bob, PAGE).await.0, [Global, Room, Direct, Channel]);
        let (first, next) = kinds(alice, Page { limit: 2, before: None }).await;
        assert_eq!(
            (first, kinds(alice, Page { limit: 2, before: next }).await.0),
            (vec![Global, Assistant], vec![Direct, Channel])
        );
    }
}

#[tokio::test]
async fn system_messages_are_for_staff_and_for_oneself() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let agent = desk.user("agent", Role::Agent).await;
        let system = |target| Wish::Post(Draft { msg_type: MessageType::System, ..Draft::text(target, "x") });
        assert_eq!(code(desk.one(alice, system(to(bob))).await), "FORBIDDEN");
        assert_eq!(code(desk.one(alice, system(to(alice))).await), "ok");
        assert_eq!(code(desk.one(agent, system(to(bob))).await), "ok");
        assert_eq!(code(desk.one(alice, system(Target::Conversation(GLOBAL_ID))).await), "FORBIDDEN");
    }
}
