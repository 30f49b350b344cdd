//! Starts servers and talks to them.

mod account;
pub mod ai_stub;
pub mod browser;
pub mod chroma;
mod cluster;
mod database;
mod openapi;
#[path = "../../support/postgres.rs"]
mod postgres;
mod redis;
mod request;
#[path = "../../support/require.rs"]
mod require;
pub mod resume;
mod server;
mod socket;

pub use account::{Account, expect};
pub use cluster::{Cluster, eventually};
pub use database::{Database, databases};
pub use redis::Redis;
pub use request::Request;
pub use require::available;
pub use server::Server;
pub use socket::Socket;
