//! The way to a session that is given a memory.

use super::*;

fn registered(hub: &mut Hub, dialect: Dialect, owner: Option<Owner>) -> Client {
    let client = Client::new();
    hub.register(Register { dialect, ..client.registration(owner) }).unwrap();
    client
}

fn reached(hub: &Hub, client: &Client, user: UserId) -> bool {
    hub.reach(Reach { client_id: client.id, user }).is_some()
}

#[actix::test]
async fn a_socket_is_reached_by_its_user_and_a_signed_out_one_by_anybody() {
    let (mut hub, _departed) = hub();
    let mine = registered(&mut hub, Dialect::Coach, Some(owner(1, 1)));
    let open = registered(&mut hub, Dialect::Coach, None);
    let rooms = registered(&mut hub, Dialect::Rooms, Some(owner(1, 1)));
    assert!(reached(&hub, &mine, 1) && !reached(&hub, &mine, 2));
    assert!(reached(&hub, &open, 1) && reached(&hub, &open, 2));
    // there is no assistant in the other dialects
    assert!(!reached(&hub, &rooms, 1));
    hub.forget(mine.id);
    assert!(!reached(&hub, &mine, 1));
}

#[actix::test]
async fn what_is_handed_over_has_arrived() {
    let (mut hub, _departed) = hub();
    let mut client = registered(&mut hub, Dialect::Coach, None);
    let Reached { outbox, is_signed_in } = hub.reach(Reach { client_id: client.id, user: 1 }).unwrap();
    assert!(!is_signed_in);
    let memory = Memory { by: 1, matcher: None };
    assert!(outbox.remember(memory.clone()).await);
    assert_eq!(client.inbox.try_recv().unwrap(), Outbound::Remember(memory));
}
