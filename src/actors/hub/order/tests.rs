use std::time::Duration;

use proptest::prelude::*;
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::domain::conversation::{Conversation, ConversationKind};
use crate::domain::event::What;

const ROOM: ConversationId = Uuid::from_u128(7);

fn change(seq: i64) -> Arc<Event> {
    let conversation = Conversation {
        id: ROOM,
        kind: ConversationKind::Room,
        title: String::new(),
        description: None,
        slug: None,
        owner: None,
        customer: None,
        agent: None,
        peers: Vec::new(),
        pair: None,
        status: None,
        status_before: None,
        last_seq: seq,
        created_at: OffsetDateTime::UNIX_EPOCH,
        updated_at: OffsetDateTime::UNIX_EPOCH,
    };
    let what = What::Reacted { message: Uuid::nil(), user: 1, emoji: "👍".into(), removed: false };
    Arc::new(Event::Stored(Stored { conversation: conversation.into(), seq, members: Vec::new().into(), what }))
}

fn seqs(events: &[Arc<Event>]) -> Vec<i64> {
    let seq = |event: &Arc<Event>| match &**event {
        Event::Stored(stored) => stored.seq,
        other => panic!("{other:?}"),
    };
    events.iter().map(seq).collect()
}

fn take(order: &mut Order, seq: i64, now: Instant) -> Vec<i64> {
    seqs(&order.take(change(seq), now))
}

#[test]
fn what_comes_in_order_passes_and_what_comes_again_does_not() {
    let (mut order, now) = (Order::default(), Instant::now());
    assert_eq!([5, 6, 6, 5, 7].map(|seq| take(&mut order, seq, now)), [vec![5], vec![6], vec![], vec![], vec![7]]);
    assert!(!order.is_behind() && order.missing(now + GRACE).is_empty());
}

#[test]
fn what_comes_too_early_waits_for_what_comes_late() {
    let (mut order, now) = (Order::default(), Instant::now());
    assert_eq!([1, 4, 3, 2].map(|seq| take(&mut order, seq, now)), [vec![1], vec![], vec![], vec![2, 3, 4]]);
    assert!(!order.is_behind());
}

#[test]
fn what_does_not_come_is_asked_for_once_and_filled_in() {
    let (mut order, now) = (Order::default(), Instant::now());
    assert_eq!([1, 4, 7].map(|seq| take(&mut order, seq, now)), [vec![1], vec![], vec![]]);
    assert!(order.missing(now).is_empty(), "it may still come by itself");
    let missing = Missing { conversation: ROOM, seqs: 2..=3 };
    assert_eq!(order.missing(now + GRACE), std::slice::from_ref(&missing));
    assert!(order.missing(now + 2 * GRACE).is_empty(), "it is being asked for");
    // one came late, the other was overwritten since
    assert!(take(&mut order, 3, now).is_empty());
    assert_eq!(seqs(&order.fill(&missing, Vec::new(), now)), [3, 4]);
    // the next hole, of which the database has more than was asked for
    let missing = order.missing(now + PATIENCE).pop().unwrap();
    assert_eq!(missing.seqs, 5..=6);
    assert_eq!(seqs(&order.fill(&missing, [4, 5, 6, 7, 8].map(change).into(), now)), [5, 6, 7]);
    assert!(!order.is_behind());
    assert!(order.fill(&missing, vec![change(5)], now).is_empty(), "an answer that comes twice");
}

#[test]
fn a_question_without_an_answer_is_asked_again() {
    let (mut order, now) = (Order::default(), Instant::now());
    let _ = [1, 3].map(|seq| take(&mut order, seq, now));
    assert_eq!(order.missing(now + GRACE).len(), 1);
    assert_eq!(order.missing(now + GRACE + PATIENCE).len(), 1);
}

#[test]
fn while_a_listener_has_no_place_everything_waits() {
    let (mut order, now) = (Order::default(), Instant::now());
    order.expect(ROOM, now);
    assert!([4, 6].iter().all(|seq| take(&mut order, *seq, now).is_empty()));
    assert!(order.missing(now + PATIENCE).is_empty(), "nobody knows from where on something is missing");
    assert!(order.exists(ROOM, 6, now).is_empty());
    // the listener knows 4 already, the others hear of it now
    assert_eq!(seqs(&order.known(ROOM, 4, now)), [4]);
    assert_eq!(order.missing(now + GRACE)[0].seqs, 5..=5);
}

#[test]
fn a_second_listener_who_knows_more_shows_that_something_is_missing() {
    let (mut order, now) = (Order::default(), Instant::now());
    order.expect(ROOM, now);
    assert!(order.known(ROOM, 10, now).is_empty());
    order.expect(ROOM, now);
    assert!(order.known(ROOM, 12, now).is_empty() && order.is_behind());
    assert_eq!(take(&mut order, 11, now), [11]);
    assert_eq!(order.missing(now + GRACE)[0].seqs, 12..=12);
}

#[test]
fn who_left_before_they_had_a_place_holds_nothing_up() {
    let (mut order, now) = (Order::default(), Instant::now());
    order.expect(ROOM, now);
    assert!(take(&mut order, 4, now).is_empty() && take(&mut order, 5, now).is_empty());
    assert_eq!(seqs(&order.abandoned(ROOM, now)), [4, 5]);
    assert_eq!(take(&mut order, 6, now), [6]);
    order.forget(ROOM);
    order.expect(ROOM, now);
    assert!(order.abandoned(ROOM, now).is_empty() && !order.contains(ROOM));
}

#[test]
fn the_first_of_a_conversation_waits_a_moment_for_what_another_node_wrote_before_it() {
    let (mut order, now) = (Order::new(true), Instant::now());
    assert!(take(&mut order, 5, now).is_empty() && order.begin(now).is_empty());
    assert!(take(&mut order, 4, now).is_empty());
    assert_eq!(seqs(&order.begin(now + GRACE)), [4, 5]);
    assert_eq!(take(&mut order, 6, now), [6]);
    order.forget(ROOM);
    assert_eq!(take(&mut order, 1, now), [1], "nothing is before the first");
    // whoever is about to listen says where to begin
    order.forget(ROOM);
    order.expect(ROOM, now);
    assert!(take(&mut order, 5, now).is_empty() && order.begin(now + PATIENCE).is_empty());
}

#[test]
fn a_long_absence_is_caught_up_with_page_by_page() {
    let (mut order, mut now) = (Order::default(), Instant::now());
    assert_eq!(take(&mut order, 1, now), [1]);
    let end = 1 + 3 * PAGE;
    assert!(order.exists(ROOM, end, now).is_empty());
    let mut told = Vec::new();
    while order.is_behind() {
        now += GRACE;
        for missing in order.missing(now) {
            let found = missing.seqs.clone().map(change).collect();
            told.extend(seqs(&order.fill(&missing, found, now)));
        }
    }
    assert_eq!(told, (2..=end).collect::<Vec<_>>());
}

#[test]
fn who_missed_too_much_goes_on_from_the_end() {
    let (mut order, now) = (Order::default(), Instant::now());
    let last = 1 + MAX_MISSED;
    assert_eq!(take(&mut order, 1, now), [1]);
    assert!(order.exists(ROOM, last, now).is_empty() && order.give_up(now).is_empty());
    assert!(take(&mut order, last + 1, now).is_empty());
    let given_up = order.give_up(now);
    assert_eq!((given_up[0].0, seqs(&given_up[0].1)), (ROOM, vec![last + 1]));
    assert!(!order.is_behind());
}

#[test]
fn what_is_held_and_remembered_is_bounded() {
    let (mut order, now) = (Order::default(), Instant::now());
    let _ = take(&mut order, 1, now);
    for seq in (3..).take(2 * MAX_HELD) {
        assert!(take(&mut order, seq, now).is_empty());
    }
    assert_eq!(order.places[&ROOM].held.len(), MAX_HELD);
    order.forget(ROOM);
    let _ = take(&mut order, 1, now);
    let later = now + IDLE + Duration::from_secs(1);
    assert_eq!(order.conversations(later, |_| true), [ROOM]);
    assert!(order.conversations(later, |_| false).is_empty() && order.places.is_empty());
}

proptest! {
    /// Whatever comes, twice, late or never: what is told is the order of the database, each once.
    #[test]
    fn nothing_is_told_twice_early_or_never(came in proptest::collection::vec(1_i64..40, 0..120)) {
        let (mut order, mut now) = (Order::default(), Instant::now());
        order.expect(ROOM, now);
        let mut told = seqs(&order.known(ROOM, 0, now));
        for seq in came {
            told.extend(take(&mut order, seq, now));
        }
        told.extend(seqs(&order.exists(ROOM, 40, now)));
        while order.is_behind() {
            now += PATIENCE;
            for missing in order.missing(now) {
                let found = missing.seqs.clone().map(change).collect();
                told.extend(seqs(&order.fill(&missing, found, now)));
            }
        }
        prop_assert_eq!(told, (1..=40).collect::<Vec<_>>());
    }
}
