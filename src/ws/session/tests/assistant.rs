//! Questions and answers, with an embedder that answers when the test says so.

use super::*;
use crate::actors::hub::Memory;
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
        session.core.on_memory(memory(1));
        session
    }

    fn ask(&mut self, question: &str) -> Vec<Effect> {
        self.text(&json!({"type": "message", "content": question, "sessionId": question}).to_string())
    }

    fn embedded(&mut self, vector: Option<&[f32]>) -> Vec<Effect> {
        self.core.on_embedded(vector, self.now)
    }
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
    session.core.on_memory(Memory { by: 1, matcher: None });
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
    session.core.on_memory(Memory { by: 2, matcher: None });
    assert_eq!(session.ask("Why Rust?").len(), 2);
    let mut session = Session::loaded();
    session.join(2);
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
