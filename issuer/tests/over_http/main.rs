//! The issuer over real sockets, real folders and real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

// Two suites need engines that can be held up.
#[path = "../shared/hanging.rs"]
mod hanging;

mod account;
mod admin;
mod command;
mod common;
mod durability;
mod field;
mod limits;
mod revocations;
mod sessions;
mod stream;
mod strictness;
