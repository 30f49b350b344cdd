//! What all clients of a storm share: where the server is, how far the storm is, and bad connections.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::Value;
use socket2::SockRef;
use tokio::sync::watch;
use tokio_tungstenite::MaybeTlsStream;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Account, Socket};

/// The content of the last message of each conversation.
pub const END: &str = "THE-END";

/// How far a storm is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Messages that their posters know to be stored.
    pub acknowledged: usize,
    /// Messages whose posters will never know.
    pub uncertain: usize,
    /// Clients that have nothing left to post.
    pub finished: usize,
    /// The first of those who post over HTTP is done: from now on nobody stays away.
    pub waning: bool,
    /// No client cuts its connection any more.
    pub calm: bool,
    pub cuts: usize,
    /// Subscriptions after a cut that told what was missed, and those that left it to the history.
    pub recovered: usize,
    pub refused: usize,
}

#[derive(Clone)]
pub struct Sky {
    port: u16,
    seed: u64,
    progress: watch::Sender<Progress>,
}

impl Sky {
    pub fn new(port: u16, seed: u64) -> Self {
        Self { port, seed, progress: watch::Sender::new(Progress::default()) }
    }

    pub fn progress(&self) -> Progress {
        *self.progress.borrow()
    }

    pub fn note(&self, change: impl FnOnce(&mut Progress)) {
        self.progress.send_modify(change);
    }

    pub async fn wait(&self, reached: impl FnMut(&Progress) -> bool) {
        self.progress.subscribe().wait_for(reached).await.unwrap();
    }

    /// The dice of one client.
    pub fn dice(&self, client: usize) -> StdRng {
        StdRng::seed_from_u64(self.seed.wrapping_add(client as u64))
    }

    /// Opens a socket as soon as the server takes one: it may be away at the moment.
    pub async fn connect(&self, path: &str, account: &Account) -> Socket {
        for _ in 0..3000 {
            if let Ok(socket) = Socket::dial(self.port, path, Some(&account.token)).await {
                return socket;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{path}: the server does not come back");
    }

    /// Cuts a connection in one of the ways in which connections end, then stays away for a while.
    pub async fn cut(&self, mut socket: Socket, dice: &mut StdRng) {
        match dice.random_range(0..3) {
            0 => {
                if let MaybeTlsStream::Plain(stream) = socket.0.get_ref() {
                    // reset: what the server still sends is lost
                    SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
                }
            }
            1 => {
                // politely; the connection may be broken already
                let _ = socket.0.close(None).await;
            }
            _ => {}
        }
        drop(socket);
        self.note(|progress| progress.cuts += 1);
        let absence = if dice.random_bool(0.3) { dice.random_range(0..60) } else { 0 };
        let back = self.progress().acknowledged + absence;
        self.wait(|progress| progress.waning || progress.acknowledged >= back).await;
    }
}

/// The next frame; `None` when the connection has ended, however it did.
pub async fn next_frame(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.0.next().await {
            Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(Some(frame)))) => {
                // a storm breaks no rules, so nobody may be closed for breaking one
                let code = u16::from(frame.code);
                assert!(!matches!(code, 1002..=1009), "closed with {frame:?}");
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return None,
        }
    }
}

/// False if the connection has ended.
pub async fn say(socket: &mut Socket, frame: &Value) -> bool {
    socket.0.send(Message::text(frame.to_string())).await.is_ok()
}

/// What came of a request.
pub enum Answer {
    Done(Value),
    /// Nothing happened; worth another try.
    Refused,
    /// The connection broke: nobody knows.
    Unknown,
}

/// A request that may meet a server that is away.
pub async fn request(account: &Account, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let mut request = account.request(method, path);
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) if error.is_connect() => {
            tokio::time::sleep(Duration::from_millis(20)).await;
            return Answer::Refused;
        }
        Err(_) => return Answer::Unknown,
    };
    let status = answer.status();
    let next = answer.headers().get("X-Next-Cursor").map(|cursor| cursor.to_str().unwrap().to_owned());
    let Ok(body) = answer.json::<Value>().await else { return Answer::Unknown };
    match status.as_u16() {
        200 | 201 => Answer::Done(match next {
            Some(cursor) => serde_json::json!({"page": body, "next": cursor}),
            None => body,
        }),
        503 if body["code"] == "WRITE_UNCERTAIN" => Answer::Unknown,
        503 => Answer::Refused,
        _ => panic!("{path}: {status} {body}"),
    }
}

/// All that changed in a conversation after `seq`, by pages.
pub async fn history(account: &Account, conversation: &str, seq: i64) -> Vec<Value> {
    let path = format!("/api/conversations/{conversation}/messages?after_seq={seq}&limit=200");
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        match request(account, Method::GET, &format!("{path}{cursor}"), None).await {
            Answer::Done(mut answer) => {
                let next = answer["next"].as_str().map(|next| format!("&cursor={next}"));
                let page = if next.is_some() { answer["page"].take() } else { answer };
                all.extend(page.as_array().unwrap().iter().cloned());
                match next {
                    Some(next) => cursor = next,
                    None => return all,
                }
            }
            Answer::Refused | Answer::Unknown => {}
        }
    }
}
