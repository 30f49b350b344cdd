//! Analyses under trouble: endpoints that fail, a crowd of jobs, kills, hostile files.

mod crowd;
mod endpoint;
mod hostile;
mod kills;
