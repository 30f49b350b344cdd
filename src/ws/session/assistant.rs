//! The assistant of a session: answers questions from its memory, in the order in which they were asked.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Effect, Moment, SessionCore};
use crate::actors::hub::Memory;
use crate::domain::UserId;
use crate::domain::change::Wish;
use crate::domain::error::{Error, Kind};
use crate::services::matching::{Matcher, Outcome};
use crate::wire::Reply;

/// What the assistant says if it finds nothing in the memory of the session.
pub(super) const NO_ANSWER: &str = "I don't have information about that.";
/// Questions that may wait for the embedder.
const MAX_WAITING: usize = 64;

#[derive(Default)]
pub(super) struct Assistant {
    memory: Option<Memory>,
    /// The first is being embedded.
    waiting: VecDeque<Asked>,
}

/// A question, with what was loaded when it was asked.
struct Asked {
    question: String,
    session_id: Option<String>,
    /// What is asked while nobody has signed in is nobody's.
    by: Option<UserId>,
    matcher: Option<Arc<Matcher>>,
}

/// What the assistant says, and where it has it from.
struct Found {
    answer: String,
    metadata: Value,
}

impl Asked {
    /// What can be said without the question's vector: it has the wording of a saved one, or there is none.
    fn at_once(&self) -> Option<Found> {
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
        assistant.waiting.push_back(Asked { question, session_id, by, matcher });
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
    pub fn on_memory(&mut self, memory: Memory) {
        if self.user().is_none_or(|user| user == memory.by) {
            self.assistant.get_or_insert_default().memory = Some(memory);
        }
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
                effects.push(Effect::Embed(asked.question.clone()));
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
