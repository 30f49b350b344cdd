//! Clients that want more of the server's memory than is theirs: one that never reads, one that announces a huge frame.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use crate::harness::{Account, Server, Socket, databases};

const MIB: u64 = 1024;
/// So many messages may be on their way to the listeners.
const AHEAD: usize = 4;

async fn listen(socket: &mut Socket, room: &Value) {
    socket.send(json!({"type": "subscribe", "conversation_id": room})).await;
    socket.wait("subscribed").await;
}

/// What listeners measure: how long after its posting each message reached them.
#[derive(Clone)]
struct Clockwork {
    posted: Arc<Mutex<Vec<Instant>>>,
    delays: Arc<Mutex<Vec<Duration>>>,
    /// Messages that were heard, over all listeners.
    heard: watch::Sender<usize>,
}

impl Clockwork {
    fn post(&self) {
        self.posted.lock().unwrap().push(Instant::now());
    }

    fn heard(&self, seq: usize) {
        let posted = self.posted.lock().unwrap()[seq - 1];
        self.delays.lock().unwrap().push(posted.elapsed());
        self.heard.send_modify(|heard| *heard += 1);
    }

    /// Waits until so many were heard: a poster that runs away from them would make all of them slow.
    async fn keep_pace(&self, heard: usize) {
        let mut so_far = self.heard.subscribe();
        let reached = timeout(Duration::from_secs(60), so_far.wait_for(|so_far| *so_far >= heard)).await;
        assert!(reached.is_ok(), "{} of {heard} were heard", *self.heard.borrow());
    }

    /// Median and 99th percentile since the last time, in milliseconds.
    fn figures(&self) -> (f64, f64) {
        let mut delays = std::mem::take(&mut *self.delays.lock().unwrap());
        delays.sort_unstable();
        let at = |share: f64| delays[((delays.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        (at(0.5), at(0.99))
    }
}

/// Reads everything until so many messages have come: each once, in its place.
async fn attend(mut socket: Socket, clockwork: Clockwork, mut until: watch::Receiver<usize>) {
    let mut heard = 0;
    loop {
        let message = tokio::select! {
            message = socket.0.next() => message,
            _ = until.wait_for(|until| heard >= *until) => return,
        };
        let Some(Ok(message)) = message else { panic!("a listener was closed after {heard} messages: {message:?}") };
        let Message::Text(text) = message else { continue };
        // the long content is not parsed: a thousand listeners share this process
        let Some(rest) = text.strip_prefix("{\"type\":\"new_message\"") else { continue };
        let seq = rest.split("\"seq\":").nth(1).unwrap().split(',').next().unwrap().parse::<usize>().unwrap();
        heard += 1;
        assert_eq!(seq, heard);
        clockwork.heard(seq);
    }
}

/// A listener whose window stays shut.
async fn stalled(server: &Server, user: &Account, room: &Value) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(([127, 0, 0, 1], server.port).into()).await.unwrap();
    let mut request = format!("ws://127.0.0.1:{}/ws", server.port).into_client_request().unwrap();
    request.headers_mut().insert("Authorization", format!("Bearer {}", user.token).parse().unwrap());
    let (socket, _) = client_async(request, MaybeTlsStream::Plain(stream)).await.unwrap();
    let mut socket = Socket(socket);
    listen(&mut socket, room).await;
    socket
}

/// A counter of `/metrics`, over all its labels.
async fn counted(user: &Account, counter: &str) -> u64 {
    let metrics = user.anonymous(reqwest::Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let lines = metrics.lines().filter(|line| line.starts_with(counter));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

/// How many sockets have ended, however they did.
async fn ended(user: &Account) -> u64 {
    counted(user, "greenroom_socket_closes_total").await
}

/// `GREENROOM_TEST_LISTENERS=1000` and `-- --nocapture` measure what the short form only checks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stalls_is_gone_and_the_others_lose_nothing() {
    let count = std::env::var("GREENROOM_TEST_LISTENERS").ok().and_then(|text| text.parse().ok()).unwrap_or(40_usize);
    for database in databases() {
        let server = Server::with(database, &[("WS_MAX_PER_USER", "5000")]);
        let user = server.account().await;
        let room = user.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].clone();
        let clockwork = Clockwork { posted: Arc::default(), delays: Arc::default(), heard: watch::Sender::new(0) };
        let until = watch::Sender::new(usize::MAX);
        let mut listeners = JoinSet::new();
        for _ in 0..count {
            let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
            listen(&mut socket, &room).await;
            listeners.spawn(attend(socket, clockwork.clone(), until.subscribe()));
        }
        let mut posted = 0;
        let path = format!("/api/conversations/{}/messages", room.as_str().unwrap());
        let body = json!({"content": "x".repeat(16_384)});
        let mut post = async || {
            clockwork.post();
            user.post(&path, body.clone(), 201).await;
            posted += 1;
            clockwork.keep_pace(count * (posted - posted.min(AHEAD))).await;
        };
        for _ in 0..50 {
            post().await;
        }
        let calm = (server.memory(), clockwork.figures());

        let mut guest = Some(stalled(&server, &user, &room).await);
        let began = Instant::now();
        let mut most = 0;
        let mut gone = None;
        // more than may wait for one socket and its connection together
        let mut further = 300;
        while gone.is_none() || further > 0 {
            post().await;
            further -= 1;
            most = most.max(server.memory().unwrap_or_default());
            if gone.is_none() && ended(&user).await == 1 {
                gone = Some(began.elapsed());
                guest = None;
            }
            assert!(began.elapsed() < Duration::from_secs(120), "the stalled reader stays");
        }
        assert!(guest.is_none());
        let stormy = clockwork.figures();
        until.send_replace(posted);
        while let Some(listener) = listeners.join_next().await {
            listener.unwrap();
        }
        if let (Some(before), _) = calm {
            assert!(most < before + 64 * MIB, "{before} KiB became {most} KiB");
        }
        eprintln!(
            "stalled: {count} listeners, {posted} messages of 16 KiB; gone after {:.1} s; memory {:?} → {most} KiB; p50 and \
             p99 in ms: {:.1?} before, {stormy:.1?} with the stalled one",
            gone.unwrap().as_secs_f64(),
            calm.0,
            calm.1,
        );
    }
}

#[tokio::test]
async fn a_slow_reader_who_wakes_up_in_time_is_told_why_it_was_dropped() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        let room = user.post("/api/rooms", json!({"name": "Tea"}), 201).await["id"].clone();
        let mut sleeper = stalled(&server, &user, &room).await;
        let path = format!("/api/conversations/{}/messages", room.as_str().unwrap());
        let body = json!({"content": "x".repeat(16_384)});
        for posted in 0.. {
            user.post(&path, body.clone(), 201).await;
            if counted(&user, "greenroom_slow_consumers_total").await == 1 {
                break;
            }
            assert!(posted < 1000, "nobody was dropped");
        }
        // what was on its way comes in its order, then the reason
        let mut heard = 0;
        let close = loop {
            match sleeper.next().await {
                Ok(frame) if frame["type"] == "new_message" => {
                    heard += 1;
                    assert_eq!(frame["seq"], heard);
                }
                Ok(_) => {}
                Err(close) => break close,
            }
        };
        assert_eq!(close, Some((1013, "SLOW_CONSUMER".to_owned())));
        // and whoever resumes has lost nothing
        let mut socket = Socket::open(&server, "/ws", Some(&user)).await;
        socket.send(json!({"type": "subscribe", "conversation_id": room, "after_seq": heard})).await;
        let subscribed = socket.wait("subscribed").await;
        assert!(subscribed["last_seq"].as_i64().unwrap() > heard);
    }
}

#[tokio::test]
async fn who_announces_two_gibibytes_is_closed_and_costs_nothing() {
    for database in databases() {
        let server = Server::start(database);
        let user = server.account().await;
        for path in ["/ws", "/api/ws/connect", "/api/ws", "/api/v1/ws"] {
            let mut socket = Socket::open(&server, path, Some(&user)).await;
            let before = server.memory();
            let MaybeTlsStream::Plain(stream) = socket.0.get_mut() else { unreachable!("there is no TLS here") };
            let header = [&[0x81, 0xff][..], &(2_u64 << 30).to_be_bytes(), &[0; 4]].concat();
            stream.write_all(&header).await.unwrap();
            // far less than was announced, far more than may be kept
            let chunk = vec![b' '; 1024 * 1024];
            for _ in 0..64 {
                if stream.write_all(&chunk).await.is_err() {
                    break;
                }
            }
            let after = server.memory();
            assert_eq!(socket.closed().await, Some((1009, "MESSAGE_TOO_LARGE".to_owned())), "{path}");
            if let (Some(before), Some(after)) = (before, after) {
                assert!(after < before + 16 * MIB, "{path}: {before} KiB became {after} KiB");
            }
        }
    }
}
