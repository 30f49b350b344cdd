//! Starts servers and talks to them.

mod account;
pub mod ai_stub;
pub mod browser;
mod cluster;
mod database;
mod redis;
mod require;
pub mod resume;
mod server;
mod socket;

pub use account::{Account, expect};
pub use cluster::{Cluster, eventually};
pub use database::{Database, databases};
pub use redis::Redis;
pub use require::available;
pub use server::Server;
pub use socket::Socket;
