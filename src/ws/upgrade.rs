//! The way in: is it a handshake, who is it, and may they come from there.

use std::sync::atomic::Ordering;

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use actix_web_actors::ws::{HandshakeError, handshake};

use super::socket::{Newcomer, start};
use crate::actors::hub::draining;
use crate::domain::error::{Error, Kind, Result};
use crate::domain::user::Identity;
use crate::http::extract::{address, caller, credentials, origin};
use crate::state::AppState;
use crate::wire::Dialect;

/// GET `/ws`. Without a credential, or with an invalid cookie, the socket is signed out.
pub async fn coach(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Result<HttpResponse> {
    admit(&request, &state)?;
    let checked = Some(state.accounts.revocations());
    let identity = match identify(&request, &state).await {
        Err((Source::Cookie, error)) if error.kind == Kind::Unauthenticated => None,
        other => other.map_err(|(_, error)| error)?,
    };
    let address = address::client_address(&request, &state.settings.server.trusted_proxies);
    start(Newcomer { dialect: Dialect::Coach, identity, address, checked }, &request, payload, state).await
}

/// GET `/api/ws/connect`. Nobody without a valid token.
pub async fn rooms(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Result<HttpResponse> {
    signed_in(Dialect::Rooms, request, payload, state).await
}

/// GET `/api/v1/ws`. Nobody without a valid token, or a trusted proxy's word.
pub async fn channels(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Result<HttpResponse> {
    let masked = state.settings.server.mask_emails;
    signed_in(Dialect::Channels { masked }, request, payload, state).await
}

/// GET `/api/ws`. Nobody without a valid token.
pub async fn support(request: HttpRequest, payload: Payload, state: Data<AppState>) -> Result<HttpResponse> {
    signed_in(Dialect::Support, request, payload, state).await
}

/// A socket of somebody: 401 before the upgrade without a valid token.
async fn signed_in(
    dialect: Dialect,
    request: HttpRequest,
    payload: Payload,
    state: Data<AppState>,
) -> Result<HttpResponse> {
    admit(&request, &state)?;
    let revocations = state.accounts.revocations();
    let (identity, checked) = match identify(&request, &state).await.map_err(|(_, error)| error)? {
        Some(identity) => (identity, Some(revocations)),
        // whom a proxy named was looked up before
        None => (caller::identity(&request)?, None),
    };
    let address = address::client_address(&request, &state.settings.server.trusted_proxies);
    start(Newcomer { dialect, identity: Some(identity), address, checked }, &request, payload, state).await
}

/// Whether this is a handshake that we take now.
fn admit(request: &HttpRequest, state: &AppState) -> Result<()> {
    handshake(request).map_err(not_a_handshake)?;
    if state.draining.load(Ordering::Acquire) { Err(draining()) } else { Ok(()) }
}

fn not_a_handshake(error: HandshakeError) -> Error {
    match error {
        HandshakeError::BadWebsocketKey => Error::new(
            Kind::Invalid,
            "BAD_HANDSHAKE",
            "Bad handshake",
            "The header Sec-WebSocket-Key is missing: use a WebSocket client.",
        ),
        _ => Error::new(
            Kind::UpgradeRequired,
            "UPGRADE_REQUIRED",
            "Upgrade required",
            "This path is a WebSocket: connect with a WebSocket client (RFC 6455, version 13).",
        ),
    }
}

/// Where a credential stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Header,
    Ticket,
    Query,
    Cookie,
}

/// Who it is. The first credential that is present decides.
async fn identify(request: &HttpRequest, state: &AppState) -> Result<Option<Identity>, (Source, Error)> {
    let Some((source, credential)) = find(request, state.settings.ws.allow_query_token) else { return Ok(None) };
    let identity = match (source, credential) {
        (_, Err(error)) => Err(error),
        (Source::Ticket, Ok(ticket)) => state.accounts.redeem_ticket(&ticket).await,
        (_, Ok(token)) => state.accounts.authenticate(&token).await,
    };
    if source == Source::Cookie && identity.is_ok() {
        // not an error of the cookie: it must not leave the socket signed out
        origin::check(request).map_err(|error| (source, error))?;
    }
    identity.map(Some).map_err(|error| (source, error))
}

fn find(request: &HttpRequest, allow_query_token: bool) -> Option<(Source, Result<String>)> {
    let query = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(request.query_string().as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| Ok(value.into_owned()))
    };
    let header = || credentials::bearer(request).map(|token| (Source::Header, token));
    let ticket = || query("ticket").map(|ticket| (Source::Ticket, ticket));
    let token = || query("token").filter(|_| allow_query_token).map(|token| (Source::Query, token));
    let cookie = || credentials::cookie(request).map(|token| (Source::Cookie, Ok(token)));
    header().or_else(ticket).or_else(token).or_else(cookie)
}

#[cfg(test)]
mod tests {
    use actix_web::cookie::Cookie;
    use actix_web::test::TestRequest;

    use super::*;

    fn found(request: TestRequest, allow_query_token: bool) -> Option<(Source, Option<String>)> {
        find(&request.to_http_request(), allow_query_token).map(|(source, token)| (source, token.ok()))
    }

    fn request(uri: &str) -> TestRequest {
        TestRequest::with_uri(uri).cookie(Cookie::new("jwt_token", "c"))
    }

    #[test]
    fn the_first_credential_that_is_present_decides() {
        let bearer = ("Authorization", "Bearer h");
        let all = "/ws?token=q&ticket=t%2B";
        assert_eq!(found(request(all).insert_header(bearer), true), Some((Source::Header, Some("h".into()))));
        assert_eq!(
            found(request(all).insert_header(("Authorization", "Basic eA==")), true),
            Some((Source::Header, None))
        );
        assert_eq!(found(request(all), true), Some((Source::Ticket, Some("t+".into()))));
        assert_eq!(found(request("/ws?token=q"), true), Some((Source::Query, Some("q".into()))));
        assert_eq!(found(request("/ws?token=q"), false), Some((Source::Cookie, Some("c".into()))));
        assert_eq!(found(TestRequest::with_uri("/ws"), true), None);
    }

    #[test]
    fn what_is_no_handshake_is_told_what_is() {
        let plain = TestRequest::with_uri("/ws").to_http_request();
        let error = not_a_handshake(handshake(&plain).err().unwrap());
        assert_eq!((error.kind, error.code), (Kind::UpgradeRequired, "UPGRADE_REQUIRED"));
    }
}
