//! The exchange: deciding about it is one pure function, carrying it out is another matter.

mod carry_out;
mod decide;
mod limits;
mod step_up;
#[cfg(test)]
mod tests;

pub use carry_out::Exchange;
pub use decide::{Context, Credentials, Decision, Recent, Rotation, decide};
pub(super) use decide::{successor, version_of};
pub(super) use limits::{as_witnessed, check_limits, check_proof, check_usable};
pub use step_up::{StepUp, decide_step_up};
