//! The store and its engines: what is promised on the traits, on disks that work and on disks that do not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

// Two suites need engines that can be held up.
#[path = "../shared/hanging.rs"]
mod hanging;

mod common;
mod faults;
mod folder;
mod journal;
mod panics;
mod promises;
