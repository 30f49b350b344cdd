//! The assistant of a session: answers questions from its memory, in the order in which they were asked.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Effect, Moment, SessionCore};
use crate::actors::hub::{ClientId, Memory};
use crate::domain::UserId;
use crate::domain::change::Wish;
use crate::domain::error::{Error, Kind};
use crate::services::matching::{Matcher, Outcome};
use crate::wire::{Dialect, Reply};

/// What the assistant says if it finds nothing in the memory of the session.
pub(super) const NO_ANSWER: &str = "I don't have information about that.";
/// Questions that may wait for the embedder.
const MAX_WAITING: usize = 64;

#[derive(Default)]
pub(super) struct Assistant {
    memory: Option<Memory>,
    /// For whom what an earlier socket had is being loaded.
    restoring: Option<UserId>,
    /// The first is being embedded, unless it waits for the memory.
    waiting: VecDeque<Asked>,
}

/// A question, with what was loaded when it was asked.
struct Asked {
    question: String,
    session_id: Option<String>,
    /// What is asked while nobody has signed in is nobody's.
    by: Option<UserId>,
    matcher: Option<Arc<Matcher>>,
    /// Until it is clear what is in memory.
    waits: bool,
}

/// What the assistant says, and where it has it from.
struct Found {
    answer: String,
    metadata: Value,
}

impl Asked {
    /// What can be said without the question's vector: it has the wording of a saved one, or there is none.
    fn at_once(&self) -> Option<Found> {
        if self.waits {
            return None;
        }
        match self.matcher.as_deref().filter(|matcher| !matcher.is_empty()) {
            Some(matcher) => matcher.exact(&self.question).map(|outcome| self.found(&outcome)),
            None => Some(Found { answer: NO_ANSWER.to_owned(), metadata: json!({"from_qa": false}) }),
        }
    }

    /// `None`: the embedder did not answer, and nobody knows whether a saved question means the same.
    fn by_vector(&self, vector: Option<&[f32]>) -> Found {
        match (self.matcher.as_deref(), vector) {
            (Some(matcher), Some(vector)) => self.found(&matcher.best(&self.question, vector)),
            _ => {
                let metadata = json!({"from_qa": false, "question": self.question, "reason": "EMBEDDING_UNAVAILABLE"});
                Found { answer: NO_ANSWER.to_owned(), metadata }
            }
        }
    }

    fn found(&self, outcome: &Outcome<'_>) -> Found {
        let nearest = outcome.candidate;
        let mut metadata = json!({
            "from_qa": false,
            "question": self.question,
            "similarity": nearest.map(|nearest| rounded(nearest.similarity)),
            "cosine": nearest.map(|nearest| rounded(nearest.cosine)),
            "runner_up": outcome.runner_up.map(rounded),
            "threshold": rounded(outcome.threshold),
        });
        let Some(matched) = outcome.matched() else { return Found { answer: NO_ANSWER.to_owned(), metadata } };
        metadata["from_qa"] = true.into();
        metadata["matched_question"] = matched.question.into();
        metadata["saved_question_id"] = matched.id.into();
        Found { answer: matched.answer.to_owned(), metadata }
    }
}

/// To six digits: what `f32` shows beyond them is noise.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 1e6).round() / 1e6
}

impl SessionCore {
    /// Answers, unless the question or one before it has to be embedded first.
    pub(super) fn ask(
        &mut self,
        question: String,
        session_id: Option<String>,
        reference: Option<&Value>,
        now: Moment,
    ) -> Vec<Effect> {
        let by = self.user();
        let assistant = self.assistant.get_or_insert_default();
        let ahead = assistant.waiting.len();
        if ahead >= MAX_WAITING {
            return self.refuse(&busy(), reference, now);
        }
        let matcher = assistant.memory.as_ref().and_then(|memory| memory.matcher.clone());
        let waits = assistant.restoring.is_some();
        assistant.waiting.push_back(Asked { question, session_id, by, matcher, waits });
        if ahead > 0 { Vec::new() } else { self.answer_waiting(now) }
    }

    /// The vector of the question that waits first; `None` if the embedder gave none.
    pub fn on_embedded(&mut self, vector: Option<&[f32]>, now: Moment) -> Vec<Effect> {
        let Some(asked) = self.next_waiting().filter(|_| self.closing.is_none()) else { return Vec::new() };
        let mut effects = self.tell(&asked, asked.by_vector(vector), now);
        effects.extend(self.answer_waiting(now));
        effects
    }

    /// The session is given another memory. Not by others than its user, who may have signed in meanwhile.
    pub fn on_memory(&mut self, memory: Memory, now: Moment) -> Vec<Effect> {
        if self.user().is_some_and(|user| user != memory.by) {
            return Vec::new();
        }
        let assistant = self.assistant.get_or_insert_default();
        assistant.memory = Some(memory);
        // what an earlier socket had is of no interest any more
        if assistant.restoring.take().is_some() { self.answer_deferred(now) } else { Vec::new() }
    }

    /// Whoever signs in may have had something in memory on an earlier socket.
    pub(super) fn restore(&mut self) -> Option<Effect> {
        let user = self.user().filter(|_| self.dialect == Dialect::Coach)?;
        let assistant = self.assistant.get_or_insert_default();
        if assistant.memory.is_some() || assistant.restoring.is_some() {
            return None;
        }
        assistant.restoring = Some(user);
        Some(Effect::Restore(user))
    }

    /// What an earlier socket of the user had in memory, if it had anything.
    pub fn on_restored(
        &mut self,
        client_id: ClientId,
        user: UserId,
        matcher: Option<Arc<Matcher>>,
        now: Moment,
    ) -> Vec<Effect> {
        let Some(assistant) = self.assistant.as_mut().filter(|assistant| assistant.restoring == Some(user)) else {
            return Vec::new();
        };
        assistant.restoring = None;
        if self.closing.is_some() {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if let Some(matcher) = matcher {
            let loaded = matcher.len();
            assistant.memory = Some(Memory { by: user, matcher: Some(matcher) });
            effects = self.say(Reply::Restored { client_id: &client_id.to_string(), loaded }, now);
        } else if assistant.waiting.is_empty() {
            // most sockets only hear
            self.assistant = None;
        }
        effects.extend(self.answer_deferred(now));
        effects
    }

    /// It is clear by now what is in memory: whatever was asked meanwhile is answered from it.
    fn answer_deferred(&mut self, now: Moment) -> Vec<Effect> {
        let Some(assistant) = &mut self.assistant else { return Vec::new() };
        let matcher = assistant.memory.as_ref().and_then(|memory| memory.matcher.clone());
        // otherwise one that was asked before is being embedded
        let is_next = assistant.waiting.front().is_some_and(|asked| asked.waits);
        for asked in assistant.waiting.iter_mut().filter(|asked| asked.waits) {
            asked.waits = false;
            asked.matcher.clone_from(&matcher);
        }
        if is_next { self.answer_waiting(now) } else { Vec::new() }
    }

    /// Whoever signs in is answered from nothing that somebody else has loaded before.
    pub(super) fn forget_memory_of_others(&mut self, user: UserId) {
        if let Some(assistant) = &mut self.assistant {
            assistant.memory = assistant.memory.take().filter(|memory| memory.by == user);
        }
    }

    fn next_waiting(&mut self) -> Option<Asked> {
        self.assistant.as_mut()?.waiting.pop_front()
    }

    /// Answers what waits, up to the first question that has to be embedded.
    fn answer_waiting(&mut self, now: Moment) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(asked) = self.next_waiting() {
            let Some(found) = asked.at_once() else {
                if !asked.waits {
                    effects.push(Effect::Embed(asked.question.clone()));
                }
                self.assistant.get_or_insert_default().waiting.push_front(asked);
                break;
            };
            effects.extend(self.tell(&asked, found, now));
        }
        effects
    }

    fn tell(&self, asked: &Asked, Found { answer, metadata }: Found, now: Moment) -> Vec<Effect> {
        let session_id = asked.session_id.as_deref();
        let mut effects = self.say(Reply::Answer { content: &answer, session_id, metadata: &metadata }, now);
        if asked.by.is_some() {
            let (question, session_id) = (asked.question.clone(), asked.session_id.clone());
            effects.push(Effect::Keep(Wish::KeepExchange { question, answer, metadata, session_id }));
        }
        effects
    }
}

fn busy() -> Error {
    Error::new(
        Kind::RateLimited,
        "ASSISTANT_BUSY",
        "The assistant is busy",
        "Too many questions wait for an answer: ask again once some are answered.",
    )
    .retry_after(Duration::from_secs(1))
}
