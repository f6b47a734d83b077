//! The issuer over real sockets, real folders and real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod command;
mod common;
mod durability;
mod sessions;
mod strictness;
