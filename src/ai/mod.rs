//! What Greenroom asks of a language model and of an embedder, and the two families that answer:
//! [`openai`] (any OpenAI-compatible endpoint) and [`offline`] (no network, no key).

mod grounding;
pub mod offline;
pub mod openai;
pub mod watched;

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::domain::interview::{AnswerRequest, Question, SetRequest};
use crate::domain::profile::Profile;

/// Why an AI call gave nothing. The texts are sentences for the candidate and never contain content or keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AiError {
    /// Worth another try, not before `retry_after` if the endpoint named one: time-out, 429, 5xx, connection.
    #[error("{message}")]
    Transient { message: String, retry_after: Option<Duration> },
    /// Another try would give the same: invalid key, quota exhausted, unknown model, an answer that stays malformed after the repair turn.
    #[error("{message}")]
    Permanent { message: String },
}

/// A model that reads résumés. Implementations bound every call by their own time-out.
pub trait LanguageModel: Send + Sync {
    /// What results name as their `analyzer`: `openai:gpt-4`, `offline`.
    fn name(&self) -> String;

    /// The profile that the text states. `evidence` and `unsupported` are left empty: grounding is the caller's.
    fn profile<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Profile, AiError>>;

    /// `request.count` distinct questions, each with an answer that uses facts of the profile only. By default those of the bank.
    fn questions<'a>(
        &'a self,
        profile: &'a Profile,
        request: &'a SetRequest,
    ) -> BoxFuture<'a, Result<Vec<Question>, AiError>> {
        Box::pin(async move { Ok(offline::interview::questions(profile, request)) })
    }

    /// Another answer to a question, of facts of the profile only. By default one composed by rules.
    fn regenerate<'a>(
        &'a self,
        profile: &'a Profile,
        request: &'a AnswerRequest,
    ) -> BoxFuture<'a, Result<String, AiError>> {
        Box::pin(async move { Ok(offline::interview::answer(profile, request)) })
    }
}

/// Turns texts into vectors of one dimension and length 1.
pub trait Embedder: Send + Sync {
    /// Stored beside each vector; vectors of different models are never compared.
    fn model(&self) -> &str;

    /// One vector per text, in order.
    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>>;

    /// One vector per saved (question, answer), in order, to be compared with [`Self::embed`] of chat messages. By default the
    /// question's own; an embedder that gains from the answer's words may let them in.
    fn embed_saved<'a>(&'a self, saved: &'a [(String, String)]) -> BoxFuture<'a, Result<Vec<Vec<f32>>, AiError>> {
        Box::pin(async move {
            let questions: Vec<String> = saved.iter().map(|(question, _)| question.clone()).collect();
            self.embed(&questions).await
        })
    }

    /// The cosine at which this embedder's paraphrases and other questions part, if it is known without measuring.
    fn cut(&self) -> Option<f32> {
        None
    }
}
