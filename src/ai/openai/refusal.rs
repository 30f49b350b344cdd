//! An answer of the endpoint that is an error, and what it comes down to.

use std::{fmt, time::Duration};

use reqwest::{StatusCode, header::HeaderMap};
use serde_json::Value;

use super::retry_after::retry_after;

/// Names by which endpoints say that money, not patience, is missing. The same HTTP status (429) as a rate limit.
const QUOTA: [&str; 4] =
    ["insufficient_quota", "insufficient_balance", "billing_hard_limit_reached", "billing_not_active"];

/// Wordings of OpenAI, vLLM, llama.cpp, Mistral and Anthropic's compatible endpoint, in lower case.
const CONTEXT: [&str; 7] = [
    "context_length",
    "context length",
    "context window",
    "context size",
    "exceed_context_size",
    "prompt is too long",
    "too many tokens",
];

/// Codes of the content filters of OpenAI and Azure.
const FILTER: [&str; 3] = ["content_filter", "content_policy_violation", "responsibleaipolicyviolation"];

/// Words by which endpoints say that the demanded form of the answer is the trouble, in lower case.
const FORM: [&str; 10] = [
    "response_format",
    "json_schema",
    "json_object",
    "schema",
    "grammar",
    "structured output",
    "unsupported",
    "not support",
    "unrecognized",
    "not implemented",
];

/// An answer of the endpoint that is an error. Its words are kept for matching only: they may quote the résumé or the key.
pub(super) struct Refusal {
    status: StatusCode,
    codes: Vec<String>,
    retry_after: Option<Duration>,
    words: String,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}", self.status.as_u16())
    }
}

/// What a refusal comes down to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// Money is missing.
    Quota,
    Key,
    /// The text is too long for the model.
    ContextLength,
    /// A content filter stepped in.
    Filter,
    /// No such model, or no such API.
    NotFound,
    /// Too many requests.
    Busy,
    /// A failure of the server's own.
    Broken,
    Redirect,
    /// Something in this request.
    Request,
}

impl Cause {
    /// For logs: one word.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Quota => "quota",
            Self::Key => "key",
            Self::ContextLength => "context_length",
            Self::Filter => "filter",
            Self::NotFound => "not_found",
            Self::Busy => "busy",
            Self::Broken => "server_error",
            Self::Redirect => "redirect",
            Self::Request => "refused",
        }
    }
}

impl Refusal {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let value = serde_json::from_slice(body).unwrap_or(Value::Null);
        Self {
            status,
            codes: codes(value.get("error").unwrap_or(&value)),
            retry_after: retry_after(headers),
            words: String::from_utf8_lossy(body).to_lowercase(),
        }
    }

    /// Gateways (OpenRouter among them) report a failure behind them as 200 with an `error` and its status as `code`.
    pub(super) fn inside_success(body: &Value) -> Option<Self> {
        let error = body.get("error").filter(|error| !error.is_null())?;
        let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        let status = status.and_then(|code| StatusCode::from_u16(code).ok()).filter(|status| status.as_u16() >= 400);
        let status = status.unwrap_or(StatusCode::BAD_GATEWAY);
        Some(Self::new(status, &HeaderMap::new(), body.to_string().as_bytes()))
    }

    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(super) fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the endpoint complains of `parameter`, and another request without it may pass.
    pub(super) fn complains_of(&self, parameter: &str) -> bool {
        self.cause() == Cause::Request && self.words.contains(parameter)
    }

    /// Whether the endpoint cannot give the demanded form. `any_400`: with no further word than 400.
    pub(super) fn refuses_form(&self, any_400: bool) -> bool {
        match self.cause() {
            Cause::Request if any_400 && self.status == StatusCode::BAD_REQUEST => true,
            Cause::Request | Cause::NotFound | Cause::Broken => {
                !self.names_model() && FORM.iter().any(|word| self.words.contains(word))
            }
            _ => false,
        }
    }

    fn names_model(&self) -> bool {
        self.code_is(&["model_not_found"])
    }

    fn code_is(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }

    pub(super) fn cause(&self) -> Cause {
        match self.status.as_u16() {
            402 => Cause::Quota,
            _ if self.code_is(&QUOTA) => Cause::Quota,
            300..=399 => Cause::Redirect,
            401 | 403 => Cause::Key,
            408 | 409 | 425 | 429 => Cause::Busy,
            413 => Cause::ContextLength,
            _ if CONTEXT.iter().any(|word| self.words.contains(word)) => Cause::ContextLength,
            _ if self.code_is(&FILTER) => Cause::Filter,
            404 => Cause::NotFound,
            500.. => Cause::Broken,
            _ if self.names_model() => Cause::NotFound,
            _ => Cause::Request,
        }
    }
}

/// What the endpoint calls the error, in lower case. Which of the two fields says more differs by endpoint.
fn codes(error: &Value) -> Vec<String> {
    ["code", "type"].iter().filter_map(|field| error.get(field)?.as_str()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal::new(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn each_error_of_an_endpoint_has_its_cause() {
        for (status, body, kind) in [
            (429, r#"{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}"#, "busy"),
            (429, r#"{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}"#, "quota"),
            (429, r#"{"error":{"message":"pay","type":"insufficient_quota","code":null}}"#, "quota"),
            (402, r#"{"error":{"message":"Insufficient Balance"}}"#, "quota"),
            (401, r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#, "key"),
            (403, "forbidden", "key"),
            (404, r#"{"error":{"code":"model_not_found"}}"#, "not_found"),
            (400, r#"{"error":{"code":"model_not_found"}}"#, "not_found"),
            (400, r#"{"error":{"code":"context_length_exceeded"}}"#, "context_length"),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 4096 tokens."}"#,
                "context_length",
            ),
            (413, "", "context_length"),
            (400, r#"{"error":{"code":"content_filter"}}"#, "filter"),
            (408, "", "busy"),
            (409, "", "busy"),
            (500, "oops", "server_error"),
            (503, "", "server_error"),
            (301, "", "redirect"),
            (422, r#"{"detail":[]}"#, "refused"),
        ] {
            assert_eq!(refusal(status, body).cause().kind(), kind, "{status} {body}");
        }
    }

    #[test]
    fn a_form_is_refused_by_a_word_about_it_or_by_a_bare_400_but_not_by_other_troubles() {
        let by_word = r#"{"error":{"message":"'response_format.type' must be 'text'"}}"#;
        for status in [400, 404, 422, 500, 501] {
            assert!(refusal(status, by_word).refuses_form(false), "{status}");
        }
        assert!(refusal(400, "bad").refuses_form(true));
        assert!(!refusal(400, "bad").refuses_form(false));
        assert!(!refusal(422, "bad").refuses_form(true));
        assert!(!refusal(429, by_word).refuses_form(true));
        assert!(!refusal(401, by_word).refuses_form(true));
        assert!(!refusal(404, r#"{"error":{"code":"model_not_found","message":"unsupported"}}"#).refuses_form(true));
        assert!(!refusal(400, r#"{"error":{"code":"context_length_exceeded"}}"#).refuses_form(true));
    }

    #[test]
    fn an_error_inside_a_success_keeps_its_status() {
        let status = |body: &str| Refusal::inside_success(&serde_json::from_str(body).unwrap()).map(|r| r.status());
        assert_eq!(status(r#"{"error":{"code":429,"message":"busy"}}"#), Some(429));
        assert_eq!(status(r#"{"error":{"message":"upstream"}}"#), Some(502));
        assert_eq!(status(r#"{"error":null,"choices":[]}"#), None);
    }
}
