//! The Shelflife issuer: opens, exchanges and ends sessions whose tokens carry a best-before date.
//!
//! ```text
//! main -> cli -> server -> http -> domain -> store
//!                                  domain -> keyring -> token
//! ```
//!
//! `domain` decides and is handed the time and the randomness; `http` translates; `store` persists and knows
//! neither.

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
