//! Sockets. [`upgrade`] lets a client in, [`session`] decides what happens on its connection, [`socket`] carries it out;
//! [`guard`], [`assembler`] and [`rate`] keep off what a connection must not do to us.

mod apart;
mod assembler;
mod conversing;
mod guard;
mod rate;
mod remembering;
mod session;
mod socket;
pub mod tcp;
mod upgrade;

#[cfg(test)]
pub(crate) use session::INJECTED_PANIC;
pub use upgrade::{channels, coach, rooms, support};
