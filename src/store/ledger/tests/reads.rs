//! How far somebody has read.

use super::*;

#[tokio::test]
async fn a_position_that_was_read_is_never_told_to_go_back() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let id = desk.post(alice, to(bob), "one").await.unwrap().conversation.id;
        for content in ["two", "three"] {
            desk.post(alice, to(bob), content).await.unwrap();
        }
        // in one transaction, and in the next ones; a position behind the end is the end
        for batch in [&[2, 1][..], &[1], &[3], &[99, 2]] {
            let wishes = batch.iter().map(|&seq| (bob, Wish::MarkRead { conversation: id, seq }));
            let told: Vec<_> =
                desk.write(wishes.collect()).await.into_iter().map(|one| (one.done, one.events)).collect();
            let wanted = if batch[0] < 3 { 2 } else { 3 };
            for (done, events) in told {
                assert_eq!(done.ok(), Some(Done::Read { conversation: id, seq: wanted }), "{batch:?}");
                assert_eq!(events, [Event::Read { conversation: id, user: bob.user, seq: wanted }], "{batch:?}");
            }
        }
    }
}
