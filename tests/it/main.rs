//! Black-box tests: the binary as its users run it, over HTTP and sockets, on SQLite and PostgreSQL.
//! A suite that needs a program which is not installed says so and is skipped; `GREENROOM_TEST_REQUIRE` makes that a failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "in a test, a panic is the report")]

mod analysis;
mod examples;
mod harness;
mod nodes;
mod page;
mod rest;
mod ws;
