//! How far somebody has read, and what they have not.

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

#[tokio::test]
async fn unread_counts_what_others_wrote_since_one_read() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let id = desk.post(alice, to(bob), "one").await.unwrap().conversation.id;
        desk.post(alice, to(bob), "two").await.unwrap();
        desk.post(bob, to(alice), "three").await.unwrap();
        let unread = async || {
            let overview = desk.store().overview(id, &[alice.user, bob.user]).await.unwrap().unwrap();
            (overview.unread_of(alice.user), overview.unread_of(bob.user))
        };
        assert_eq!(unread().await, (Some(1), Some(2)));
        desk.one(bob, Wish::MarkRead { conversation: id, seq: 1 }).await.unwrap();
        assert_eq!(unread().await, (Some(1), Some(1)));
        desk.one(bob, Wish::MarkRead { conversation: id, seq: 99 }).await.unwrap();
        desk.one(bob, Wish::MarkRead { conversation: id, seq: 1 }).await.unwrap();
        assert_eq!(unread().await, (Some(1), Some(0)));
    }
}

fn unread_of(event: &Event, reader: By) -> Option<i64> {
    let Event::ConversationChanged(ConversationChanged { overview, .. }) = event else { panic!("{event:?}") };
    overview.unread_of(reader.user)
}

#[tokio::test]
async fn what_members_have_not_read_is_counted_after_the_transaction_so_far_and_not_for_a_crowd() {
    for desk in Desk::all().await {
        let [alice, bob] = [desk.user("alice", Role::Customer).await, desk.user("bob", Role::Customer).await];
        let carol = desk.user("carol", Role::Customer).await;
        let room = desk.room(alice, &[bob]).await;
        for unread in [2, Overview::MAX_UNREAD] {
            let posts = (0..unread).map(|n| (alice, text(Target::Room(room), &n.to_string(), None)));
            desk.write(posts.collect()).await;
            let user = UserRef::Id(carol.user);
            let changes = [Wish::AddMember { room, user: user.clone() }, Wish::RemoveMember { room, user }];
            let written = desk.write(changes.map(|wish| (alice, wish)).into()).await;
            let mut events: Vec<_> = written.into_iter().flat_map(|one| one.events).collect();
            assert_eq!(events.len(), 4);
            assert!(events.iter().all(|event| unread_of(event, bob).is_none()));
            desk.ledger.count_unread(&mut events).await;
            let [created, updated, left, _] = &events[..] else { panic!("{events:?}") };
            assert_eq!((unread_of(created, carol), unread_of(left, carol)), (Some(0), Some(0)));
            assert_eq!((unread_of(updated, alice), unread_of(updated, bob)), (Some(0), Some(unread)));
        }
        // also whoever wrote all of the latest costs no more than that
        desk.write((0..Overview::MAX_UNREAD).map(|_| (bob, text(Target::Room(room), "mine", None))).collect()).await;
        let overview = desk.store().overview(room, &[alice.user, bob.user]).await.unwrap().unwrap();
        assert_eq!((overview.unread_of(alice.user), overview.unread_of(bob.user)), (Some(1000), Some(0)));
        let overview = desk.store().overview(room, &[]).await.unwrap().unwrap();
        let overview = Arc::new(Overview { unread: None, ..overview });
        let to = (0..=Overview::MAX_MEMBERS as i64).collect();
        let change = ConversationChange::Updated;
        let mut crowd = [Event::ConversationChanged(ConversationChanged { change, to, overview })];
        desk.ledger.count_unread(&mut crowd).await;
        assert_eq!(unread_of(&crowd[0], bob), None);
    }
}
