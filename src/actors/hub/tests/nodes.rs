//! Several nodes on one database.

use super::conversations::{ROOM, changed, listens, places, posted};
use super::*;
use crate::domain::event::ConversationChange;
use crate::store::Recent;

struct Node {
    hub: Hub,
    online: Online,
    notices: UnboundedReceiver<Notice>,
    outgoings: Outgoings,
}

impl Node {
    fn new() -> Self {
        let (online, (relay, outgoings)) = (Online::default(), Relay::open());
        let (notify, notices) = unbounded_channel();
        let vicinity = Vicinity { shared: true, relay };
        let hub = Hub::new(LIMITS, vicinity, online.clone(), notify, Tombstone::unguarded());
        Self { hub, online, notices, outgoings }
    }

    /// Somebody who listens to the room, and knows it up to here.
    fn listener(&mut self, owner: Owner, knows: i64) -> Client {
        let client = joined(&mut self.hub, Some(owner));
        assert!(listens(&mut self.hub, &client));
        self.hub.placed(ROOM, knows);
        client
    }

    fn told(&self) -> Vec<Outgoing> {
        let mut queue = self.outgoings.queue.try_lock().unwrap();
        std::iter::from_fn(|| queue.try_recv().ok()).collect()
    }

    fn noticed(&mut self) -> Vec<Notice> {
        std::iter::from_fn(|| self.notices.try_recv().ok()).collect()
    }

    fn missing(&mut self) -> Vec<Missing> {
        self.hub.ask_for_missing(Instant::now() + Duration::from_secs(1));
        let missing = |notice| match notice {
            Notice::Missing(missing) => Some(missing),
            _ => None,
        };
        self.noticed().into_iter().filter_map(missing).collect()
    }
}

fn events(seqs: impl IntoIterator<Item = i64>) -> Vec<Arc<Event>> {
    seqs.into_iter().map(|seq| Arc::new(posted(seq))).collect()
}

#[actix::test]
async fn the_other_nodes_are_told_of_events_but_not_of_what_they_make_themselves() {
    let mut node = Node::new();
    let presence = Event::PresenceChanged {
        user: super::conversations::user(1, Role::Customer),
        is_online: true,
        audience: [2].into(),
    };
    for event in [posted(1), progress(1, "Chunking text"), presence] {
        node.hub.announce(Arc::new(event));
    }
    let told = node.told();
    assert!(matches!(&told[..], [Outgoing::Event(first), Outgoing::Event(_)] if **first == posted(1)), "{told:?}");
    node.hub.bring(vec![Arc::new(posted(2))]);
    assert!(node.told().is_empty(), "what came from another node does not go back");
}

#[actix::test]
async fn a_gap_is_filled_from_the_database_before_what_comes_after_it() {
    let mut node = Node::new();
    let mut client = node.listener(owner(1, 1), 10);
    for event in events([11, 14]) {
        node.hub.bring(vec![event]);
    }
    assert_eq!(places(&mut client).await, [(11, Some(1))]);
    let missing = node.missing().pop().unwrap();
    assert_eq!((missing.conversation, missing.seqs.clone()), (ROOM, 12..=13));
    node.hub.fill(Filled { missing, events: Some(events([12, 13])) });
    assert_eq!(places(&mut client).await, [(12, Some(1)), (13, Some(1)), (14, Some(1))]);
}

#[actix::test]
async fn nothing_is_told_to_a_new_listener_before_it_is_known_where_it_stands() {
    let mut node = Node::new();
    let mut client = joined(&mut node.hub, Some(owner(1, 1)));
    assert!(listens(&mut node.hub, &client));
    node.hub.bring(vec![Arc::new(posted(5))]);
    assert!(places(&mut client).await.is_empty());
    node.hub.placed(ROOM, 3);
    assert_eq!(node.missing()[0].seqs, 4..=4);
    // another one who leaves at once holds nothing up
    let other = joined(&mut node.hub, Some(owner(2, 2)));
    assert!(listens(&mut node.hub, &other) && node.hub.unsubscribe(ROOM, other.id));
    node.hub.bring(vec![Arc::new(posted(4))]);
    assert_eq!(places(&mut client).await, [(4, Some(1)), (5, Some(1))]);
}

#[actix::test]
async fn whoever_lost_access_does_not_hear_what_was_missed() {
    let mut node = Node::new();
    let (mut member, mut stranger) = (node.listener(owner(1, 1), 1), node.listener(owner(3, 3), 1));
    node.hub.bring(vec![Arc::new(posted(3))]);
    let missing = node.missing().pop().unwrap();
    node.hub.fill(Filled { missing, events: Some(events([2])) });
    assert_eq!((places(&mut member).await.len(), places(&mut stranger).await.len()), (2, 0));
}

#[actix::test]
async fn a_sweep_finds_what_happened_unheard() {
    let mut node = Node::new();
    let (mut one, mut other) = (node.listener(owner(1, 1), 4), node.listener(owner(2, 2), 4));
    node.hub.sweep(Instant::now());
    let Some(Notice::Sweep { mut sessions, places: asked, mut listeners, unasked }) = node.noticed().pop() else {
        panic!("no sweep");
    };
    sessions.sort();
    listeners.sort_by_key(|(_, by)| by.user);
    assert_eq!((sessions, asked, unasked), ([1, 2].map(Uuid::from_u128).to_vec(), vec![ROOM], None));
    assert_eq!(listeners.iter().map(|(id, by)| (*id, by.user)).collect::<Vec<_>>(), [(ROOM, 1), (ROOM, 2)]);
    node.hub.swept(Swept { places: vec![(ROOM, Some(5))], shut_out: vec![(ROOM, 2)], recent: vec![] });
    let missing = node.missing().pop().unwrap();
    node.hub.fill(Filled { missing, events: Some(events([5])) });
    assert_eq!((places(&mut one).await, places(&mut other).await), (vec![(5, Some(1))], vec![]));
    // one at a time
    node.hub.sweep(Instant::now());
    node.hub.sweep(Instant::now());
    assert_eq!(node.noticed().len(), 1);
    node.hub.swept(Swept { places: vec![], shut_out: vec![], recent: vec![] });
    assert_eq!(node.noticed().len(), 1);
    // and what is gone is gone
    node.hub.swept(Swept { places: vec![(ROOM, None)], shut_out: vec![], recent: vec![] });
    assert_eq!(node.hub.counts().conversations_with_listeners, 0);
}

#[actix::test]
async fn recent_messages_of_a_conversation_nobody_knew_here_are_asked_for() {
    let mut node = Node::new();
    let _somebody = joined(&mut node.hub, Some(owner(1, 1)));
    let recent = Recent { conversation: ROOM, first: 7, last: 8 };
    node.hub.swept(Swept { places: vec![], shut_out: vec![], recent: vec![recent] });
    assert_eq!(node.missing()[0].seqs, 7..=8);
    // one that is known has its place
    node.hub.swept(Swept { places: vec![], shut_out: vec![], recent: vec![Recent { first: 1, ..recent }] });
    assert!(node.missing().is_empty());
}

#[actix::test]
async fn listeners_that_missed_too_much_begin_anew() {
    let mut node = Node::new();
    let mut client = node.listener(owner(1, 1), 1);
    node.hub.swept(Swept { places: vec![(ROOM, Some(5000))], shut_out: vec![], recent: vec![] });
    assert!(node.missing().is_empty());
    assert_eq!(client.received().await, [Outbound::Close(Closing::SLOW)]);
}

#[actix::test]
async fn a_conversation_that_is_gone_leaves_no_place() {
    let mut node = Node::new();
    let _client = node.listener(owner(1, 1), 1);
    node.hub.bring(vec![Arc::new(posted(3))]);
    node.hub.bring(vec![Arc::new(changed(ConversationChange::Deleted, vec![1]))]);
    assert!(node.missing().is_empty());
}

#[actix::test]
async fn users_of_other_nodes_come_and_go_as_if_they_were_here() {
    let mut node = Node::new();
    let here = joined(&mut node.hub, Some(owner(1, 1)));
    let around = |users: &[UserId]| Around::Exactly(users.iter().copied().collect());
    node.hub.meet(Neighbour { node: 9, around: around(&[1, 2]) });
    assert!(node.online.contains(2));
    node.hub.tell_news(Instant::now() + Duration::from_secs(1));
    let mut noticed = node.noticed();
    noticed.sort_by_key(|notice| format!("{notice:?}"));
    assert_eq!(noticed, [Notice::Presence(1), Notice::Presence(2)]);
    node.hub.forget(here.id);
    assert!(node.noticed().is_empty() && node.online.contains(1), "user 1 is on the other node");
    node.hub.meet(Neighbour { node: 9, around: Around::Gone });
    let mut noticed = node.noticed();
    noticed.sort_by_key(|notice| format!("{notice:?}"));
    assert_eq!(noticed, [Notice::Departed(1), Notice::Departed(2)]);
    assert!(node.online.all().is_empty());
}
