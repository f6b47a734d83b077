//! The Shelflife issuer: opens, exchanges and ends sessions whose tokens carry a best-before date.
//!
//! ```text
//! main -> cli -> server -> http -> domain -> store
//!                                  domain -> keyring -> token
//! ```
//!
//! `domain` decides and is handed the time and the randomness; `http` translates; `store` persists and knows
//! neither.

// They panic when the descriptor cannot be written, and wait where it blocks: `cli::say` and `log` are what is written with.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod http;
pub mod keyring;
pub mod server;
pub mod settings;
pub mod store;

mod chance;
mod events;
mod log;
mod repeats;
mod supervise;
