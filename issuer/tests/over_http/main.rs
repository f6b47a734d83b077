//! The issuer over real sockets, real folders and real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;
mod admin;
mod clients;
mod command;
mod common;
mod durability;
mod guessing;
mod limits;
mod sessions;
mod strictness;
