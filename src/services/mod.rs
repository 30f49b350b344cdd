//! What Greenroom does, without sockets and HTTP.

pub mod accounts;
pub mod analyses;
pub mod arrivals;
pub mod calibration;
pub mod conversations;
pub mod exports;
pub mod interview;
pub mod library;
pub mod limits;
pub mod matching;
pub mod memory;
pub mod pipeline;
pub mod qa_eval;
pub mod search;
pub mod uploads;
