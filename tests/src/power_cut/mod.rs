//! Power cuts: writes are acknowledged, the power goes, and what was acknowledged must be there.

mod compare;
mod driver;
mod plain_sled;
mod rounds;
mod syscalls;

pub use driver::{drive, show};
pub use rounds::{Tally, rounds};
pub use syscalls::{Ordering, ordering};

use clap::ValueEnum;

/// What is put through the cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The store as it ships.
    Sled,
    /// The store on redb.
    Redb,
    /// sled with nothing but its own `flush`: what must fail, or the test sees nothing.
    PlainSled,
}

impl Engine {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sled => "sled",
            Engine::Redb => "redb",
            Engine::PlainSled => "plain-sled",
        }
    }
}
