//! A storm: many senders in one room, a channel and a support chat, over all dialects and HTTP, on connections that are
//! cut at random, to a server that is killed in between. Afterwards what everybody heard is compared with what is stored.

mod native;
mod plain;
mod poster;
mod replica;
mod sky;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::timeout;

use crate::harness::{Account, Database, Server, databases};
use native::Native;
use plain::{Plain, Tongue};
use poster::{Poster, Way};
use replica::{Known, Replica};
use sky::{END, Sky, history};

/// Senders in the room, by the way they take.
const NATIVE: usize = 22;
const ROOMS: usize = 14;
const HTTP: usize = 14;
/// The same of each kind in the channel.
const IN_CHANNEL: usize = 4;

/// With this begin the names of those who post on sockets that do not acknowledge.
const PLAIN: &str = "plain-";

/// A message to be posted. Its content begins with its name.
#[derive(Clone, Debug)]
struct Post {
    name: String,
    content: String,
}

/// A message of which its poster knows that it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Acknowledged {
    tag: String,
    conversation: String,
    message: String,
    /// Where its poster was told.
    seq: Option<i64>,
}

/// What one client can tell after the storm.
#[derive(Default)]
struct Log {
    who: String,
    acknowledged: Vec<Acknowledged>,
    /// Names of messages whose fate their poster does not know.
    uncertain: Vec<String>,
    replicas: BTreeMap<String, Replica>,
    /// The conversation that a client heard which cannot resume, and the messages of each of its connections.
    conversation: String,
    heard: Vec<Vec<String>>,
}

/// The name of a message, by its content.
fn tag(content: &str) -> &str {
    content.split(' ').next().unwrap()
}

fn posts(who: &str, count: usize) -> Vec<Post> {
    let post = |number: usize| {
        let name = format!("{who}-{number:04}");
        let content = format!("{name} {}", "Was für ein Sturm! ".repeat(1 + number % 7));
        Post { name, content: content.trim_end().to_owned() }
    };
    (0..count).map(post).collect()
}

/// Where it storms.
struct Scene {
    boss: Account,
    members: Vec<Account>,
    room: String,
    channel: String,
    chat: String,
}

const CHANNEL: &str = "storm";

impl Scene {
    async fn set(server: &Server) -> Self {
        let boss = server.super_agent().await;
        let accounts = stream::iter(0..NATIVE + ROOMS + HTTP).map(|_| server.account());
        // hashing passwords is work: not all of it at once
        let members: Vec<Account> = accounts.buffered(8).collect().await;
        let room = boss.post("/api/rooms", json!({"name": "Storm"}), 201).await["id"].as_str().unwrap().to_owned();
        for member in &members {
            boss.post(&format!("/api/rooms/{room}/members/{}", member.id()), json!({}), 200).await;
        }
        boss.post("/api/v1/channels", json!({"name": CHANNEL}), 201).await;
        let channels = boss.get("/api/conversations?kind=channel", 200).await;
        let channel = channels.as_array().unwrap().iter().find(|found| found["channel_id"] == CHANNEL).unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let chat = members[0].post("/api/chats", json!({"agentId": boss.id()}), 201).await["id"].clone();
        Self { boss, members, room, channel, chat: chat.as_str().unwrap().to_owned() }
    }

    /// Starts everybody; gives how many sockets there are when all are connected, and how many clients post.
    fn begin(&self, sky: &Sky, count: usize, clients: &mut JoinSet<Log>) -> (usize, usize) {
        let Self { boss, members, room, channel, chat } = self;
        let (mut sockets, mut others) = (0, 0);
        let mut number = 0;
        let mut named = |kind: &str| {
            number += 1;
            (number, format!("{kind}{number}"))
        };
        let mut socket = |client: Socketed| {
            sockets += 1;
            match client {
                Socketed::Native(native) => drop(clients.spawn(native.run())),
                Socketed::Plain(plain) => drop(clients.spawn(plain.run())),
            }
        };
        for member in &members[..NATIVE] {
            let (number, who) = named("native");
            socket(Socketed::Native(Native::new(sky, number, member, &[room], posts(&who, count))));
        }
        for member in &members[NATIVE..NATIVE + ROOMS] {
            let (number, who) = named(&format!("{PLAIN}rooms"));
            let tongue = Tongue::Rooms { room: room.clone() };
            socket(Socketed::Plain(Plain::new(sky, number, member, tongue, room, posts(&who, count))));
        }
        for member in &members[..IN_CHANNEL] {
            let (number, who) = named("channel-native");
            socket(Socketed::Native(Native::new(sky, number, member, &[channel], posts(&who, count))));
            let (number, _) = named("channel-listener");
            let tongue = Tongue::Channels { channel: CHANNEL.to_owned() };
            socket(Socketed::Plain(Plain::new(sky, number, member, tongue, channel, Vec::new())));
        }
        for person in [&members[0], boss] {
            let (number, who) = named("chat-native");
            socket(Socketed::Native(Native::new(sky, number, person, &[chat], posts(&who, count))));
            let (number, who) = named(&format!("{PLAIN}support"));
            let tongue = Tongue::Support { chat: chat.clone() };
            socket(Socketed::Plain(Plain::new(sky, number, person, tongue, chat, posts(&who, count))));
        }
        // one who only listens, to everything
        let (number, _) = named("watcher");
        socket(Socketed::Native(Native::new(sky, number, boss, &[room, channel, chat], Vec::new())));
        let mut post = |account: &Account, way: Way, conversation: &str, who: &str| {
            others += 1;
            let (sky, account, conversation) = (sky.clone(), account.clone(), conversation.to_owned());
            clients.spawn(Poster { sky, account, way, conversation, posts: posts(who, count) }.run());
        };
        for (place, member) in members[NATIVE + ROOMS..].iter().enumerate() {
            let way = if place % 2 == 0 { Way::Native } else { Way::Rooms };
            post(member, way, room, &named("http").1);
        }
        for member in &members[..IN_CHANNEL] {
            post(member, Way::Channels { channel: CHANNEL.to_owned() }, channel, &named("channel-http").1);
        }
        post(boss, Way::Support, chat, &named("chat-http").1);
        post(&members[0], Way::Native, chat, &named("chat-http").1);
        (sockets, others)
    }
}

enum Socketed {
    Native(Native),
    Plain(Plain),
}

/// Kills the server while everybody posts, then waits for calm and ends the storm; gives what is stored.
async fn rage(
    server: &mut Server,
    sky: &Sky,
    scene: &Scene,
    kills: usize,
    count: usize,
    (sockets, posters): (usize, usize),
) -> BTreeMap<String, Replica> {
    let total = count * (NATIVE + ROOMS + HTTP + 2 * IN_CHANNEL + 6);
    for kill in 1..=kills {
        sky.wait(|progress| progress.acknowledged + progress.uncertain >= total * kill / (kills + 2)).await;
        block_in_place(|| server.kill_and_restart());
    }
    sky.wait(|progress| progress.finished == sockets + posters).await;
    sky.note(|progress| progress.calm = true);
    let connected = async || scene.boss.get("/stats", 200).await["connected_clients"].as_u64();
    // whoever is connected hears the end; and what was sent on a connection that is gone has been read by now
    while connected().await != Some(sockets as u64) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut stored = BTreeMap::new();
    for conversation in [&scene.room, &scene.channel, &scene.chat] {
        let path = format!("/api/conversations/{conversation}/messages");
        let end = scene.boss.post(&path, json!({"content": END}), 201).await;
        let messages = history(&scene.boss, conversation, 0).await;
        let known = messages.iter().map(|message| (message["id"].as_str().unwrap().to_owned(), Known::of(message)));
        let replica = Replica { last_seq: end["seq"].as_i64().unwrap(), messages: known.collect() };
        assert_eq!(replica.messages.len(), messages.len(), "a message stands in the history twice");
        stored.insert(conversation.clone(), replica);
    }
    stored
}

/// What somebody knows to be stored is stored, once, where they were told; what nobody knows of is stored once at most.
fn assert_kept(logs: &[Log], stored: &BTreeMap<String, Replica>) {
    let mut acknowledged = BTreeSet::new();
    for ack in logs.iter().flat_map(|log| &log.acknowledged) {
        let Some(known) = stored[&ack.conversation].messages.get(&ack.message) else { panic!("lost: {ack:?}") };
        assert!(ack.seq.is_none_or(|seq| seq == known.seq), "{ack:?} stands at {}", known.seq);
        assert!(known.deleted || tag(&known.content) == ack.tag, "{ack:?} is {known:?}");
        assert!(acknowledged.insert(&ack.message), "two messages in one: {ack:?}");
    }
    let uncertain: BTreeSet<&str> = logs.iter().flat_map(|log| &log.uncertain).map(String::as_str).collect();
    let mut found = BTreeSet::new();
    for (id, known) in stored.values().flat_map(|replica| &replica.messages) {
        if known.content != END && !acknowledged.contains(id) {
            let tag = tag(&known.content);
            assert!(uncertain.contains(tag), "stored, but nobody posted it, or it is there twice: {known:?}");
            assert!(found.insert(tag), "stored twice: {known:?}");
        }
    }
}

/// The messages of one sender stand in the order in which they were sent. Not so of those who cannot send again: what is
/// read of a connection that was cut may come after what is read of the next one.
fn assert_in_order(stored: &Replica) {
    let mut places: Vec<_> = stored.messages.values().filter(|known| !known.deleted).collect();
    places.sort_by_key(|known| known.seq);
    let mut latest: BTreeMap<&str, &str> = BTreeMap::new();
    for tag in places.iter().map(|known| tag(&known.content)).filter(|tag| !tag.starts_with(PLAIN)) {
        let (sender, _) = tag.rsplit_once('-').unwrap();
        if let Some(before) = latest.insert(sender, tag) {
            assert!(before < tag, "{tag} stands after {before}");
        }
    }
}

/// What a client heard on one connection is a part of what is stored, without a gap.
fn assert_contiguous(log: &Log, stored: &Replica) {
    let mut order: Vec<_> = stored.messages.iter().collect();
    order.sort_by_key(|(_, known)| known.seq);
    let order: Vec<&String> = order.into_iter().map(|(id, _)| id).collect();
    for heard in log.heard.iter().filter(|heard| !heard.is_empty()) {
        let start = order.iter().position(|id| **id == heard[0]).unwrap();
        let end = order.len().min(start + heard.len());
        assert!(heard.iter().eq(order[start..end].iter().copied()), "{}: a gap, a double or a wrong order", log.who);
    }
}

async fn storm(database: Database, count: usize, kills: usize) {
    let mut server = Server::start(database);
    let scene = Scene::set(&server).await;
    let sky = Sky::new(server.port, rand::random());
    let began = std::time::Instant::now();
    let mut clients = JoinSet::new();
    let crowd = scene.begin(&sky, count, &mut clients);
    let ended = async {
        let mut logs = Vec::new();
        while let Some(log) = clients.join_next().await {
            logs.push(log.unwrap());
        }
        logs
    };
    let raging = async { tokio::join!(rage(&mut server, &sky, &scene, kills, count, crowd), ended) };
    let limit = Duration::from_secs(60 + 20 * kills as u64 + count as u64);
    let Ok((stored, mut logs)) = timeout(limit, raging).await else {
        panic!("the storm does not end: {:?} of {crowd:?}", sky.progress())
    };
    // somebody who slept through all of it
    let everything = [scene.room.as_str(), &scene.channel, &scene.chat];
    logs.push(Native::new(&sky, 0, &scene.boss, &everything, Vec::new()).run().await);

    assert_kept(&logs, &stored);
    stored.values().for_each(assert_in_order);
    for log in &logs {
        for (conversation, replica) in &log.replicas {
            replica.assert_equals(&log.who, &stored[conversation]);
        }
        if !log.heard.is_empty() {
            assert_contiguous(log, &stored[&log.conversation]);
        }
    }
    let progress = sky.progress();
    assert!(progress.recovered > 0 && progress.refused > 0 && progress.cuts > 0, "{progress:?}");
    let sum = |of: fn(&Log) -> usize| logs.iter().map(of).sum::<usize>();
    eprintln!(
        "storm: {} clients, {} messages stored, {} acknowledged, {} uncertain; {} kills, {} cuts, {} recoveries, {} by \
         history; {:.1} s",
        crowd.0 + crowd.1,
        stored.values().map(|replica| replica.messages.len()).sum::<usize>(),
        sum(|log| log.acknowledged.len()),
        sum(|log| log.uncertain.len()),
        kills,
        progress.cuts,
        progress.recovered,
        progress.refused,
        began.elapsed().as_secs_f64()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_the_storm_everybody_hears_what_is_stored() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    for database in databases() {
        storm(database, number("GREENROOM_TEST_POSTS", 12), number("GREENROOM_TEST_KILLS", 1)).await;
    }
}
