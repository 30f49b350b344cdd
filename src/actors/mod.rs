//! What runs beside the requests: each actor owns one thing, knows its peers by the messages they take, and may crash
//! without taking anything else down.

pub mod analysis_job;
pub mod bridge;
pub mod guard;
pub mod hub;
pub mod scribe;
pub mod slots;
pub mod supervisor;
