//! What is fuzzed: every target takes any bytes, does something with them in the verifier, and holds the answer against
//! a second opinion that shares no code with it.
//!
//! A target panics when the two disagree. `cargo xtask fuzz` feeds them for as long as one likes (`driver/`); the test in
//! `tests/` replays what was found worth keeping (`corpus/`) and every vector of the repository.

// A target that finds something panics: there is no other way to tell a fuzzer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

extern crate alloc;

mod base64url;
mod keyset;
mod parse;
mod rules;
mod seeds;
mod snapshot;
mod verify;

pub use seeds::seeds;

/// Something to throw bytes at.
#[derive(Debug)]
pub struct Target {
    /// The name of its corpus, and what `cargo xtask fuzz` calls it.
    pub name: &'static str,
    /// Panics when the verifier and its second opinion disagree.
    pub run: fn(&[u8]),
}

/// All there are.
pub const TARGETS: &[Target] = &[
    Target { name: "base64url", run: base64url::run },
    Target { name: "keyset", run: keyset::run },
    Target { name: "parse", run: parse::run },
    Target { name: "snapshot", run: snapshot::run },
    Target { name: "verify", run: verify::run },
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
