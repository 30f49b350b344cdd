//! A client of the native protocol: posts, changes and reacts, is cut off, and catches up by `after_seq`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::replica::Replica;
use super::sky::{END, Sky, history, next_frame, say};
use super::{Acknowledged, Log, Post};
use crate::harness::{Account, Socket};

/// Messages that wait for their acknowledgement at the most.
const WINDOW: usize = 4;

pub struct Native {
    sky: Sky,
    dice: StdRng,
    account: Account,
    /// Where it posts.
    home: String,
    replicas: BTreeMap<String, Replica>,
    posts: VecDeque<Post>,
    unacknowledged: VecDeque<Post>,
    acknowledged: BTreeMap<String, Acknowledged>,
    /// Changes that were sent on this connection: the frame's name, and the message.
    changes: BTreeMap<String, String>,
    /// Names of messages that were sent on this connection first.
    fresh: BTreeSet<String>,
    finished: bool,
}

impl Native {
    /// Listens to these conversations, and posts to the first.
    pub fn new(sky: &Sky, number: usize, account: &Account, conversations: &[&str], posts: Vec<Post>) -> Self {
        Self {
            sky: sky.clone(),
            dice: sky.dice(number),
            account: account.clone(),
            home: conversations[0].to_owned(),
            replicas: conversations.iter().map(|id| ((*id).to_owned(), Replica::default())).collect(),
            posts: posts.into(),
            unacknowledged: VecDeque::new(),
            acknowledged: BTreeMap::new(),
            changes: BTreeMap::new(),
            fresh: BTreeSet::new(),
            finished: false,
        }
    }

    pub async fn run(mut self) -> Log {
        while !self.connected().await {}
        Log {
            who: format!("native {}", self.account.username()),
            acknowledged: self.acknowledged.into_values().collect(),
            replicas: self.replicas,
            ..Log::default()
        }
    }

    /// One connection; true at the end of the storm.
    async fn connected(&mut self) -> bool {
        let mut socket = self.sky.connect("/ws", &self.account).await;
        self.fresh.clear();
        // nobody knows what became of them; if they were stored, it will be told
        self.changes.clear();
        for (conversation, replica) in &self.replicas {
            let frame =
                json!({"type": "subscribe", "conversation_id": conversation, "after_seq": replica.last_seq, "id": "s"});
            say(&mut socket, &frame).await;
        }
        for post in &self.unacknowledged {
            say(&mut socket, &frame(post, &self.home)).await;
        }
        let mut left = self.dice.random_range(10..150);
        loop {
            if !self.post(&mut socket).await {
                return false;
            }
            self.tell_if_finished();
            let Some(heard) = next_frame(&mut socket).await else { return false };
            self.hear(heard, &mut socket).await;
            if self.replicas.values().all(|replica| replica.messages.values().any(|known| known.content == END)) {
                return true;
            }
            left -= 1;
            if left <= 0 && !self.sky.progress().calm {
                self.sky.cut(socket, &mut self.dice).await;
                return false;
            }
        }
    }

    /// Posts as much as may wait at once; false if the connection has ended.
    async fn post(&mut self, socket: &mut Socket) -> bool {
        while self.unacknowledged.len() < WINDOW
            && let Some(post) = self.posts.pop_front()
        {
            let frame = frame(&post, &self.home);
            self.fresh.insert(post.name.clone());
            // kept before it is sent: if that fails it is sent again
            self.unacknowledged.push_back(post);
            if !say(socket, &frame).await {
                return false;
            }
        }
        true
    }

    fn tell_if_finished(&mut self) {
        let idle = self.posts.is_empty() && self.unacknowledged.is_empty() && self.changes.is_empty();
        if idle && !std::mem::replace(&mut self.finished, true) {
            self.sky.note(|progress| progress.finished += 1);
        }
    }

    async fn hear(&mut self, heard: Value, socket: &mut Socket) {
        match heard["type"].as_str().unwrap() {
            "subscribed" => self.catch_up(&heard).await,
            "ack" => self.acknowledge(&heard, socket).await,
            "error" => self.refused(&heard, socket).await,
            "new_message" | "message_updated" | "message_deleted" | "reaction" | "conversation" => {
                self.change(&heard);
            }
            "system" | "presence" => {}
            other => panic!("unexpected {other}: {heard}"),
        }
    }

    async fn catch_up(&mut self, subscribed: &Value) {
        let id = subscribed["conversation_id"].as_str().unwrap();
        let replica = self.replicas.get_mut(id).unwrap();
        if subscribed["recovered"] == true {
            replica.recover(subscribed);
            self.sky.note(|progress| progress.recovered += 1);
        } else {
            assert_eq!(subscribed["events"], json!([]), "partial recovery");
            let history = history(&self.account, id, replica.last_seq).await;
            replica.read(subscribed["last_seq"].as_i64().unwrap(), &history);
            self.sky.note(|progress| progress.refused += 1);
        }
    }

    fn change(&mut self, event: &Value) {
        // news of a conversation come without a seq
        let Some(id) = event["conversation_id"].as_str().filter(|_| event["seq"].is_i64()) else { return };
        self.replicas.get_mut(id).unwrap().hear(event);
        if let Some(name) = event["client_msg_id"].as_str() {
            assert!(!self.fresh.contains(name), "told before it was acknowledged: {event}");
        }
        let message = event["message_id"].as_str().or_else(|| event["message"]["id"].as_str());
        let kind = event["type"].as_str().unwrap();
        let by_others = kind == "reaction" && event["user_id"] != self.account.user["id"];
        if !by_others {
            self.changes.retain(|name, changed| !(name.starts_with(kind) && Some(changed.as_str()) == message));
        }
    }

    async fn acknowledge(&mut self, ack: &Value, socket: &mut Socket) {
        let name = ack["client_msg_id"].as_str().unwrap();
        assert_eq!(ack["conversation_id"], self.home);
        self.fresh.remove(name);
        let told = Acknowledged {
            tag: name.to_owned(),
            conversation: self.home.clone(),
            message: ack["message_id"].as_str().unwrap().to_owned(),
            seq: ack["seq"].as_i64(),
        };
        if let Some(before) = self.acknowledged.get(name) {
            assert_eq!(before, &told, "acknowledged twice, not alike");
            return;
        }
        let message = told.message.clone();
        self.acknowledged.insert(name.to_owned(), told);
        self.unacknowledged.retain(|post| post.name != name);
        self.sky.note(|progress| progress.acknowledged += 1);
        self.meddle(name, message, socket).await;
    }

    /// Now and then changes what it has posted, or reacts to what others did.
    async fn meddle(&mut self, tag: &str, mine: String, socket: &mut Socket) {
        let (mut frame, message) = match self.dice.random_range(0..16) {
            0 | 1 => {
                let content = format!("{tag} changed");
                (json!({"type": "edit", "message_id": mine, "content": content, "id": "message_updated"}), mine)
            }
            2 => (json!({"type": "delete", "message_id": mine, "id": "message_deleted"}), mine),
            3 | 4 => {
                let known = &self.replicas[&self.home].messages;
                let Some((id, _)) = known.iter().nth(self.dice.random_range(0..known.len().max(1))) else { return };
                // not the same twice: that would be no change, and nobody would be told
                let emoji = format!("👍{tag}");
                (json!({"type": "react", "message_id": id, "emoji": emoji, "id": "reaction"}), id.clone())
            }
            _ => return,
        };
        let name = format!("{}-{tag}", frame["id"].as_str().unwrap());
        frame["id"] = json!(name);
        if say(socket, &frame).await {
            self.changes.insert(name, message);
        }
    }

    /// A message that was deleted meanwhile cannot be changed; everything else has to work, sooner or later.
    async fn refused(&mut self, error: &Value, socket: &mut Socket) {
        let name = error["ref"].as_str().unwrap_or_else(|| panic!("{error}"));
        if self.changes.remove(name).is_some() {
            return;
        }
        assert!(error["retry_after"].is_number(), "{error}");
        if let Some(post) = self.unacknowledged.iter().find(|post| post.name == name) {
            say(socket, &frame(post, &self.home)).await;
        }
    }
}

fn frame(post: &Post, conversation: &str) -> Value {
    json!({"type": "send", "conversation_id": conversation, "content": post.content, "client_msg_id": post.name})
}
