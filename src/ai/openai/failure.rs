//! What can go wrong with one request, what people are told of it, and which of it is worth another try.

use std::time::Duration;

use super::refusal::{Cause, Refusal};
use crate::ai::AiError;

/// Why one request has no answer. Neither `Debug` nor `Display` shows anything that the endpoint said.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("timed out")]
    TimedOut(Duration),
    #[error("connection failed")]
    Connection,
    #[error("{0:?}")]
    Refused(Box<Refusal>),
    /// A success whose body is not what the API defines: a login page, a wrong base URL, an endless body.
    #[error("answer is not of this API")]
    Foreign,
    #[error("request could not be built")]
    Unsendable,
    /// The model, or a filter behind it, will not answer.
    #[error("declined")]
    Declined,
    /// The answer could not be read, nor the one after the repair turn.
    #[error("answer stays malformed")]
    Malformed,
}

impl CallError {
    /// For logs: one word.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "timed_out",
            Self::Connection => "connection",
            Self::Refused(refusal) => refusal.cause().kind(),
            Self::Foreign => "foreign",
            Self::Unsendable => "unsendable",
            Self::Declined => "declined",
            Self::Malformed => "malformed",
        }
    }

    /// Whether less text may pass.
    pub(super) fn is_context_length(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.cause() == Cause::ContextLength)
    }

    /// For logs: the HTTP status, if there was an answer.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Refused(refusal) => Some(refusal.status()),
            _ => None,
        }
    }
}

impl From<CallError> for AiError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::TimedOut(limit) => transient(
                format!(
                    "The AI provider did not answer within its time-out of {} seconds. Try again; if it happens again, \
                     set a longer time-out.",
                    limit.as_secs_f64()
                ),
                None,
            ),
            CallError::Connection => transient(
                "The AI provider could not be reached. Try again; if it happens again, check the base URL.".to_owned(),
                None,
            ),
            CallError::Refused(refusal) => refused(&refusal),
            CallError::Foreign => permanent(
                "The AI endpoint did not answer as the OpenAI API does: check the base URL (it usually ends in /v1).",
            ),
            CallError::Unsendable => {
                permanent("The request to the AI endpoint could not be built: check the base URL.")
            }
            CallError::Declined => {
                permanent("The AI provider declined to read this text: change it, or configure another model.")
            }
            CallError::Malformed => permanent(
                "The AI model answered twice in a form that cannot be read: configure a model that can write JSON.",
            ),
        }
    }
}

fn refused(refusal: &Refusal) -> AiError {
    let status = refusal.status();
    match refusal.cause() {
        Cause::Quota => permanent(
            "The AI provider's quota is used up: add credit or raise the limit in the provider's account, then retry.",
        ),
        Cause::Key => permanent("The AI provider refused the API key: check the key and what it may be used for."),
        Cause::ContextLength => permanent(
            "The text is longer than the AI model can read at once: shorten it, or configure a model with a larger \
                 context.",
        ),
        Cause::Filter => permanent("The AI provider's content filter refused the text: change it and try again."),
        Cause::NotFound => permanent(
            "The AI provider does not know the model or the address: check the model's name and the base URL (it \
                 usually ends in /v1).",
        ),
        Cause::Busy => transient(busy(refusal.retry_after()), refusal.retry_after()),
        Cause::Broken => transient(
            format!("The AI provider has a problem of its own (HTTP {status}). Try again later."),
            refusal.retry_after(),
        ),
        Cause::Redirect => permanent("The AI endpoint points to another address: set the base URL to that address."),
        Cause::Request => permanent(&format!(
            "The AI provider refused the request (HTTP {status}): check that the model suits this use."
        )),
    }
}

fn busy(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => {
            format!("The AI provider takes no more requests now. Try again in {} s.", wait.as_secs_f64().ceil())
        }
        None => "The AI provider takes no more requests now. Try again later.".to_owned(),
    }
}

fn transient(message: String, retry_after: Option<Duration>) -> AiError {
    AiError::Transient { message, retry_after }
}

fn permanent(message: &str) -> AiError {
    AiError::Permanent { message: message.to_owned() }
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;

    #[test]
    fn nothing_that_the_endpoint_said_is_shown() {
        let refusal = Refusal::new(StatusCode::BAD_REQUEST, &HeaderMap::new(), b"key sk-secret of Ada Lovelace");
        let error = CallError::Refused(Box::new(refusal));
        let shown = format!("{error:?} {error}") + &AiError::from(error).to_string();
        assert!(!shown.contains("secret") && !shown.contains("Ada"), "{shown}");
    }
}
