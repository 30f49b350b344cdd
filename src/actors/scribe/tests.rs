use std::sync::Mutex;

use tempfile::TempDir;

use super::*;
use crate::actors::guard::{Guarded, keep};
use crate::domain::change::{By, Draft, Target, Wish};
use crate::domain::clock::Clock;
use crate::domain::event::Stored;
use crate::domain::user::Role;
use crate::store::{GLOBAL_ID, NewUser, Store};

/// Stands in for the hub: keeps the places of what it is told.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<i64>>>);

impl Actor for Listener {
    type Context = Context<Self>;
}

impl Handler<PublishAll> for Listener {
    type Result = ();

    fn handle(&mut self, PublishAll(events): PublishAll, _: &mut Self::Context) {
        let seqs = events.iter().filter_map(|event| match &**event {
            Event::Stored(Stored { seq, .. }) => Some(*seq),
            _ => None,
        });
        self.0.lock().unwrap().extend(seqs);
    }
}

struct Office {
    scribe: Guarded<Scribe>,
    told: Listener,
    by: By,
    _folder: TempDir,
}

impl Office {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
        let store = Store::connect(&url, 2, Clock::system()).await.unwrap();
        store.migrate().await.unwrap();
        let new = NewUser {
            username: "alice".into(),
            name: "Alice".into(),
            email: "alice@example.com".into(),
            password_hash: String::new(),
            role: Role::Customer,
        };
        let by = By { user: store.create_user(new).await.unwrap().id, role: Role::Customer };
        let told = Listener::default();
        let publish: Peer<PublishAll> = told.clone().start().recipient().into();
        let ledger = Ledger::new(store);
        let scribe = keep("scribe", move |tombstone| Scribe::new(ledger.clone(), publish.clone(), tombstone));
        Self { scribe, told, by, _folder: folder }
    }

    fn post(&self, content: &str) -> oneshot::Receiver<Result<Done>> {
        let (answer, answered) = oneshot::channel();
        let wish = Wish::Post(Draft::text(Target::Conversation(GLOBAL_ID), content));
        let change = Change { by: self.by, wish };
        assert!(self.scribe.peer().offer(Write { weight: Weight::none(), change, answer }));
        answered
    }
}

fn seq(done: Result<Done>) -> i64 {
    match done {
        Ok(Done::Posted(posted)) => posted.message.seq,
        other => panic!("{other:?}"),
    }
}

#[actix::test]
async fn what_is_posted_is_stored_answered_and_told_in_its_order() {
    let office = Office::open().await;
    let answers: Vec<_> = (0..600).map(|n| office.post(&n.to_string())).collect();
    let mut places = Vec::new();
    for answer in answers {
        places.push(seq(answer.await.unwrap()));
    }
    assert_eq!(places, (1..=600).collect::<Vec<_>>());
    // the next transaction waits until the hub has taken the events of this one
    seq(office.post("last").await.unwrap());
    let told = office.told.0.lock().unwrap().clone();
    assert!(told.len() >= 600 && told == (1..=told.len() as i64).collect::<Vec<_>>());
}

#[actix::test]
async fn after_a_panic_whoever_waited_learns_it_and_the_next_is_written() {
    let office = Office::open().await;
    seq(office.post("before").await.unwrap());
    let mut generations = office.scribe.generations();
    let inject: Peer<InjectPanic> = office.scribe.peer();
    assert!(inject.offer(InjectPanic));
    let lost = office.post("lost");
    generations.changed().await.unwrap();
    assert!(lost.await.is_err());
    assert_eq!(seq(office.post("after").await.unwrap()), 2);
}

#[test]
fn a_batch_is_bounded_and_the_oldest_first_and_a_full_queue_refuses() {
    let system = actix::System::new();
    system.block_on(async {
        let office = Office::open().await;
        let ledger = Ledger::new(Store::connect("sqlite::memory:", 1, Clock::system()).await.unwrap());
        let publish: Peer<PublishAll> = office.told.clone().start().recipient().into();
        let mut scribe = Scribe::new(ledger, publish, Tombstone::unguarded());
        let write = |content: String| {
            let (answer, answered) = oneshot::channel();
            let wish = Wish::Post(Draft::text(Target::Conversation(GLOBAL_ID), content));
            (Write { weight: Weight::none(), change: Change { by: office.by, wish }, answer }, answered)
        };
        let mut answers = Vec::new();
        for n in 0..=QUEUE {
            let (write, answered) = write(n.to_string());
            scribe.take(write);
            answers.push(answered);
        }
        let refused = answers.pop().unwrap().await.unwrap().unwrap_err();
        assert_eq!(refused.code, "SCRIBE_BUSY");
        let batch = scribe.next_batch();
        assert_eq!((batch.len(), scribe.waiting.len()), (BATCH, QUEUE - BATCH));

        scribe.waiting.clear();
        let long = "x".repeat(BATCH_BYTES / 4);
        for _ in 0..6 {
            scribe.take(write(long.clone()).0);
        }
        assert_eq!((scribe.next_batch().len(), scribe.next_batch().len()), (4, 2));
        scribe.take(write("x".repeat(BATCH_BYTES + 1)).0);
        assert_eq!(scribe.next_batch().len(), 1);
    });
}

#[test]
fn what_waits_is_bounded_in_bytes_and_counted_until_it_is_done() {
    let post = |bytes: usize| Change {
        by: By { user: 1, role: Role::Customer },
        wish: Wish::Post(Draft::text(Target::Conversation(GLOBAL_ID), "x".repeat(bytes))),
    };
    let waiting = Arc::default();
    let half = Weight::of(&post(QUEUE_BYTES / 2), &waiting).unwrap();
    let other = Weight::of(&post(QUEUE_BYTES / 2), &waiting).unwrap();
    assert!(Weight::of(&post(1), &waiting).is_none());
    drop(half);
    assert!(Weight::of(&post(1), &waiting).is_some());
    drop(other);
    assert_eq!(waiting.load(Ordering::Relaxed), 0);
}
