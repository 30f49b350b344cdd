//! What handlers take from a request: who is asking, from where, and what.

pub mod address;
pub mod arriving;
pub mod body;
pub mod caller;
pub mod credentials;
pub mod form;
pub mod idempotency;
pub mod origin;
pub mod paging;
pub mod params;
pub mod proxied;

use actix_web::HttpRequest;
use actix_web::web::Data;

use crate::domain::error::{Error, Result};
use crate::state::AppState;

/// The state of the application, which every route has.
pub fn state(request: &HttpRequest) -> Result<&Data<AppState>> {
    request.app_data::<Data<AppState>>().ok_or_else(|| Error::internal("no application state"))
}
