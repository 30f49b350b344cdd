//! Several nodes on one PostgreSQL: what one is told, the others hear.

mod messages;
mod presence;
mod sessions;
