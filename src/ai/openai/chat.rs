//! The language model: a conversation of two messages, and one more turn if the answer is malformed.

use std::{
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_openai::types::chat::{ChatCompletionRequestMessage, ResponseFormatJsonSchema};
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;

use super::{
    OpenAiSettings,
    answer::{self, Fault},
    dialect::Dialect,
    failure::CallError,
    interview, prompts,
    transport::Transport,
};
use crate::{
    ai::{AiError, LanguageModel},
    domain::{
        interview::{AnswerRequest, Question, SetRequest},
        profile::Profile,
    },
};

/// How much text goes in and how much may come out. A full profile takes about 1500 tokens.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub(super) resume_chars: usize,
    pub(super) answer_tokens: u32,
}

/// What is asked for: the shape that the endpoint is told, and how an answer is read.
pub(super) struct Shape<T> {
    pub(super) schema: ResponseFormatJsonSchema,
    pub(super) read: fn(&str) -> Result<T, Fault>,
}

/// About 12,000 tokens of English, some 15 dense pages.
const WIDE: Budget = Budget { resume_chars: 48_000, answer_tokens: 4096 };
/// For models that found [`WIDE`] too much: with the instructions it fits into a context of 8192 tokens.
const TIGHT: Budget = Budget { resume_chars: 16_000, answer_tokens: 2048 };
/// Tokens of the repair turn of a model that spent all of its answer on reasoning.
const REASONING_TOKENS: u32 = 16_384;

/// A chat model behind an OpenAI-compatible endpoint.
///
/// A profile takes one request, and another if the answer was malformed; both again with less text if the model's
/// context is too small. The first profile of a process may take up to four more, until the client knows what the
/// endpoint understands. Each request is bounded by the time-out.
pub struct OpenAiModel {
    transport: Transport,
    /// Set by the first request that succeeds, so that later ones begin with what works.
    dialect: Mutex<Dialect>,
}

impl fmt::Debug for OpenAiModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiModel").field("model", &self.transport.model()).finish_non_exhaustive()
    }
}

impl LanguageModel for OpenAiModel {
    fn name(&self) -> String {
        format!("openai:{}", self.transport.model())
    }

    /// `years` and `total_work_years` are left empty: they are computed from the dates, never taken from a model.
    fn profile<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Profile, AiError>> {
        self.read_profile(text).boxed()
    }

    fn questions<'a>(
        &'a self,
        profile: &'a Profile,
        request: &'a SetRequest,
    ) -> BoxFuture<'a, Result<Vec<Question>, AiError>> {
        interview::questions(self, profile, request).boxed()
    }

    fn regenerate<'a>(
        &'a self,
        profile: &'a Profile,
        request: &'a AnswerRequest,
    ) -> BoxFuture<'a, Result<String, AiError>> {
        interview::answer(self, profile, request).boxed()
    }
}

impl OpenAiModel {
    /// Opens no connection.
    ///
    /// # Errors
    /// `Permanent` if the base URL or the key cannot be used.
    pub fn new(settings: &OpenAiSettings) -> Result<Self, AiError> {
        Ok(Self { transport: Transport::new(settings)?, dialect: Mutex::default() })
    }

    async fn read_profile(&self, text: &str) -> Result<Profile, AiError> {
        let shape = Shape { schema: prompts::profile_schema(), read: answer::profile };
        self.converse(&shape, |budget| prompts::conversation(text, budget.resume_chars)).await
    }

    /// Asks within the wide budget, and within the tight one if that was too much.
    pub(super) async fn converse<T>(
        &self,
        shape: &Shape<T>,
        messages: impl Fn(Budget) -> Vec<ChatCompletionRequestMessage>,
    ) -> Result<T, AiError> {
        let answer = match self.converse_within(WIDE, shape, messages(WIDE)).await {
            Err(error) if error.is_context_length() => self.converse_within(TIGHT, shape, messages(TIGHT)).await,
            outcome => outcome,
        };
        Ok(answer?)
    }

    async fn converse_within<T>(
        &self,
        budget: Budget,
        shape: &Shape<T>,
        mut messages: Vec<ChatCompletionRequestMessage>,
    ) -> Result<T, CallError> {
        let first = self.ask(&messages, &shape.schema, budget.answer_tokens).await?;
        let fault = match first.read(shape.read) {
            Ok(answer) => return Ok(answer),
            Err(fault) => fault,
        };
        tracing::warn!(model = self.transport.model(), cut = first.cut, "ai answer malformed, asking once more");
        messages.extend(prompts::repair(&first.content, &fault));
        let tokens = if first.is_all_reasoning() { REASONING_TOKENS } else { budget.answer_tokens };
        self.ask(&messages, &shape.schema, tokens).await?.read(shape.read).map_err(|_| CallError::Malformed)
    }

    /// One turn, in the strictest form that the endpoint takes.
    async fn ask(
        &self,
        messages: &[ChatCompletionRequestMessage],
        schema: &ResponseFormatJsonSchema,
        max_tokens: u32,
    ) -> Result<Reply, CallError> {
        let mut dialect = *self.dialect();
        loop {
            let request = dialect.request(self.transport.model(), messages, schema, max_tokens);
            match self.transport.chat(request, dialect.form.name()).await {
                Err(CallError::Refused(refusal)) => {
                    dialect = dialect.after(&refusal).ok_or(CallError::Refused(refusal))?;
                }
                body => {
                    let body = body?;
                    *self.dialect() = dialect;
                    return Reply::new(&body);
                }
            }
        }
    }

    fn dialect(&self) -> MutexGuard<'_, Dialect> {
        self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the model wrote.
struct Reply {
    content: String,
    /// Ended by the limit of tokens.
    cut: bool,
}

impl Reply {
    /// # Errors
    /// `Foreign` if this is no chat completion, `Declined` if the model or a filter will not answer.
    fn new(body: &Value) -> Result<Self, CallError> {
        let choice = body.pointer("/choices/0").ok_or(CallError::Foreign)?;
        let finish = choice.get("finish_reason").and_then(Value::as_str);
        let content = written(choice.pointer("/message/content"));
        let refusal = choice.pointer("/message/refusal").and_then(Value::as_str);
        if finish == Some("content_filter") || (content.is_empty() && refusal.is_some_and(|text| !text.is_empty())) {
            return Err(CallError::Declined);
        }
        Ok(Self { content, cut: finish == Some("length") })
    }

    fn read<T>(&self, read: fn(&str) -> Result<T, Fault>) -> Result<T, Fault> {
        match read(&self.content) {
            Err(_) if self.cut => Err(Fault::cut()),
            read => read,
        }
    }

    fn is_all_reasoning(&self) -> bool {
        self.cut && answer::without_reasoning(&self.content).trim().is_empty()
    }
}

/// A string, or (Mistral's reasoning models) a list of parts of which some have text.
fn written(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        _ => String::new(),
    }
}
