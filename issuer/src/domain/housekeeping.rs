//! What the issuer does by itself from time to time. Everything here is irreversible, so it needs both clocks.

use super::clock_watch::Leap;
use super::issuer::Issuer;
use super::words::moment::Moment;
use super::words::refusal::Failure;

/// Rows dealt with in one write.
const AT_ONCE: usize = 500;
/// Entries of the list of revocations are forgotten this many seconds after their time is over.
const KEEP_REVOCATIONS: u64 = 60 * 60;

impl Issuer {
    /// Deletes the records of sessions whose `exp` passed at least `keep_expired` seconds ago, and entries of the list of
    /// revocations whose time is over; nothing before wall clock and monotonic clock have agreed for an hour in this process.
    ///
    /// # Errors
    /// [`Failure::Store`]; the next call goes on.
    pub async fn forget_what_is_over(&self, keep_expired: u64, now: Moment) -> Result<(), Failure> {
        let Some(certain) = self.clock_watch().may_forget_before(now) else { return Ok(()) };
        let before = certain.saturating_sub(KEEP_REVOCATIONS);
        while self.store().purge_revocations(before, AT_ONCE).await? == AT_ONCE {}
        let before = certain.saturating_sub(keep_expired);
        while self.store().purge(before, AT_ONCE).await? == AT_ONCE {}
        Ok(())
    }

    /// Compares the clocks; to be called every second.
    pub fn watch_clock(&self, now: Moment) {
        self.clock_watch().observe(now);
    }

    /// The last leap of the wall clock, until both clocks have agreed for an hour since.
    pub fn clock_leap(&self, now: Moment) -> Option<Leap> {
        self.clock_watch().leap(now)
    }
}
