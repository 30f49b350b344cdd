//! What many paths share: headers, parameters, refusals, ways to sign in.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, ComponentsBuilder, Required};

use super::refusals::{REFUSALS, refusal};
use super::schemas::schemas;
use super::shape::{Shape, count, text};
use crate::http::extract::credentials::COOKIE;

pub fn components() -> Components {
    let mut components = ComponentsBuilder::new();
    for (name, shape) in schemas() {
        components = components.schema(name, shape);
    }
    for known in REFUSALS {
        for wrapped in [false, true] {
            components = components.response(known.component(wrapped), refusal(known.status, known.words, wrapped));
        }
    }
    for (name, header) in headers() {
        components = components.header(name, header);
    }
    for (name, parameter) in parameters() {
        components = components.parameter(name, parameter);
    }
    for (name, scheme) in security_schemes() {
        components = components.security_scheme(name, scheme);
    }
    components.build()
}

fn headers() -> [(&'static str, Header); 14] {
    let header = |shape: Shape, words: &str| HeaderBuilder::new().schema(Some(shape)).description(Some(words)).build();
    [
        ("ETag", header(text(), "Send it as `If-None-Match` to ask again without getting the same again.")),
        (
            "Link",
            header(
                text().example("</api/uploads?cursor=dXA>; rel=\"next\""),
                "The next page, if there is one (RFC 8288).",
            ),
        ),
        ("X-Next-Cursor", header(text(), "The `cursor` of the next page, if there is one.")),
        (
            "RateLimit-Policy",
            header(
                text().example("\"default\";q=100;w=60"),
                "How many requests in how many seconds, unless the limit is off.",
            ),
        ),
        (
            "RateLimit",
            header(
                text().example("\"default\";r=97;t=42"),
                "How many are left, and in how many seconds there are all, unless the limit is off.",
            ),
        ),
        ("Retry-After", header(count(), "Seconds to wait.")),
        ("WWW-Authenticate", header(text().example("Bearer"), "How to sign in (RFC 9110).")),
        ("Upgrade", header(text().example("websocket"), "What to upgrade to (RFC 9110).")),
        ("Content-Disposition", header(text(), "`attachment` with a file name (RFC 6266).")),
        ("Content-Range", header(text().example("bytes 0-99/1024"), "Which part of how many bytes (RFC 9110).")),
        ("Accept-Ranges", header(text().example("bytes"), "Parts of the content may be asked for (RFC 9110).")),
        (
            "Idempotency-Replayed",
            header(text().example("true"), "The answer is that of an earlier request with the same key."),
        ),
        ("Set-Cookie", header(text(), "The cookie that signs in, or its end.")),
        ("Vary", header(text(), "The request headers that the answer depends on.")),
    ]
}

fn parameters() -> [(&'static str, Parameter); 4] {
    let parameter = |place, name: &str, shape: Shape, words: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(Required::False)
            .description(Some(words))
            .schema(Some(shape))
            .build()
    };
    let (query, header) = (ParameterIn::Query, ParameterIn::Header);
    let limit = super::shape::whole().at_least(1).default(50);
    [
        ("Limit", parameter(query.clone(), "limit", limit, "How many entries a page has; over 200 is 200.")),
        ("Cursor", parameter(query, "cursor", text(), "The `X-Next-Cursor` of the page before.")),
        (
            "IdempotencyKey",
            parameter(
                header.clone(),
                "Idempotency-Key",
                text().length(1, 255).like("^[!-~]+$"),
                "A name for this request, chosen by you: the same request again within 24 hours gets the first answer, \
                 with `Idempotency-Replayed: true`, and does nothing.",
            ),
        ),
        (
            "IfNoneMatch",
            parameter(header, "If-None-Match", text(), "ETags that you have: 304 if one of them is still right."),
        ),
    ]
}

fn security_schemes() -> [(&'static str, SecurityScheme); 4] {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `token` of signing up, signing in or refreshing. It goes before the cookie."));
    let ticket = "For sockets, from `POST /api/ws/ticket`: counts once, for 30 seconds.";
    let token = "For sockets, the token itself, where the server allows it (`WS_ALLOW_QUERY_TOKEN`).";
    let cookie =
        "Set by signing up and in. What changes something must come from a page of the same or of a listed origin.";
    [
        ("bearer", SecurityScheme::Http(bearer.build())),
        ("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(COOKIE, cookie)))),
        ("ticket", SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description("ticket", ticket)))),
        ("token", SecurityScheme::ApiKey(ApiKey::Query(ApiKeyValue::with_description("token", token)))),
    ]
}
