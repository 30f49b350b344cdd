//! Greenroom: a self-hosted chat server and interview coach. `ARCHITECTURE.md` is the map.

pub mod actors;
pub mod ai;
pub mod analysis;
pub mod app;
pub mod cli;
pub mod config;
pub mod domain;
pub mod export;
pub mod http;
pub mod search;
pub mod services;
pub mod state;
pub mod store;
pub mod wire;
pub mod ws;
