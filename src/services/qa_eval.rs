//! The protocol `greenroom-qa/1`: one library of saved questions and a list of messages in, what each message matched out.

use std::io::{Read, Write};

use serde::{Deserialize, Serialize};

use crate::ai::{AiError, Embedder};
use crate::domain::matching::scale::{CUT, Scale};
use crate::services::matching::{Matcher, Outcome, SavedQuestion};

/// The name of the protocol in a request.
pub const PROTOCOL: &str = "greenroom-qa/1";

/// Why a request has no response.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    #[error("The request cannot be read: {0}. Send one JSON object of the protocol {PROTOCOL}.")]
    Malformed(#[from] serde_json::Error),
    #[error("The request names the protocol {0:?}. Set it to {PROTOCOL:?}.")]
    Protocol(String),
    #[error("Reading the request or writing the response failed: {0}.")]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Ai(#[from] AiError),
}

/// A request of the protocol. Category, difficulty and tags of a question, and the request's name, are not needed.
#[derive(Debug, Deserialize)]
pub struct Request {
    pub protocol: String,
    pub library: Vec<Question>,
    pub queries: Vec<Query>,
}

#[derive(Debug, Deserialize)]
pub struct Question {
    pub id: String,
    pub question: String,
    #[serde(default)]
    pub answer: String,
}

#[derive(Debug, Deserialize)]
pub struct Query {
    pub id: String,
    pub text: String,
}

#[derive(Debug, Serialize)]
pub struct Response {
    pub results: Vec<Found>,
}

/// What one message matched.
#[derive(Debug, PartialEq, Serialize)]
pub struct Found {
    pub id: String,
    /// The saved question that is answered with; null: none.
    #[serde(rename = "match")]
    pub matched: Option<String>,
    /// Of the candidate, on the reported scale.
    pub similarity: f32,
    /// The best question after the guards, before the threshold.
    pub candidate: Option<String>,
    /// Cosines in the order of the library.
    pub similarities: Vec<f32>,
}

/// Reads one request, matches each message by itself, writes the response. `cut` is the embedder's measured cut, if it has one.
pub async fn run(
    input: impl Read,
    mut output: impl Write,
    embedder: &dyn Embedder,
    cut: Option<f32>,
) -> Result<(), EvalError> {
    let request: Request = serde_json::from_reader(std::io::BufReader::new(input))?;
    let response = answer(&request, embedder, cut).await?;
    serde_json::to_writer(&mut output, &response)?;
    output.flush()?;
    Ok(())
}

/// The response to a request.
pub async fn answer(request: &Request, embedder: &dyn Embedder, cut: Option<f32>) -> Result<Response, EvalError> {
    if request.protocol != PROTOCOL {
        return Err(EvalError::Protocol(request.protocol.clone()));
    }
    let scale = cut.or(embedder.cut()).map_or(Scale::PLAIN, Scale::with_cut);
    let matcher = matcher(&request.library, embedder, scale).await?;
    let texts: Vec<String> = request.queries.iter().map(|query| query.text.clone()).collect();
    let embeddings = embedder.embed(&texts).await?;
    let results = request.queries.iter().zip(&embeddings).map(|(query, embedding)| {
        let outcome = matcher.best(&query.text, embedding);
        found(query, &outcome, matcher.cosines(embedding), &request.library)
    });
    Ok(Response { results: results.collect() })
}

async fn matcher(library: &[Question], embedder: &dyn Embedder, scale: Scale) -> Result<Matcher, AiError> {
    let texts: Vec<(String, String)> = library.iter().map(|q| (q.question.clone(), q.answer.clone())).collect();
    let embeddings = embedder.embed_saved(&texts).await?;
    let saved = texts.into_iter().zip(embeddings).zip(0..);
    let saved = saved.map(|(((question, answer), embedding), id)| SavedQuestion { id, question, answer, embedding });
    Ok(Matcher::new(saved.collect(), scale, CUT))
}

fn found(query: &Query, outcome: &Outcome, similarities: Vec<f32>, library: &[Question]) -> Found {
    let name =
        |position: i64| usize::try_from(position).ok().and_then(|i| library.get(i)).map(|question| question.id.clone());
    Found {
        id: query.id.clone(),
        matched: outcome.matched().and_then(|candidate| name(candidate.id)),
        similarity: outcome.candidate.map_or(0.0, |candidate| candidate.similarity),
        candidate: outcome.candidate.and_then(|candidate| name(candidate.id)),
        similarities,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use serde_json::{Value, json};

    use super::*;
    use crate::ai::offline::OfflineEmbedder;

    fn respond(request: &Value) -> Result<Value, EvalError> {
        let mut output = Vec::new();
        run(request.to_string().as_bytes(), &mut output, &OfflineEmbedder, None).now_or_never().unwrap()?;
        Ok(serde_json::from_slice(&output).unwrap())
    }

    fn request(texts: &[&str]) -> Value {
        let queries: Vec<Value> =
            texts.iter().enumerate().map(|(i, text)| json!({"id": format!("q{i}"), "text": text})).collect();
        json!({"protocol": PROTOCOL, "name": "test", "queries": queries, "library": [
            {"id": "a", "question": "How do you plan a migration of data?", "answer": "In small steps.", "category": "Technical", "tags": []},
            {"id": "b", "question": "Why did you become a nurse?", "answer": "My aunt was one.", "difficulty": "Easy"},
        ]})
    }

    #[test]
    fn each_message_is_answered_with_what_it_matched() {
        let response =
            respond(&request(&["planning data migrations", "what's for lunch", "WHY did you become a nurse"])).unwrap();
        let results = response["results"].as_array().unwrap();
        assert_eq!(results.len(), 3);
        assert_eq!((&results[0]["id"], &results[0]["match"]), (&json!("q0"), &json!("a")));
        assert_eq!(results[1]["match"], Value::Null);
        assert_eq!((&results[2]["match"], &results[2]["similarity"]), (&json!("b"), &json!(1.0)));
        assert!(results.iter().all(|result| result["similarities"].as_array().unwrap().len() == 2));
    }

    #[test]
    fn a_response_does_not_depend_on_the_other_messages() {
        let alone = respond(&request(&["planning data migrations"])).unwrap();
        let among = respond(&request(&["planning data migrations", "nurse?", "hello"])).unwrap();
        assert_eq!(alone["results"][0], among["results"][0]);
    }

    #[test]
    fn an_empty_library_matches_nothing() {
        let response =
            respond(&json!({"protocol": PROTOCOL, "library": [], "queries": [{"id": "q", "text": "why"}]})).unwrap();
        assert_eq!(
            response["results"][0],
            json!({"id": "q", "match": null, "similarity": 0.0, "candidate": null, "similarities": []})
        );
    }

    #[test]
    fn another_protocol_and_malformed_json_are_refused() {
        let other = json!({"protocol": "greenroom-qa/9", "library": [], "queries": []});
        assert!(matches!(respond(&other), Err(EvalError::Protocol(name)) if name == "greenroom-qa/9"));
        assert!(matches!(respond(&json!([1])), Err(EvalError::Malformed(_))));
    }
}
