//! Who types, and who is said to be online.

use std::time::Instant;

use super::conversations::{ROOM, changed, listens, user};
use super::*;
use crate::domain::event::ConversationChange;

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
    let event = Event::PresenceChanged { user: user(1, Role::Customer), is_online: true, audience: [1, 2, 9].into() };
    hub.publish(&event);
    hub.publish(&event);
    let mut heard = Vec::new();
    for client in &mut clients {
        heard.push(client.received().await.len());
    }
    assert_eq!(heard, [0, 1, 0, 1]);
}
