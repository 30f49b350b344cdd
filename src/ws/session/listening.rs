//! What a session knows of the conversations it listens to and of the messages it has sent: each event once and in order,
//! each acknowledgement before the event of its message.

use std::collections::HashMap;

use serde_json::Value;

use super::{Effect, Moment, SessionCore};
use crate::actors::hub::{Numbered, Passing, Run};
use crate::domain::ConversationId;
use crate::domain::change::{Ack, Done, Wish};
use crate::domain::command::Place;
use crate::domain::conversation::Conversation;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::message::Message;
use crate::wire::{Closing, Dialect, IsOnline, Reply};

/// Empty for whoever only hears.
#[derive(Default)]
pub(super) struct Listening {
    /// The latest `seq` that the client knows of each conversation it listens to.
    known: HashMap<ConversationId, i64>,
    /// Names of messages on their way, and how often each was sent.
    unacknowledged: HashMap<String, u32>,
}

impl Listening {
    /// Whether an acknowledgement is still owed; from now on, one less.
    fn owes(&mut self, name: &str) -> bool {
        let Some(count) = self.unacknowledged.get_mut(name) else { return false };
        *count -= 1;
        if *count == 0 {
            self.unacknowledged.remove(name);
        }
        true
    }
}

/// What a client listens to from now on.
pub struct Subscription<'a> {
    pub conversation: ConversationId,
    pub after_seq: Option<i64>,
    /// After a restart of the hub.
    pub again: bool,
    pub online: IsOnline<'a>,
}

impl SessionCore {
    fn listening(&mut self) -> &mut Listening {
        self.listening.get_or_insert_default()
    }

    /// Whether the client listens to a conversation, as far as it was told.
    fn listens(&self, conversation: ConversationId) -> bool {
        self.listening.as_ref().is_some_and(|listening| listening.known.contains_key(&conversation))
    }

    pub(super) fn unsubscribe(&mut self, conversation: ConversationId, now: Moment) -> Vec<Effect> {
        self.listening().known.remove(&conversation);
        let mut effects = vec![Effect::Unsubscribe(conversation)];
        effects.extend(self.say(Reply::Unsubscribed { conversation }, now));
        effects
    }

    pub(super) fn write(&mut self, wish: Wish, reference: Option<Value>) -> Vec<Effect> {
        if let Wish::Post(draft) = &wish
            && let Some(name) = &draft.client_msg_id
        {
            *self.listening().unacknowledged.entry(name.clone()).or_default() += 1;
        }
        vec![Effect::Write { wish, reference }]
    }

    /// The hub brings events, and this is what happened before. An event that came meanwhile is in both: it is passed on only
    /// if it is newer.
    pub fn on_subscribed(
        &mut self,
        subscription: &Subscription<'_>,
        caught_up: Result<(i64, Option<Vec<Message>>)>,
        reference: Option<&Value>,
        now: Moment,
    ) -> Vec<Effect> {
        let Subscription { conversation, after_seq, again, online } = *subscription;
        if self.closing.is_some() {
            return Vec::new();
        }
        let (last_seq, events) = match caught_up {
            Ok(caught_up) => caught_up,
            // it would hear nothing, and not know: let it come again
            Err(error) if again && error.kind != Kind::NotFound => return self.close(Closing::FAILED, now),
            Err(error) => {
                self.listening().known.remove(&conversation);
                let mut effects = vec![Effect::Unsubscribe(conversation)];
                if !again {
                    effects.extend(self.refuse(&error, reference, now));
                }
                return effects;
            }
        };
        let known = self.listening().known.insert(conversation, last_seq);
        if again && known == Some(last_seq) {
            return Vec::new();
        }
        if again && self.dialect != Dialect::Coach {
            // no frame tells of what was missed; who had heard nothing so far cannot have missed what they know of
            let missed = known.is_some_and(|known| known > 0);
            return if missed { self.close(Closing::FAILED, now) } else { Vec::new() };
        }
        let after = after_seq.unwrap_or(last_seq);
        self.say(Reply::Subscribed { conversation, last_seq, after, events: events.as_deref(), online }, now)
    }

    /// The restarted hub knows nothing of what the client listens to.
    pub(super) fn listen_again(&self) -> Vec<Effect> {
        let known = self.listening.iter().flat_map(|listening| &listening.known);
        let again = |(conversation, seq): (&ConversationId, &i64)| Effect::Subscribe {
            conversation: *conversation,
            after_seq: Some(*seq),
            again: true,
            reference: None,
        };
        known.map(again).collect()
    }

    /// The client came into a place, or left it.
    pub fn on_entered(
        &mut self,
        place: &Place,
        entered: bool,
        conversation: Result<&Conversation>,
        reference: Option<&Value>,
        now: Moment,
    ) -> Vec<Effect> {
        if self.closing.is_some() {
            return Vec::new();
        }
        match conversation {
            Ok(conversation) => {
                let known = &mut self.listening().known;
                if entered {
                    known.insert(conversation.id, 0);
                } else {
                    known.remove(&conversation.id);
                }
                self.say(Reply::Entered { place, conversation, entered }, now)
            }
            Err(error) => self.refuse(&error, reference, now),
        }
    }

    /// The hub brings stored changes of a conversation.
    pub fn on_stored(&mut self, run: &Run, now: Moment) -> Vec<Effect> {
        if self.closing.is_some() {
            return Vec::new();
        }
        let user = self.user();
        let listening = self.listening();
        let Some(known) = listening.known.get_mut(&run.conversation) else { return Vec::new() };
        let new = run.events.partition_point(|event| event.seq <= *known);
        let Some(last) = run.events[new..].last() else { return Vec::new() };
        *known = last.seq;
        let mut effects = Vec::with_capacity(run.events.len() - new);
        for Numbered { text, ack, .. } in &run.events[new..] {
            if let Some((sender, ack)) = ack
                && user == Some(*sender)
                && self.listening().owes(&ack.client_msg_id)
            {
                effects.extend(self.acknowledge(ack, now));
            }
            effects.push(Effect::Send(text.clone()));
        }
        effects
    }

    /// The hub brings an event of a conversation that took no place. While it is not clear whether the client may listen,
    /// the hub brings events already: they are not for it.
    pub fn on_passing(&self, Passing { conversation, text }: Passing) -> Option<Effect> {
        (self.closing.is_none() && self.listens(conversation)).then_some(Effect::Send(text))
    }

    fn acknowledge(&self, ack: &Ack, now: Moment) -> Vec<Effect> {
        self.say(Reply::Acknowledged { ack }, now)
    }

    /// What came of a change that the client wanted. Its event may have been quicker.
    pub fn on_written(
        &mut self,
        name: Option<&str>,
        done: Result<Done>,
        reference: Option<&Value>,
        now: Moment,
    ) -> Vec<Effect> {
        if self.closing.is_some() {
            return Vec::new();
        }
        let owed = name.is_some_and(|name| self.listening().owes(name));
        match done {
            Ok(Done::Posted(posted)) => {
                let ack = posted.ack().filter(|_| owed);
                ack.map_or_else(Vec::new, |ack| self.acknowledge(&ack, now))
            }
            Ok(_) => Vec::new(),
            Err(error) => self.refuse(&error, reference, now),
        }
    }

    /// Something that was asked for beside was refused.
    pub fn on_refused(&self, error: &Error, reference: Option<&Value>, now: Moment) -> Vec<Effect> {
        if self.closing.is_some() { Vec::new() } else { self.refuse(error, reference, now) }
    }
}
