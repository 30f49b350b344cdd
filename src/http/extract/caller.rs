//! Who is asking. Naming one of these types in a handler *is* the check.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use crate::domain::error::{Error, Result};
use crate::domain::user::{Identity, Role};

/// What the middleware found out about the sender of a request.
#[derive(Clone, Debug)]
pub enum Sender {
    SignedOut,
    SignedIn {
        identity: Identity,
        by_cookie: bool,
    },
    /// There is a credential, and it does not count.
    Refused(Error),
}

/// The sender as the middleware left it in the request.
pub fn sender(request: &HttpRequest) -> Sender {
    request.extensions().get::<Sender>().cloned().unwrap_or(Sender::SignedOut)
}

/// Who has signed in; 401 if nobody has.
pub fn identity(request: &HttpRequest) -> Result<Identity> {
    match sender(request) {
        Sender::SignedIn { identity, .. } => Ok(identity),
        Sender::Refused(error) => Err(error),
        Sender::SignedOut => Err(Error::unauthenticated("AUTHENTICATION_REQUIRED", "Sign in, and send the token.")),
    }
}

/// Somebody who is signed in (401 otherwise).
#[derive(Clone, Debug)]
pub struct Caller(pub Identity);

impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identity(request).map(Self))
    }
}

/// A super-agent (401 or 403 otherwise).
#[derive(Clone, Debug)]
pub struct SuperAgent(pub Identity);

impl FromRequest for SuperAgent {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(identity(request).and_then(|identity| {
            if identity.role == Role::SuperAgent {
                return Ok(Self(identity));
            }
            Err(Error::forbidden("Only a super-agent may do this."))
        }))
    }
}
