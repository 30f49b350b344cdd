//! The REST API: [`routes`] has the whole table, one file has the handlers of a resource. A handler extracts, makes one
//! call, and replies.

mod account_data;
mod analysis;
mod auth;
mod channels;
mod chat;
mod chats;
mod conversations;
pub mod cors;
pub mod error;
mod export;
pub mod extract;
mod interview;
mod memory;
pub mod middleware;
pub mod openapi;
mod rooms;
pub mod routes;
mod service;
mod uploads;
mod users;
mod web_client;

pub use service::exposition;
