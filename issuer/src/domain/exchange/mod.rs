//! The exchange: deciding about it is one pure function, carrying it out is another matter.

mod carry_out;
mod decide;
mod step_up;
#[cfg(test)]
mod tests;

pub use carry_out::Exchange;
pub use decide::{Decision, Presented, Today, decide};
pub(super) use decide::{alive, in_force, version_of};
pub use step_up::{StepUp, decide_step_up};
