//! Starts servers and talks to them.

mod account;
pub mod ai_stub;
pub mod browser;
pub mod chroma;
mod database;
#[path = "../../support/postgres.rs"]
mod postgres;
#[path = "../../support/require.rs"]
mod require;
pub mod resume;
mod server;
mod socket;

pub use account::{Account, expect};
pub use database::{Database, databases};
pub use require::available;
pub use server::Server;
pub use socket::Socket;
