//! The exchange: deciding about it is one pure function, carrying it out is another matter.

mod carry_out;
mod decide;
#[cfg(test)]
mod tests;

pub use carry_out::Exchange;
pub(super) use decide::alive;
pub use decide::{Decision, Presented, decide};
