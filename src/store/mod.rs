//! The only user of the database: one file a table family. What goes wrong is mapped to [`Error`] once, in [`error`].

mod access_log;
mod attachments;
mod connect;
mod contains;
mod conversations;
mod erasure;
mod error;
mod export;
mod idempotency;
mod interview;
mod jobs;
mod ledger;
mod library;
mod loaded;
mod memory;
mod messages;
mod missed;
mod owner_lock;
#[cfg(test)]
mod plans;
mod profiles;
mod search;
mod sql;
#[cfg(test)]
pub mod testbed;
mod tickets;
mod tokens;
mod uploads;
mod users;

pub use access_log::AccessEntry;
pub use attachments::{PART_BYTES, StoredFile};
pub use connect::{Backend, Store};
pub use conversations::ConversationFilter;
pub use entity::conversation::{GENERAL_CHANNEL_ID, GLOBAL_ID};
pub use erasure::{Erased, Erasure};
pub use export::{Entry, Part};
pub use idempotency::{Begun, Claim, StoredAnswer};
pub use interview::Numbered;
#[cfg(test)]
pub use jobs::testing;
pub use jobs::{Lease, Leased};
pub use ledger::{Ledger, Written};
pub use library::{Content, NewSaved, Replaced, Saved, SavedFilter, Vector};
pub use loaded::LoadedMemory;
pub use memory::Remembered;
pub use messages::{CatchUp, History, MessageFilter};
pub use missed::Recent;
pub use owner_lock::OwnerLock;
pub use profiles::{Chunk, StoredProfile};
pub use search::{Completed, EmbeddedChunk, Passage};
pub use tokens::{NewToken, TokenRow};
pub use uploads::{NewUpload, Upload};
pub use users::{NewUser, UserFilter};

use error::{db, persistently};
