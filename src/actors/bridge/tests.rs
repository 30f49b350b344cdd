use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use uuid::Uuid;

use super::core::{Core, Effect, SILENCE};
use super::parcel::{Channels, Said, Topic, open};
use crate::actors::hub::testing::{appear, disappear};
use crate::actors::hub::{Around, Online, Outgoing, Which};
use crate::domain::event::Event;

const ME: i64 = 1;
const OTHER: i64 = 2;

fn core(now: Instant) -> (Core, Online) {
    let online = Online::default();
    (Core::new(ME, online.clone(), now), online)
}

fn connected(now: Instant) -> (Core, Online) {
    let (mut core, online) = core(now);
    core.on_connected(now);
    (core, online)
}

/// Short forms, to compare: parcels as their JSON.
fn shown(effects: &[Effect]) -> Vec<String> {
    let one = |effect: &Effect| match effect {
        Effect::Publish(_, parcel) => {
            let (from, json) = open(parcel.as_bytes()).unwrap();
            assert_eq!(from, ME);
            json.to_owned()
        }
        Effect::Import(events) => format!("import {}", events.len()),
        Effect::Neighbour(node, Around::Exactly(users)) => format!("{node} has {}", users.len()),
        Effect::Neighbour(node, around) => format!("{node} {around:?}"),
        Effect::End(_, tokens) => format!("end {}", tokens.len()),
        Effect::Left(_) => "left".to_owned(),
        other => format!("{other:?}"),
    };
    effects.iter().map(one).collect()
}

fn hear(core: &mut Core, said: &Said, now: Instant) -> Vec<String> {
    shown(&core.on_parcel(said.write(OTHER).unwrap().as_bytes(), now))
}

fn read(conversation: u128) -> Arc<Event> {
    Arc::new(Event::Read { conversation: Uuid::from_u128(conversation), user: 7, seq: 3 })
}

#[test]
fn events_go_together_and_in_their_order_and_come_out_as_they_went_in() {
    let now = Instant::now();
    let (mut core, _online) = connected(now);
    let events = [read(1), read(2), read(3)];
    let which = Which::Session(Uuid::from_u128(9));
    let mut outgoing: Vec<_> = events.iter().take(2).cloned().map(Outgoing::Event).collect();
    outgoing.push(Outgoing::Ended { which, tokens: vec![Uuid::nil()] });
    outgoing.push(Outgoing::Event(events[2].clone()));
    let effects = core.on_outgoing(outgoing);
    let topics = effects.iter().filter_map(|effect| match effect {
        Effect::Publish(topic, _) => Some(*topic),
        _ => None,
    });
    assert_eq!(topics.collect::<Vec<_>>(), [Topic::Events, Topic::Sessions, Topic::Events]);
    let (mut other, _) = connected(now);
    let mut imported = Vec::new();
    for effect in effects {
        let Effect::Publish(_, parcel) = effect else { panic!("{effect:?}") };
        let parcel = parcel.replacen("1 ", "2 ", 1);
        for effect in other.on_parcel(parcel.as_bytes(), now) {
            match effect {
                Effect::Import(events) => imported.extend(events),
                Effect::End(ended, tokens) => assert_eq!((ended, tokens), (which, vec![Uuid::nil()])),
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(imported, events);
}

#[test]
fn ones_own_parcels_are_a_sign_of_life_and_nothing_else() {
    let now = Instant::now();
    let (mut core, _online) = connected(now);
    let own = Said::Events(vec![read(1)]).write(ME).unwrap();
    assert!(core.on_parcel(own.as_bytes(), now + SILENCE).is_empty());
    assert!(!shown(&core.on_tick(now + SILENCE)).contains(&"Reconnect".to_owned()));
    assert_eq!(shown(&core.on_tick(now + 2 * SILENCE)), ["Reconnect"]);
}

#[test]
fn what_got_lost_while_redis_was_away_is_said_once_it_is_back() {
    let now = Instant::now();
    let (mut core, _online) = core(now);
    let ask = r#"{"ask":null}"#;
    assert_eq!(shown(&core.on_connected(now)), [ask, r#"{"users":{"version":1,"users":[]}}"#, "Sweep"]);
    core.on_lost();
    assert!(core.on_outgoing([Outgoing::Event(read(1)), Outgoing::Declared(7)]).is_empty());
    let users = r#"{"users":{"version":2,"users":[]}}"#;
    assert_eq!(shown(&core.on_connected(now)), [ask, users, r#""missed""#, "Sweep"]);
    assert_eq!(shown(&core.on_overflow()), [r#""missed""#]);
}

#[test]
fn what_others_lost_or_cannot_be_read_is_looked_for_in_the_database() {
    let now = Instant::now();
    let (mut core, _online) = connected(now);
    assert_eq!(hear(&mut core, &Said::Missed, now), ["Sweep"]);
    assert_eq!(shown(&core.on_parcel(br#"2 {"from_the":"future"}"#, now)), ["Sweep"]);
    for noise in [&b"\xff"[..], b"", b"no parcel"] {
        assert!(core.on_parcel(noise, now).is_empty());
    }
}

#[test]
fn the_others_hear_who_came_and_left_since() {
    let now = Instant::now();
    let (mut core, online) = connected(now);
    appear(&online, 7);
    appear(&online, 8);
    disappear(&online, 8);
    assert_eq!(shown(&core.on_tick(now)), [r#"{"moved":{"version":2,"came":[7],"left":[]}}"#]);
    assert!(core.on_tick(now).is_empty());
    disappear(&online, 7);
    let later = now + Duration::from_secs(2);
    let told = [r#"{"moved":{"version":3,"came":[],"left":[7]}}"#, r#"{"pulse":{"version":3}}"#];
    assert_eq!(shown(&core.on_tick(later)), told);
    appear(&online, 9);
    // whoever asks gets it all, and need not be told again
    assert_eq!(hear(&mut core, &Said::Ask(Some(ME)), later), [r#"{"users":{"version":4,"users":[9]}}"#]);
    assert!(core.on_tick(later).is_empty() && hear(&mut core, &Said::Ask(Some(OTHER)), later).is_empty());
}

#[test]
fn whoever_missed_a_move_asks_for_all() {
    let now = Instant::now();
    let (mut core, _online) = connected(now);
    let ask = [r#"{"ask":2}"#];
    assert_eq!(hear(&mut core, &Said::Pulse { version: 4 }, now), ask);
    assert_eq!(hear(&mut core, &Said::Users { version: 4, users: vec![7] }, now), ["2 has 1"]);
    assert!(hear(&mut core, &Said::Pulse { version: 4 }, now).is_empty());
    let moved = |version| Said::Moved { version, came: vec![8], left: vec![7] };
    assert_eq!(hear(&mut core, &moved(5), now), ["2 Moved { came: [8], left: [7] }"]);
    assert_eq!(hear(&mut core, &moved(7), now), ask);
}

#[test]
fn a_node_that_says_goodbye_or_falls_silent_is_gone() {
    let now = Instant::now();
    let (mut core, _online) = connected(now);
    hear(&mut core, &Said::Users { version: 1, users: vec![7] }, now);
    assert_eq!(hear(&mut core, &Said::Bye, now), ["2 Gone"]);
    hear(&mut core, &Said::Users { version: 1, users: vec![7] }, now);
    // also while Redis is away: who is there cannot be known any more
    core.on_lost();
    assert!(core.on_tick(now + SILENCE / 2).is_empty());
    assert_eq!(shown(&core.on_tick(now + SILENCE)), ["2 Gone"]);
    assert!(core.on_tick(now + 2 * SILENCE).is_empty());
}

#[test]
fn a_restarted_bridge_remembers_the_nodes_that_the_hub_knows() {
    let now = Instant::now();
    let online = Online::default();
    online.note(OTHER, Around::Exactly([7].into()));
    let mut core = Core::new(ME, online, now);
    assert_eq!(shown(&core.on_tick(now + SILENCE)), ["2 Gone"]);
}

#[test]
fn whoever_leaves_says_so_to_whoever_can_hear() {
    let now = Instant::now();
    let (mut core, _online) = connected(now);
    let leave = || Outgoing::Leave(oneshot::channel().0);
    assert_eq!(shown(&core.on_outgoing([leave()])), [r#""bye""#, "left"]);
    core.on_lost();
    assert_eq!(shown(&core.on_outgoing([leave()])), ["left"]);
}

#[test]
fn a_cluster_is_named_by_its_secret_without_giving_it_away() {
    let one = Channels::of(b"secret", "");
    assert_eq!(one, Channels::of(b"secret", ""));
    assert!(one != Channels::of(b"other", "") && one != Channels::of(b"secret", "17"));
    assert!(one.name(Topic::Events).starts_with("greenroom:1:") && one.name(Topic::Events).ends_with(":events"));
    assert!(!one.name(Topic::Events).contains("secret"));
}

#[test]
fn somebody_on_two_nodes_leaves_with_the_last_of_them() {
    let online = Online::default();
    let note = |node, users: &[i64]| online.note(node, Around::Exactly(users.iter().copied().collect()));
    appear(&online, 7);
    assert_eq!(note(OTHER, &[7, 8]), (vec![8], vec![]));
    assert_eq!(note(3, &[8]), (vec![], vec![]));
    assert_eq!(note(OTHER, &[]), (vec![], vec![]));
    assert!(online.contains(8) && online.contains(7));
    assert_eq!(online.note(3, Around::Gone), (vec![], vec![8]));
    assert_eq!((online.all(), online.neighbours()), ([7].into(), vec![OTHER]));
}
