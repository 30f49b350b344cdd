//! Questions and answers, with an embedder that answers when the test says so.

use super::*;
use crate::actors::hub::{ClientId, Memory};
use crate::domain::matching::scale::Scale;
use crate::services::matching::{Matcher, SavedQuestion};

fn memory(by: UserId) -> Memory {
    let saved = |id, question: &str, embedding: [f32; 2]| SavedQuestion {
        id,
        question: question.into(),
        answer: format!("Answer {id}."),
        embedding: embedding.to_vec(),
    };
    let saved = vec![saved(7, "Why Rust?", [1.0, 0.0]), saved(8, "Where do you live?", [0.0, 1.0])];
    Memory { by, matcher: Some(Arc::new(Matcher::new(saved, Scale::PLAIN, 0.75))) }
}

impl Session {
    fn loaded() -> Self {
        let mut session = Self::signed_out();
        session.remember(memory(1));
        session
    }

    fn remember(&mut self, memory: Memory) -> Vec<Effect> {
        self.core.on_memory(memory, self.now)
    }

    /// Signed in, and what an earlier socket had is being loaded.
    fn returning() -> Self {
        let mut session = Self::signed_in(time::Duration::hours(1));
        let effects = session.core.on_open(client(), Arrival::default(), session.now);
        assert!(matches!(&effects[..], [Effect::Send(_), Effect::Restore(1)]), "{effects:?}");
        session
    }

    fn restored(&mut self, matcher: Option<Arc<Matcher>>) -> Vec<Effect> {
        self.core.on_restored(client(), 1, matcher, self.now)
    }

    fn ask(&mut self, question: &str) -> Vec<Effect> {
        self.text(&json!({"type": "message", "content": question, "sessionId": question}).to_string())
    }

    fn embedded(&mut self, vector: Option<&[f32]>) -> Vec<Effect> {
        self.core.on_embedded(vector, self.now)
    }
}

fn client() -> ClientId {
    "00112233445566778899aabbccddeeff".parse().unwrap()
}

fn embed(question: &str) -> Effect {
    Effect::Embed(question.into())
}

/// The session ids of the answers among effects.
fn answered(effects: &[Effect]) -> Vec<String> {
    let frames = effects.iter().filter_map(|effect| match effect {
        Effect::Send(text) => Some(from_str::<Value>(text).unwrap()["sessionId"].as_str()?.to_owned()),
        _ => None,
    });
    frames.collect()
}

#[test]
fn the_wording_of_a_saved_question_is_answered_at_once() {
    let mut session = Session::loaded();
    let answer = one_frame(&session.ask("why rust"));
    assert_eq!((&answer["content"], &answer["sender"]), (&json!("Answer 7."), &json!("assistant")));
    let metadata = json!({"from_qa": true, "question": "why rust", "matched_question": "Why Rust?", "similarity": 1.0,
        "cosine": 1.0, "runner_up": 0.0, "threshold": 0.75, "saved_question_id": 7});
    assert_eq!(answer["metadata"], metadata);
}

#[test]
fn another_wording_is_embedded_and_answered_if_it_is_similar() {
    let mut session = Session::loaded();
    assert_eq!(session.ask("reasons for crabs"), [embed("reasons for crabs")]);
    let answer = one_frame(&session.embedded(Some(&[0.8, 0.6])));
    assert_eq!((&answer["content"], &answer["metadata"]["similarity"]), (&json!("Answer 7."), &json!(0.8)));
    assert_eq!(answer["metadata"]["runner_up"], 0.6);
    session.ask("something else");
    let answer = one_frame(&session.embedded(Some(&[0.7, 0.714_143])));
    assert_eq!(answer["content"], NO_ANSWER);
    assert_eq!((&answer["metadata"]["from_qa"], &answer["metadata"]["threshold"]), (&json!(false), &json!(0.75)));
    assert_eq!(answer["metadata"].get("matched_question"), None);
}

#[test]
fn answers_come_in_the_order_of_the_questions() {
    let mut session = Session::loaded();
    assert_eq!(session.ask("a"), [embed("a")]);
    for question in ["Why Rust?", "b", "Where do you live?"] {
        assert_eq!(session.ask(question), []);
    }
    let effects = session.embedded(Some(&[0.0, 0.0]));
    assert_eq!((answered(&effects), effects.last()), (vec!["a".into(), "Why Rust?".into()], Some(&embed("b"))));
    assert_eq!(answered(&session.embedded(None)), ["b", "Where do you live?"]);
}

#[test]
fn without_a_vector_only_the_wording_is_found_and_the_client_learns_why() {
    let mut session = Session::loaded();
    session.ask("reasons for crabs");
    let answer = one_frame(&session.embedded(None));
    assert_eq!((&answer["content"], &answer["metadata"]["from_qa"]), (&json!(NO_ANSWER), &json!(false)));
    assert_eq!(answer["metadata"]["reason"], "EMBEDDING_UNAVAILABLE");
}

#[test]
fn a_question_is_answered_from_what_was_loaded_when_it_was_asked() {
    let mut session = Session::loaded();
    session.ask("reasons for crabs");
    session.remember(Memory { by: 1, matcher: None });
    assert_eq!(one_frame(&session.embedded(Some(&[1.0, 0.0])))["content"], "Answer 7.");
    assert_eq!(one_frame(&session.ask("Why Rust?"))["metadata"], json!({"from_qa": false}));
}

#[test]
fn whoever_signs_in_keeps_only_what_they_loaded_themselves() {
    let mut session = Session::loaded();
    session.join(1);
    let [Effect::Send(_), Effect::Keep(Wish::KeepExchange { answer, .. })] = &session.ask("Why Rust?")[..] else {
        panic!("not answered and kept")
    };
    assert_eq!(answer, "Answer 7.");
    // of others nothing is taken any more
    session.remember(Memory { by: 2, matcher: None });
    assert_eq!(session.ask("Why Rust?").len(), 2);
    let mut session = Session::loaded();
    session.join(2);
    session.core.on_restored(client(), 2, None, session.now);
    assert_eq!(session.answer_of("Why Rust?"), NO_ANSWER);
}

#[test]
fn what_was_asked_before_signing_in_is_not_kept() {
    let mut session = Session::loaded();
    session.ask("reasons for crabs");
    session.join(1);
    assert!(matches!(&session.embedded(None)[..], [Effect::Send(_)]));
}

#[test]
fn so_many_questions_may_wait_and_no_more() {
    let mut session = Session::loaded();
    for _ in 0..64 {
        session.ask("again");
    }
    assert_eq!(one_frame(&session.ask("one too many"))["code"], "ASSISTANT_BUSY");
    session.embedded(None);
    assert_eq!(session.ask("room again"), []);
}

impl Session {
    fn answer_of(&mut self, question: &str) -> Value {
        let effects = self.ask(question);
        one_frame(&effects[..1])["content"].clone()
    }
}

#[test]
fn what_an_earlier_socket_had_is_announced_and_answers_what_was_asked_meanwhile() {
    let mut session = Session::returning();
    assert_eq!(session.ask("Why Rust?"), []);
    assert_eq!(session.ask("reasons for crabs"), []);
    let effects = session.restored(memory(1).matcher);
    let Effect::Send(said) = &effects[0] else { panic!("{effects:?}") };
    let said: Value = from_str(said).unwrap();
    let metadata = json!({"client_id": client().to_string(), "memory": {"restored": true, "loaded": 2}});
    assert_eq!((&said["type"], &said["metadata"]), (&json!("system"), &metadata));
    assert_eq!((answered(&effects), effects.last()), (vec!["Why Rust?".into()], Some(&embed("reasons for crabs"))));
    assert_eq!(answered(&session.embedded(Some(&[1.0, 0.0]))), ["reasons for crabs"]);
    // once is enough
    assert_eq!(session.restored(memory(1).matcher), []);
}

#[test]
fn where_there_was_nothing_nothing_is_said_and_questions_are_answered() {
    let mut session = Session::returning();
    assert_eq!(session.restored(None), []);
    let mut session = Session::returning();
    session.ask("Why Rust?");
    assert_eq!(answered(&session.restored(None)), ["Why Rust?"]);
}

#[test]
fn what_is_loaded_meanwhile_counts_more_than_what_was_loaded_before() {
    let mut session = Session::returning();
    session.ask("Why Rust?");
    assert_eq!(answered(&session.remember(Memory { by: 1, matcher: None })), ["Why Rust?"]);
    assert_eq!(session.restored(memory(1).matcher), []);
    assert_eq!(session.answer_of("Why Rust?"), NO_ANSWER);
}

#[test]
fn whoever_signs_in_later_has_back_what_they_had_unless_they_loaded_something_already() {
    let mut session = Session::signed_out();
    // asked by nobody, and still being embedded when the memory comes
    session.remember(memory(1));
    assert_eq!(session.ask("reasons for crabs"), [embed("reasons for crabs")]);
    assert!(!session.join(1).contains(&Effect::Restore(1)));
    let mut session = Session::signed_out();
    assert!(session.join(1).contains(&Effect::Restore(1)));
    assert!(!session.join(1).contains(&Effect::Restore(1)));
    assert_eq!(session.restored(memory(1).matcher).len(), 1);
}
