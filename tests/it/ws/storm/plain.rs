//! A client of one of the other dialects: it cannot resume, but while it is connected it hears everything once and in order.

use std::collections::{BTreeSet, VecDeque};

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::sky::{END, Sky, next_frame, say};
use super::{Acknowledged, Log, Post, tag};
use crate::harness::{Account, Socket};

/// Messages whose echo is awaited at the most.
const WINDOW: usize = 3;

/// What it speaks, and where.
#[derive(Clone)]
pub enum Tongue {
    Rooms {
        room: String,
    },
    Support {
        chat: String,
    },
    /// Posts over HTTP only.
    Channels {
        channel: String,
    },
}

impl Tongue {
    fn path(&self) -> String {
        match self {
            Self::Rooms { .. } => "/api/ws/connect".to_owned(),
            Self::Support { .. } => "/api/ws".to_owned(),
            Self::Channels { channel } => format!("/api/v1/ws?channel_id={channel}"),
        }
    }

    /// The first frame of a connection, where one is needed.
    fn hello(&self) -> Option<Value> {
        match self {
            Self::Rooms { .. } | Self::Channels { .. } => None,
            Self::Support { chat } => Some(json!({"type": "join_chat", "data": {"chatId": chat}})),
        }
    }

    fn post(&self, content: &str) -> Value {
        match self {
            Self::Rooms { room } => json!({"type": "message", "content": content, "room_id": room}),
            Self::Support { chat } => json!({"type": "send_message", "data": {"chatId": chat, "content": content}}),
            Self::Channels { .. } => unreachable!("this dialect has no frame for it"),
        }
    }

    /// A message of the conversation that a frame tells of: its id and content.
    fn posted<'a>(&self, frame: &'a Value) -> Option<(&'a str, &'a str)> {
        let message = match (self, frame["type"].as_str().unwrap()) {
            (Self::Rooms { room }, "message") if frame["message"]["room_id"] == *room => &frame["message"],
            (Self::Support { chat }, "new_message") if frame["data"]["chatId"] == *chat => &frame["data"],
            (Self::Channels { channel }, "new_message") if frame["channel_id"] == *channel => &frame["data"],
            (_, "error") => panic!("{frame}"),
            _ => return None,
        };
        Some((message["id"].as_str().unwrap(), message["content"].as_str().unwrap()))
    }
}

pub struct Plain {
    sky: Sky,
    dice: StdRng,
    account: Account,
    tongue: Tongue,
    conversation: String,
    posts: VecDeque<Post>,
    log: Log,
    finished: bool,
}

impl Plain {
    pub fn new(
        sky: &Sky,
        number: usize,
        account: &Account,
        tongue: Tongue,
        conversation: &str,
        posts: Vec<Post>,
    ) -> Self {
        let who = format!("{} on {}", account.username(), tongue.path());
        Self {
            sky: sky.clone(),
            dice: sky.dice(number),
            account: account.clone(),
            tongue,
            conversation: conversation.to_owned(),
            posts: posts.into(),
            log: Log { who, conversation: conversation.to_owned(), ..Log::default() },
            finished: false,
        }
    }

    pub async fn run(mut self) -> Log {
        while !self.connected().await {}
        self.log
    }

    /// One connection; true at the end of the storm. What was sent and not heard by its end may be stored or not.
    async fn connected(&mut self) -> bool {
        let mut socket = self.sky.connect(&self.tongue.path(), &self.account).await;
        if let Some(hello) = self.tongue.hello() {
            say(&mut socket, &hello).await;
        }
        let mut awaited = BTreeSet::new();
        let mut heard = Vec::new();
        let ended = self.listen(&mut socket, &mut awaited, &mut heard).await;
        self.sky.note(|progress| progress.uncertain += awaited.len());
        self.log.uncertain.extend(awaited);
        self.log.heard.push(heard);
        if !ended {
            self.sky.cut(socket, &mut self.dice).await;
        }
        ended
    }

    async fn listen(&mut self, socket: &mut Socket, awaited: &mut BTreeSet<String>, heard: &mut Vec<String>) -> bool {
        let mut left = self.dice.random_range(10..150);
        loop {
            while awaited.len() < WINDOW
                && let Some(post) = self.posts.pop_front()
            {
                awaited.insert(post.name);
                if !say(socket, &self.tongue.post(&post.content)).await {
                    return false;
                }
            }
            if self.posts.is_empty() && awaited.is_empty() && !std::mem::replace(&mut self.finished, true) {
                self.sky.note(|progress| progress.finished += 1);
            }
            let Some(frame) = next_frame(socket).await else { return false };
            if let Some((id, content)) = self.tongue.posted(&frame) {
                heard.push(id.to_owned());
                if awaited.remove(tag(content)) {
                    self.acknowledged(id, tag(content));
                }
                if content == END {
                    return true;
                }
            }
            left -= 1;
            if left <= 0 && !self.sky.progress().calm {
                return false;
            }
        }
    }

    fn acknowledged(&mut self, id: &str, tag: &str) {
        let conversation = self.conversation.clone();
        self.log.acknowledged.push(Acknowledged {
            tag: tag.to_owned(),
            conversation,
            message: id.to_owned(),
            seq: None,
        });
        self.sky.note(|progress| progress.acknowledged += 1);
    }
}
