//! Starts servers and talks to them.

mod account;
pub mod ai_stub;
pub mod browser;
mod database;
mod openapi;
mod request;
mod require;
pub mod resume;
mod server;
mod socket;

pub use account::{Account, expect};
pub use database::{Database, databases};
pub use request::Request;
pub use require::available;
pub use server::Server;
pub use socket::Socket;
