//! Somebody who posts over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use super::sky::{Answer, Sky, request};
use super::{Acknowledged, Log, Post};
use crate::harness::Account;

/// One of the paths on which the same conversation can be written to.
#[derive(Clone)]
pub enum Way {
    /// `client_msg_id` names a message: the same again is stored once.
    Native,
    Rooms,
    Support,
    Channels {
        channel: String,
    },
}

pub struct Poster {
    pub sky: Sky,
    pub account: Account,
    pub way: Way,
    pub conversation: String,
    pub posts: Vec<Post>,
}

impl Poster {
    pub async fn run(self) -> Log {
        let mut log = Log { who: format!("{} over HTTP", self.account.username()), ..Log::default() };
        for post in &self.posts {
            match self.post(post).await {
                Some(message) => {
                    let (tag, conversation) = (post.name.clone(), self.conversation.clone());
                    let id = message["id"].as_str().unwrap().to_owned();
                    let seq = message["seq"].as_i64();
                    log.acknowledged.push(Acknowledged { tag, conversation, message: id, seq });
                    self.sky.note(|progress| progress.acknowledged += 1);
                }
                None => {
                    log.uncertain.push(post.name.clone());
                    self.sky.note(|progress| progress.uncertain += 1);
                }
            }
        }
        self.sky.note(|progress| {
            progress.finished += 1;
            progress.waning = true;
        });
        log
    }

    /// The stored message, or nothing if nobody knows whether it is stored.
    async fn post(&self, post: &Post) -> Option<Value> {
        let (path, body) = self.message(post);
        loop {
            match request(&self.account, Method::POST, &path, Some(&body)).await {
                Answer::Done(mut answer) if answer["success"] == true => return Some(answer["data"].take()),
                Answer::Done(answer) => return Some(answer),
                Answer::Unknown if !matches!(self.way, Way::Native) => return None,
                Answer::Refused | Answer::Unknown => {}
            }
        }
    }

    fn message(&self, Post { name, content }: &Post) -> (String, Value) {
        let id = &self.conversation;
        match &self.way {
            Way::Native => {
                (format!("/api/conversations/{id}/messages"), json!({"content": content, "client_msg_id": name}))
            }
            Way::Rooms => ("/api/messages".to_owned(), json!({"content": content, "room_id": id})),
            Way::Support => (format!("/api/chats/{id}/messages"), json!({"content": content})),
            Way::Channels { channel } => {
                ("/api/v1/messages".to_owned(), json!({"content": content, "channel_id": channel}))
            }
        }
    }
}
