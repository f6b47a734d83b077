//! The harness of the end-to-end tests: the built `shelflife` binary on a port of its own, with data of its own.
//!
//! The tests are in `tests/`. `SHELFLIFE_BIN` names the binary; without it the one of this build is used.

// A harness fails a test by panicking; there is nobody to hand an error to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answer;
mod binary;
mod calls;
mod chance;
mod clocks;
pub mod crash;
pub mod disk;
mod peers;
pub mod power_cut;
mod raw;
mod server;
mod suite;
pub mod vectors;

pub use answer::Answer;
pub use binary::{binary, build};
pub use calls::{DEMO_PASSWORD, DEMO_USER, LOGIN, Line, TOKEN};
pub use chance::Chance;
pub use clocks::Clocks;
pub use peers::{Peer, wait_until};
pub use raw::raw;
pub use rustix::process::Signal;
pub use server::{ISSUER, Server};
pub use suite::{Outcome, Test, suite};
