//! The answers that refuse a request: the same for all paths (contract, section 1).

use utoipa::openapi::{ContentBuilder, Ref, Response, ResponseBuilder};

use super::shape::shared;

/// A status that refuses.
pub struct Refusal {
    pub status: u16,
    name: &'static str,
    pub words: &'static str,
}

impl Refusal {
    /// Its name in `components/responses`.
    pub fn component(&self, wrapped: bool) -> String {
        if wrapped { format!("Channels{}", self.name) } else { self.name.to_owned() }
    }
}

const fn refusal_of(status: u16, name: &'static str, words: &'static str) -> Refusal {
    Refusal { status, name, words }
}

pub const REFUSALS: [Refusal; 14] = [
    refusal_of(400, "Invalid", "A parameter, a header or the body is missing or wrong: `field` names it."),
    refusal_of(401, "Unauthenticated", "No token, or one that is invalid, expired or revoked."),
    refusal_of(
        403,
        "Forbidden",
        "Your role does not allow it, a user named in the request is not you, or a page of a foreign origin uses the cookie.",
    ),
    refusal_of(404, "NotFound", "Not there, or not visible to you."),
    refusal_of(408, "TooSlow", "The body did not arrive in time."),
    refusal_of(409, "Conflict", "In conflict with what is stored, or the first request with this key still runs."),
    refusal_of(413, "TooLarge", "The body is too large."),
    refusal_of(415, "UnsupportedMediaType", "The media type of the body is another one."),
    refusal_of(416, "RangeNotSatisfiable", "The range lies outside of the content."),
    refusal_of(422, "KeyReused", "The Idempotency-Key was used before with another body."),
    refusal_of(426, "UpgradeRequired", "The path is a WebSocket: connect with a WebSocket client."),
    refusal_of(429, "RateLimited", "Too many requests: wait as long as `Retry-After` says."),
    refusal_of(500, "Internal", "A defect of the server. It tells the request id and nothing else."),
    refusal_of(503, "Unavailable", "Something that the server depends on is away, or the server is stopping."),
];

/// The answer of a refusal, with the headers that its status brings.
pub fn refusal(status: u16, words: &str, wrapped: bool) -> Response {
    let schema = shared(if wrapped { "ChannelsError" } else { "Error" });
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new().description(words).content("application/json", content);
    let header = match status {
        401 => "WWW-Authenticate",
        416 => "Content-Range",
        426 => "Upgrade",
        429 | 503 => "Retry-After",
        _ => return response.build(),
    };
    response.header_ref(header, Ref::new(format!("#/components/headers/{header}"))).build()
}
