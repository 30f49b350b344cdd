//! One module for each table of the database; the migrations in the crate `migration` make the tables.
//!
//! Enumerations are plain strings here: the database checks them, the domain gives them meaning.

pub mod access_log;
pub mod analysis_job;
pub mod attachment;
pub mod attachment_content;
pub mod chat_message;
pub mod conversation;
pub mod conversation_member;
pub mod deployment;
pub mod idempotency_key;
pub mod interview_question;
pub mod job_text;
pub mod loaded_memory;
pub mod model_calibration;
pub mod reaction;
pub mod resume_chunk;
pub mod retired_username;
pub mod saved_interview_question;
pub mod saved_question_tag;
mod timestamp;
pub mod token;
pub mod upload_content;
pub mod user;
pub mod user_profile;
pub mod user_upload;
pub mod ws_ticket;

pub use timestamp::Timestamp;
