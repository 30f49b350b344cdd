//! Sockets come, are told what concerns their users, and go.

use super::*;

#[test]
fn client_ids_are_random_and_read_as_written() {
    let id = ClientId::random().unwrap();
    assert_ne!(id, ClientId::random().unwrap());
    assert_eq!(id.to_string().parse::<ClientId>().unwrap(), id);
    for bad in ["", "nobody", &"0".repeat(31), &"0".repeat(34), &"g".repeat(32)] {
        assert!(bad.parse::<ClientId>().is_err(), "{bad}");
    }
}

#[actix::test]
async fn a_job_is_told_to_all_sockets_of_its_owner_and_to_no_other() {
    let (mut hub, _departed) = hub();
    let mut clients = [1, 1, 2].map(|user| joined(&mut hub, Some(owner(user, 1))));
    let mut stranger = joined(&mut hub, None);
    let event = progress(1, "Chunking text");
    hub.publish(&event);
    let received = [clients[0].received().await, clients[1].received().await];
    assert_eq!(received, [vec![text_of(&event)], vec![text_of(&event)]]);
    assert!(clients[2].received().await.is_empty() && stranger.received().await.is_empty());
}

#[actix::test]
async fn there_are_bounds_for_a_user_and_for_a_signed_out_address() {
    let (mut hub, _departed) = hub();
    let clients: Vec<_> = (0..3).map(|_| joined(&mut hub, Some(owner(1, 1)))).collect();
    let _others: Vec<_> = (0..2).map(|_| joined(&mut hub, None)).collect();
    for full in [Some(owner(1, 2)), None] {
        let error = hub.register(Client::new().registration(full)).unwrap_err();
        assert_eq!((error.kind, error.code), (crate::domain::error::Kind::RateLimited, "TOO_MANY_SOCKETS"));
    }
    assert!(hub.register(Client::new().registration(Some(owner(2, 3)))).is_ok());
    let returning = Client::new();
    assert!(hub.register(Register { returning: true, ..returning.registration(Some(owner(1, 1))) }).is_ok());
    hub.forget(clients[0].id);
    hub.forget(clients[1].id);
    assert!(hub.register(Client::new().registration(Some(owner(1, 2)))).is_ok());
}

#[actix::test]
async fn signing_in_moves_a_socket_from_its_address_to_its_user() {
    let online = Online::default();
    let (mut hub, _departed) = hub_of(&online);
    let clients: Vec<_> = (0..2).map(|_| joined(&mut hub, None)).collect();
    hub.identify(clients[0].id, owner(7, 1)).unwrap();
    assert!(hub.registry.admits(None, ADDRESS).is_ok());
    assert!(online.contains(7));
    let _more: Vec<_> = (0..2).map(|_| joined(&mut hub, Some(owner(7, 1)))).collect();
    assert!(hub.identify(clients[1].id, owner(7, 2)).is_err());
    // the same user with another session: no further socket
    hub.identify(clients[0].id, owner(7, 2)).unwrap();
    let counts = Counts { connected_clients: 4, authenticated_users: 1, conversations_with_listeners: 0 };
    assert_eq!(hub.registry.counts(), counts);
    assert!(hub.identify(ClientId::random().unwrap(), owner(8, 1)).is_ok());
}

#[actix::test]
async fn the_last_socket_takes_its_user_along_and_a_late_goodbye_hits_nobody() {
    let online = Online::default();
    let (mut hub, mut departed) = hub_of(&online);
    let [first, second] = [joined(&mut hub, Some(owner(1, 1))), joined(&mut hub, Some(owner(1, 1)))];
    hub.forget(first.id);
    hub.forget(first.id);
    assert!(departed.try_recv().is_err() && online.contains(1));
    hub.forget(second.id);
    assert_eq!(departed.try_recv(), Ok(Notice::Departed(1)));
    assert!(!online.contains(1));
}

#[actix::test]
async fn an_end_of_sessions_closes_those_sockets_only() {
    for (which, closed) in [
        (Which::Session(Uuid::from_u128(1)), [true, false, false]),
        (Which::AllOfBut(1, Uuid::from_u128(1)), [false, true, false]),
        (Which::AllOf(1), [true, true, false]),
    ] {
        let (mut hub, _departed) = hub();
        let clients = [owner(1, 1), owner(1, 2), owner(2, 3)].map(|owner| joined(&mut hub, Some(owner)));
        hub.end_sessions(which, "TOKEN_REVOKED");
        for (mut client, closed) in clients.into_iter().zip(closed) {
            let last = Outbound::Close(Closing { code: 1008, reason: "TOKEN_REVOKED" });
            assert_eq!(client.received().await, if closed { vec![last] } else { vec![] }, "{which:?}");
            assert_eq!(hub.registry.get(client.id).is_none(), closed);
        }
    }
}

#[actix::test]
async fn only_ones_own_socket_can_be_dropped() {
    let (mut hub, _departed) = hub();
    let mut mine = joined(&mut hub, Some(owner(1, 1)));
    let stranger = joined(&mut hub, None);
    assert!(!hub.drop_socket(mine.id, 2) && !hub.drop_socket(stranger.id, 1));
    assert!(hub.drop_socket(mine.id, 1) && !hub.drop_socket(mine.id, 1));
    assert_eq!(mine.next().await, Outbound::Drop);
}

#[actix::test]
async fn a_slow_reader_is_dropped_and_the_others_get_everything() {
    let (mut hub, _departed) = hub();
    let (slow, mut fast) = (Client::reading(false), joined(&mut hub, Some(owner(1, 1))));
    hub.register(slow.registration(Some(owner(1, 1)))).unwrap();
    let event = progress(1, &"x".repeat(Outbox::MAX_QUEUED / 3));
    for (sent, kept) in [(1, true), (2, true), (3, false), (4, false)] {
        hub.publish(&event);
        assert_eq!(fast.next().await, text_of(&event));
        assert_eq!(hub.registry.get(slow.id).is_some(), kept, "after {sent} events");
    }
    assert!(hub.registry.get(fast.id).is_some());
}

#[actix::test]
async fn a_full_mailbox_is_an_overflow_and_still_takes_the_last_message() {
    let client = Client::new();
    let outbox = client.registration(None).outbox;
    let text = ByteString::from_static("{}");
    // nothing is taken out before this task waits
    let taken = (0..1000).take_while(|_| outbox.offer(&text).is_ok()).count();
    assert!(taken < 1000);
    assert_eq!(client.queued.load(Ordering::Relaxed), taken * text.len());
    outbox.end(Outbound::Close(Closing::SLOW));
    let mut client = client;
    for _ in 0..taken {
        assert_eq!(client.next().await, Outbound::Text(text.clone()));
    }
    assert_eq!(client.next().await, Outbound::Close(Closing::SLOW));
    assert_eq!(client.queued.load(Ordering::Relaxed), 0);
}

#[actix::test]
async fn a_drain_goes_in_waves_and_nobody_comes_any_more() {
    let (mut hub, _departed) = hub();
    let mut clients: Vec<_> = (0..5).map(|user| joined(&mut hub, Some(owner(user, 1)))).collect();
    hub.draining = true;
    assert!(hub.wave(3));
    assert_eq!(hub.registry.counts().connected_clients, 2);
    assert!(!hub.wave(3));
    for client in &mut clients {
        assert_eq!(client.next().await, Outbound::Close(Closing::DRAINING));
    }
    assert_eq!(hub.register(Client::new().registration(None)).unwrap_err().code, "DRAINING");
}

#[actix::test]
async fn a_restarted_hub_knows_who_is_online_until_it_is_clear_who_left() {
    let (departures, mut departed) = unbounded_channel();
    let online = Online::default();
    let mut first = Hub::new(LIMITS, alone(), online.clone(), departures.clone(), Tombstone::unguarded());
    let clients = [joined(&mut first, Some(owner(1, 1))), joined(&mut first, Some(owner(2, 1)))];
    drop(first);
    let mut second = Hub::new(LIMITS, alone(), online.clone(), departures, Tombstone::unguarded());
    assert!(online.contains(1) && online.contains(2));
    second.register(clients[0].registration(Some(owner(1, 1)))).unwrap();
    second.settle();
    assert_eq!((online.all().len(), online.contains(1), departed.try_recv()), (1, true, Ok(Notice::Departed(2))));
}

#[actix::test]
async fn after_a_panic_the_hub_lives_and_takes_registrations_again() {
    let (departures, _departed) = unbounded_channel();
    let peers = HubPeers::start(LIMITS, alone(), departures);
    let mut client = Client::new();
    peers.register(client.registration(Some(owner(1, 1)))).await.unwrap();
    let mut generations = peers.incarnation();
    assert!(peers.inject_panic.ask(InjectPanic).await.is_err());
    // asked while the hub is away, and answered by the next incarnation
    let again = Register { returning: true, ..client.registration(Some(owner(1, 1))) };
    peers.register(again).await.unwrap();
    assert!(generations.has_changed().unwrap() && generations.borrow_and_update().eq(&1));
    let event = progress(1, "Chunking text");
    peers.publish.ask(Publish(Arc::new(event.clone()))).await.unwrap();
    assert_eq!(client.next().await, text_of(&event));
}
