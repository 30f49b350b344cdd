//! What a client of the native protocol knows of one conversation, and what must not happen to it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A message as it is known: its place, and its latest state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub seq: i64,
    pub content: String,
    pub deleted: bool,
    pub reactions: BTreeMap<String, BTreeSet<i64>>,
}

impl Known {
    pub fn of(message: &Value) -> Self {
        let users = |users: &Value| users.as_array().unwrap().iter().map(|user| user.as_i64().unwrap()).collect();
        let reactions = message["reactions"].as_object().unwrap();
        Self {
            seq: message["seq"].as_i64().unwrap(),
            content: message["content"].as_str().unwrap_or_default().to_owned(),
            deleted: message["deleted"].as_bool().unwrap(),
            reactions: reactions.iter().map(|(emoji, by)| (emoji.clone(), users(by))).collect(),
        }
    }
}

/// A copy of a conversation, kept by its events.
#[derive(Default)]
pub struct Replica {
    pub last_seq: i64,
    pub messages: BTreeMap<String, Known>,
}

impl Replica {
    /// A live event: it must be the very next one.
    pub fn hear(&mut self, frame: &Value) {
        let Some(seq) = frame["seq"].as_i64() else { return };
        assert_eq!(seq, self.last_seq + 1, "after {} came {frame}", self.last_seq);
        self.last_seq = seq;
        self.apply(frame);
    }

    fn apply(&mut self, frame: &Value) {
        let id = || frame["message_id"].as_str().or_else(|| frame["message"]["id"].as_str()).unwrap().to_owned();
        match frame["type"].as_str().unwrap() {
            "new_message" => {
                let message = Known::of(&frame["message"]);
                let before = self.messages.insert(id(), message);
                assert!(before.is_none(), "told twice: {frame}");
            }
            "message_updated" => {
                let before = self.messages.insert(id(), Known::of(&frame["message"]));
                assert!(before.is_some(), "changed before it was told: {frame}");
            }
            "message_deleted" => {
                let seq = frame["seq"].as_i64().unwrap();
                // one that came and went while nobody heard is told by its end only
                let known = self.messages.entry(id()).or_insert_with(|| Known {
                    seq,
                    content: String::new(),
                    deleted: true,
                    reactions: BTreeMap::new(),
                });
                known.deleted = true;
            }
            "reaction" => {
                let known = self.messages.get_mut(&id()).expect("a reaction to a message that was told");
                let (emoji, user) = (frame["emoji"].as_str().unwrap(), frame["user_id"].as_i64().unwrap());
                let users = known.reactions.entry(emoji.to_owned()).or_default();
                if frame["removed"] == true {
                    users.remove(&user);
                } else {
                    users.insert(user);
                }
                known.reactions.retain(|_, users| !users.is_empty());
            }
            "conversation" => {}
            other => panic!("no event of a conversation: {other}"),
        }
    }

    /// What a `subscribed` frame with `recovered` tells: changes since, each message once, ascending.
    pub fn recover(&mut self, subscribed: &Value) {
        let last_seq = subscribed["last_seq"].as_i64().unwrap();
        assert!(last_seq >= self.last_seq, "what was heard up to {} is not stored: {subscribed}", self.last_seq);
        let mut changed = BTreeSet::new();
        let mut before = self.last_seq;
        for event in subscribed["events"].as_array().unwrap() {
            let seq = event["seq"].as_i64().unwrap();
            assert!(before < seq && seq <= last_seq, "{seq} comes after {before}, up to {last_seq}");
            before = seq;
            let message = event["message_id"].as_str().or_else(|| event["message"]["id"].as_str()).unwrap();
            assert!(changed.insert(message.to_owned()), "recovered twice: {event}");
            self.apply(event);
        }
        self.last_seq = last_seq;
    }

    /// What history tells when `subscribed` did not. Whatever is younger than `last_seq` comes as an event as well.
    pub fn read(&mut self, last_seq: i64, history: &[Value]) {
        assert!(last_seq >= self.last_seq);
        for message in history.iter().filter(|message| message["seq"].as_i64().unwrap() <= last_seq) {
            self.messages.insert(message["id"].as_str().unwrap().to_owned(), Known::of(message));
        }
        self.last_seq = last_seq;
    }

    /// Fails unless this is what the database holds. Of a deleted message only that it is gone counts.
    pub fn assert_equals(&self, who: &str, stored: &Self) {
        assert_eq!(self.last_seq, stored.last_seq, "{who}");
        let ids = |replica: &Self| replica.messages.keys().cloned().collect::<BTreeSet<_>>();
        let (mine, theirs) = (ids(self), ids(stored));
        let (missing, made_up): (Vec<_>, Vec<_>) =
            (theirs.difference(&mine).collect(), mine.difference(&theirs).collect());
        assert!(missing.is_empty() && made_up.is_empty(), "{who}: missing {missing:?}, made up {made_up:?}");
        for (id, known) in &self.messages {
            let stored = &stored.messages[id];
            assert_eq!(known.deleted, stored.deleted, "{who}: {id}");
            if !known.deleted {
                assert_eq!(known, stored, "{who}: {id}");
            }
        }
    }
}
