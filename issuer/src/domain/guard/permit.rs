//! An attempt under way, charged as if it had failed.

use std::sync::Arc;

use super::{Charged, Shared};
use crate::domain::words::moment::Moment;

/// An admitted attempt. It holds its place in all counts until it is decided; dropped undecided, it gives them back, so
/// that an attempt that was never judged costs nothing.
#[must_use]
pub(in crate::domain) struct Permit {
    shared: Arc<Shared>,
    charged: Charged,
    outcome: Outcome,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// The password was not looked at.
    NotJudged,
    Right(Moment),
    Wrong(Moment),
}

impl Permit {
    pub(super) fn new(shared: Arc<Shared>, charged: Charged) -> Permit {
        Permit { shared, charged, outcome: Outcome::NotJudged }
    }

    /// Whether the account was signed in to from this device, session or address before.
    pub(in crate::domain) fn is_known(&self) -> bool {
        self.charged.known
    }

    /// The password was right: what was charged is given back, and the source is known from now on.
    pub(in crate::domain) fn succeeded(mut self, now: Moment) {
        self.outcome = Outcome::Right(now);
    }

    /// The password was wrong, or there is no such user.
    pub(in crate::domain) fn failed(mut self, now: Moment) {
        self.outcome = Outcome::Wrong(now);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.settle(&self.charged, self.outcome);
    }
}
