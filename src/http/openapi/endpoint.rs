//! An operation of the API: what it takes, what it answers. What follows from the rules that all paths share (contract,
//! section 1) is added in one place, [`Endpoint::by_the_rules`], so that a description says only what is special.

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder};

use super::refusals::{REFUSALS, refusal};
use super::shape::{Shape, bytes, must, object, success};
use crate::http::extract::proxied::is_channels_api;

/// Who may ask.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Everybody,
    /// Everybody; who is signed in may do more.
    Anybody,
    SignedIn,
    /// A socket of whoever is signed in.
    Socket,
    /// A socket of everybody.
    OpenSocket,
}

/// One method of one path.
pub struct Endpoint {
    method: HttpMethod,
    path: &'static str,
    operation: OperationBuilder,
    access: Access,
    answers: BTreeMap<u16, ResponseBuilder>,
    /// Status → what is special about it; `None`: nothing.
    refusals: BTreeMap<u16, Option<String>>,
    /// Whether requests count against the rate limit.
    counted: bool,
}

pub fn get(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Get, path, id, summary)
}

pub fn post(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Post, path, id, summary).refuses(403)
}

pub fn put(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Put, path, id, summary).refuses(403)
}

pub fn delete(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Delete, path, id, summary).refuses(403)
}

impl Endpoint {
    fn new(method: HttpMethod, path: &'static str, id: &str, summary: &str) -> Self {
        let endpoint = Self {
            method,
            path,
            operation: OperationBuilder::new().operation_id(Some(id)).summary(Some(summary)),
            access: Access::Everybody,
            answers: BTreeMap::new(),
            refusals: BTreeMap::new(),
            counted: true,
        };
        // whatever an id in a path is, it may be nobody's
        if path.contains('{') { endpoint.refuses(404) } else { endpoint }
    }

    /// More than the summary says.
    pub fn explain(self, words: &str) -> Self {
        Self { operation: self.operation.description(Some(words)), ..self }
    }

    /// 401 without a valid token.
    pub fn signed_in(self) -> Self {
        Self { access: Access::SignedIn, ..self }.refuses(401)
    }

    /// Works without a token; one that is given must be valid.
    pub fn maybe_signed_in(self) -> Self {
        Self { access: Access::Anybody, ..self }.refuses(401)
    }

    /// The upgrade to a socket, which may need a token.
    pub fn socket(self, signed_in: bool) -> Self {
        let access = if signed_in { Access::Socket } else { Access::OpenSocket };
        let switched = ResponseBuilder::new().description("The connection is a WebSocket now (RFC 6455).");
        let mut socket = Self { access, ..self };
        socket.answers.insert(101, switched);
        [400, 401, 403, 426].into_iter().fold(socket, Self::refuses)
    }

    /// Not counted against the rate limit.
    pub fn uncounted(self) -> Self {
        Self { counted: false, ..self }
    }

    fn parameter(self, place: ParameterIn, required: bool, name: &str, shape: Shape, words: &str) -> Self {
        let required = if required { Required::True } else { Required::False };
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required)
            .description(Some(words))
            .schema(Some(shape));
        Self { operation: self.operation.parameter(parameter), ..self }
    }

    fn shared_parameter(self, name: &str) -> Self {
        let reference = Ref::new(format!("#/components/parameters/{name}"));
        Self { operation: self.operation.parameter_ref(reference), ..self }
    }

    pub fn in_path(self, name: &str, shape: Shape, words: &str) -> Self {
        self.parameter(ParameterIn::Path, true, name, shape, words)
    }

    pub fn query(self, name: &str, shape: Shape, words: &str) -> Self {
        self.parameter(ParameterIn::Query, false, name, shape, words).refuses(400)
    }

    pub fn needs_query(self, name: &str, shape: Shape, words: &str) -> Self {
        self.parameter(ParameterIn::Query, true, name, shape, words).refuses(400)
    }

    pub fn header(self, name: &str, shape: Shape, words: &str) -> Self {
        self.parameter(ParameterIn::Header, false, name, shape, words)
    }

    /// A JSON object in the body.
    pub fn takes(self, shape: Shape) -> Self {
        let taking = self.body("application/json", shape);
        [400, 408, 413, 415].into_iter().fold(taking, Self::refuses)
    }

    /// A form with a file.
    pub fn takes_form(self, shape: Shape) -> Self {
        let taking = self.body("multipart/form-data", shape);
        [400, 408, 413, 415].into_iter().fold(taking, Self::refuses)
    }

    fn body(self, media_type: &str, shape: Shape) -> Self {
        let content = ContentBuilder::new().schema(Some(shape)).build();
        let body = RequestBodyBuilder::new().content(media_type, content).required(Some(Required::True)).build();
        Self { operation: self.operation.request_body(Some(body)), ..self }
    }

    /// `Idempotency-Key` counts.
    pub fn idempotent(self) -> Self {
        let keyed = self.shared_parameter("IdempotencyKey");
        [400, 409, 422].into_iter().fold(keyed, Self::refuses)
    }

    /// JSON; under `/api/v1` wrapped.
    pub fn answers(mut self, status: u16, words: &str, shape: Shape) -> Self {
        let shape = if is_channels_api(self.path) { object([success(), must("data", shape)]) } else { shape };
        let response = ResponseBuilder::new().description(words);
        self.answers
            .insert(status, response.content("application/json", ContentBuilder::new().schema(Some(shape)).build()));
        let fresh = status == 200 && self.method == HttpMethod::Get && self.path.starts_with("/api/");
        if fresh { self.tagged() } else { self }
    }

    /// Something else than JSON, of one of these media types.
    pub fn answers_with(mut self, status: u16, words: &str, media_types: &[&str]) -> Self {
        let response = self.answers.remove(&status).unwrap_or_default().description(words);
        let response = media_types.iter().fold(response, |response, media_type| {
            response.content(*media_type, ContentBuilder::new().schema(Some(bytes())).build())
        });
        self.answers.insert(status, response);
        self
    }

    /// A header of the answer of this status, one of `components/headers`.
    pub fn tells(mut self, status: u16, header: &str) -> Self {
        let response = self.answers.remove(&status).unwrap_or_default();
        let reference = Ref::new(format!("#/components/headers/{header}"));
        self.answers.insert(status, response.header_ref(header, reference));
        self
    }

    /// An ETag, and 304 for who has it already.
    pub fn tagged(self) -> Self {
        let tagged = self.shared_parameter("IfNoneMatch").tells(200, "ETag");
        let mut tagged = tagged;
        tagged.answers.insert(304, ResponseBuilder::new().description("Unchanged: you have it already."));
        tagged.tells(304, "ETag")
    }

    /// A page of a list.
    pub fn paged(self) -> Self {
        let paged = self.shared_parameter("Limit").shared_parameter("Cursor");
        paged.tells(200, "Link").tells(200, "X-Next-Cursor").refuses(400)
    }

    fn refuses(mut self, status: u16) -> Self {
        self.refusals.entry(status).or_default();
        self
    }

    /// A refusal about which there is something to say, such as its code.
    pub fn fails(mut self, status: u16, words: &str) -> Self {
        self.refusals.insert(status, Some(words.to_owned()));
        self
    }

    fn tells_always(self, header: &str) -> Self {
        let statuses: Vec<u16> = self.answers.keys().copied().collect();
        statuses.into_iter().fold(self, |endpoint, status| endpoint.tells(status, header))
    }

    /// What follows from the rules for all paths.
    fn by_the_rules(mut self) -> Self {
        if self.counted {
            self = self.refuses(429).tells_always("RateLimit").tells_always("RateLimit-Policy");
        }
        if self.counted && self.path != "/api/openapi.json" {
            self = self.refuses(500).refuses(503);
        }
        // exactly the keys of idempotent requests can be reused
        if self.refusals.contains_key(&422) { self.tells_always("Idempotency-Replayed") } else { self }
    }

    /// The operation, whole.
    pub fn finish(self, tag: &str) -> (&'static str, HttpMethod, Operation) {
        let Self { method, path, operation, access, answers, refusals, .. } = self.by_the_rules();
        let mut operation = operation.tag(tag).securities(securities(access));
        for (status, response) in answers {
            operation = operation.response(status.to_string(), response);
        }
        for (status, special) in refusals {
            operation =
                operation.response(status.to_string(), refused(status, special.as_deref(), is_channels_api(path)));
        }
        (path, method, operation.build())
    }
}

fn refused(status: u16, special: Option<&str>, wrapped: bool) -> RefOr<Response> {
    let known = REFUSALS.iter().find(|known| known.status == status);
    match (special, known) {
        (None, Some(known)) => Ref::from_response_name(known.component(wrapped)).into(),
        (words, _) => refusal(status, words.unwrap_or_default(), wrapped).into(),
    }
}

fn securities(access: Access) -> Option<Vec<SecurityRequirement>> {
    let schemes: &[&str] = match access {
        Access::Everybody => return None,
        Access::SignedIn | Access::Anybody => &["bearer", "cookie"],
        Access::Socket | Access::OpenSocket => &["bearer", "ticket", "token", "cookie"],
    };
    let nobody = matches!(access, Access::Anybody | Access::OpenSocket).then(SecurityRequirement::default);
    let one = |scheme: &&str| SecurityRequirement::new::<_, [&str; 0], &str>(*scheme, []);
    Some(nobody.into_iter().chain(schemes.iter().map(one)).collect())
}
