//! What is counted about one key: failed proofs, and attempts that are not decided yet.
//!
//! An undecided attempt counts as if it had failed. All times are readings of the monotonic clock, in milliseconds: a wall
//! clock that is set neither forgives nor prolongs anything.

use super::table::Weigh;
use super::{Bucket, LoginLimits};

/// Keeps a key that is in use in its table: attempts under way weigh more than everything that is only remembered.
const UNDECIDED_WEIGHT: u64 = 1 << 32;
/// A source from which the account was signed in to outweighs sources that only failed a few times.
const KNOWN_WEIGHT: u64 = 4;

/// Whether one more attempt may begin. In the order of what stands against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Room {
    /// It may.
    Free,
    /// Only if attempts that are under way turn out right.
    Undecided,
    /// Not for this long, in milliseconds.
    Paused(u64),
}

/// Failures of one account from one source: an address, a device or a session.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Pair {
    failures: u32,
    undecided: u32,
    paused_until_ms: u64,
    last_ms: u64,
    /// The password was proved from here.
    known: bool,
}

impl Pair {
    pub(super) fn is_known(&self) -> bool {
        self.known
    }

    /// While failures are free, as many attempts may be under way as failures are left; after that, one at a time.
    pub(super) fn room(&self, limits: &LoginLimits, now: u64) -> Room {
        let pause = self.paused_until_ms.saturating_sub(now);
        let at_once = limits.free_failures.saturating_sub(self.failures(limits, now)).max(1);
        match pause {
            0 if self.undecided < at_once => Room::Free,
            0 => Room::Undecided,
            _ => Room::Paused(pause),
        }
    }

    pub(super) fn begin(&mut self) {
        self.undecided = self.undecided.saturating_add(1);
    }

    pub(super) fn give_back(&mut self) {
        self.undecided = self.undecided.saturating_sub(1);
    }

    pub(super) fn fail(&mut self, limits: &LoginLimits, now: u64) {
        self.give_back();
        self.failures = self.failures(limits, now).saturating_add(1);
        self.last_ms = now;
        if self.failures >= limits.free_failures {
            // The first failure that costs something pauses for a second, also when none is free.
            let doublings = self.failures.saturating_sub(limits.free_failures.max(1)).min(32);
            let pause = 1000_u64.saturating_mul(1_u64 << doublings).min(limits.longest_pause_ms);
            self.paused_until_ms = self.paused_until_ms.max(now.saturating_add(pause));
        }
    }

    pub(super) fn succeed(&mut self, now: u64) {
        *self = Pair { known: true, last_ms: now, undecided: self.undecided, ..Pair::default() };
    }

    fn failures(&self, limits: &LoginLimits, now: u64) -> u32 {
        if now.saturating_sub(self.last_ms) >= limits.forget_after_ms { 0 } else { self.failures }
    }
}

/// A bucket of failures, as the moment when it will be full again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Debt {
    until_ms: u64,
    undecided: u64,
}

impl Debt {
    pub(super) fn room(&self, bucket: Bucket, now: u64) -> Room {
        let most = bucket.burst.saturating_mul(bucket.refill_ms);
        let with_one = self.until_ms.saturating_sub(now).saturating_add(bucket.refill_ms);
        let with_all = with_one.saturating_add(self.undecided.saturating_mul(bucket.refill_ms));
        match with_one.saturating_sub(most) {
            0 if with_all <= most => Room::Free,
            0 => Room::Undecided,
            wait => Room::Paused(wait),
        }
    }

    pub(super) fn begin(&mut self) {
        self.undecided = self.undecided.saturating_add(1);
    }

    pub(super) fn give_back(&mut self) {
        self.undecided = self.undecided.saturating_sub(1);
    }

    pub(super) fn fail(&mut self, bucket: Bucket, now: u64) {
        self.give_back();
        // Those who are exempt charge the bucket as well, but never beyond what it holds.
        let most = now.saturating_add(bucket.burst.saturating_mul(bucket.refill_ms));
        self.until_ms = self.until_ms.max(now).saturating_add(bucket.refill_ms).min(most);
    }
}

impl Weigh for Pair {
    fn weight(&self) -> u64 {
        let known = if self.known { KNOWN_WEIGHT } else { 0 };
        let remembered = u64::from(self.failures).saturating_add(known);
        remembered.saturating_add(u64::from(self.undecided).saturating_mul(UNDECIDED_WEIGHT))
    }
}

impl Weigh for Debt {
    fn weight(&self) -> u64 {
        self.until_ms.saturating_add(self.undecided.saturating_mul(1 << 48))
    }
}
