//! The vocabulary of Greenroom: what things are and what may happen to them. No async, no I/O, no framework.

pub mod account;
pub mod career;
pub mod change;
pub mod clock;
pub mod command;
pub mod conversation;
pub mod document;
pub mod error;
pub mod event;
pub mod fold;
pub mod injection;
pub mod interview;
pub mod job;
pub mod matching;
pub mod message;
pub mod page;
pub mod permission;
pub mod profile;
pub mod prose;
pub mod user;

/// Users are numbered from 1.
pub type UserId = i64;
/// Uploads are numbered from 1.
pub type UploadId = i64;
/// Conversations are UUID v7; rooms and support chats are known by it, channels by their slug.
pub type ConversationId = uuid::Uuid;
/// Messages are UUID v7.
pub type MessageId = uuid::Uuid;
/// Jobs are UUID v4, shown as `job_id`.
pub type JobId = uuid::Uuid;
