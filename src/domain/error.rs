//! What can go wrong, as a person is told it. Every layer below HTTP and sockets returns this type; how it is
//! answered (status, close code) is decided in one place each: `http::error` and `ws`.

use std::borrow::Cow;
use std::time::Duration;

use serde_json::{Map, Value};

/// The result of everything that can be refused.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The class of an error: decides the HTTP status (contract, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    TooSlow,
    UnsupportedMediaType,
    UpgradeRequired,
    KeyReused,
    RateLimited,
    Unavailable,
    Internal,
}

/// An error for people and programs: a short title, a sentence that says what to do, and a stable code.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    pub kind: Kind,
    pub title: Cow<'static, str>,
    pub message: Cow<'static, str>,
    /// Stable, `SCREAMING_SNAKE_CASE`.
    pub code: &'static str,
    /// The request field that is wrong.
    pub field: Option<Cow<'static, str>>,
    /// Further members of the answer, such as `job_id`.
    pub context: Map<String, Value>,
    pub retry_after: Option<Duration>,
    /// For the log only; never shown.
    pub detail: Option<String>,
}

impl Error {
    pub fn new(
        kind: Kind,
        code: &'static str,
        title: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind,
            code,
            title: title.into(),
            message: message.into(),
            field: None,
            context: Map::new(),
            retry_after: None,
            detail: None,
        }
    }

    /// A parameter that is missing or wrong (400).
    pub fn invalid(field: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        let mut error = Self::new(Kind::Invalid, "INVALID_PARAMETER", "Invalid parameter", message);
        error.field = Some(field.into());
        error
    }

    /// No credential, or one that does not count any more (401).
    pub fn unauthenticated(code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unauthenticated, code, "Authentication required", message)
    }

    /// The role does not allow it (403).
    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Forbidden, "FORBIDDEN", "Forbidden", message)
    }

    /// Not there, or not visible (404).
    pub fn not_found(code: &'static str, title: impl Into<Cow<'static, str>>) -> Self {
        let title = title.into();
        let message = format!("{title}: it does not exist, or it is not yours to see.");
        Self::new(Kind::NotFound, code, title, message)
    }

    /// It is there already, or in the way (409).
    pub fn conflict(
        code: &'static str,
        title: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::Conflict, code, title, message)
    }

    /// Something that we depend on is away; trying again later helps (503).
    pub fn unavailable(code: &'static str, message: impl Into<Cow<'static, str>>, retry_after: Duration) -> Self {
        let mut error = Self::new(Kind::Unavailable, code, "Service unavailable", message);
        error.retry_after = Some(retry_after);
        error
    }

    /// A defect of ours. The detail goes to the log, never to the client.
    pub fn internal(detail: impl Into<String>) -> Self {
        let mut error = Self::new(
            Kind::Internal,
            "INTERNAL",
            "Internal server error",
            "Something went wrong on our side. Please try again; if it happens again, report the request id.",
        );
        error.detail = Some(detail.into());
        error
    }

    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.context.insert(key.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The same error in other words: for those that reach an operator on the command line.
    #[must_use]
    pub fn saying(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = message.into();
        self
    }

    /// The JSON object of the contract: `error`, `message`, `code`, `field`?, and the context beside them.
    pub fn to_json(&self) -> Map<String, Value> {
        let mut body = self.context.clone();
        body.insert("error".into(), self.title.as_ref().into());
        body.insert("message".into(), self.message.as_ref().into());
        body.insert("code".into(), self.code.into());
        if let Some(field) = &self.field {
            body.insert("field".into(), field.as_ref().into());
        }
        body
    }
}
