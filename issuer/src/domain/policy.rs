//! Lifetimes and limits as values. Built from the configuration in one place; the rules know no defaults.

use super::moment::Fraction;

/// What the issuer grants. Durations are in seconds unless the name ends in `_ms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Length of the access window.
    pub access_ttl: u64,
    /// Length of access and refresh window together, for sessions that are remembered.
    pub refresh_ttl: u64,
    /// How long a predecessor may be exchanged again for the same successor.
    pub grace_ms: u64,
    /// By how many percent of `access_ttl` the `bbf` of a successor may be earlier.
    pub jitter_percent: u64,
    /// No session lives longer than this after sign-in.
    pub absolute_ttl: u64,
    /// A session that was not exchanged for longer than this is over. `None`: no such limit.
    pub idle_ttl: Option<u64>,
}

/// The two dates of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) bbf: u64,
    pub(crate) exp: u64,
}

impl Policy {
    /// The dates of a token issued at `now` (seconds) in a session that ends at `limit` at the latest.
    pub(crate) fn windows(&self, now: u64, remember_me: bool, limit: u64, jitter: Fraction) -> Windows {
        let jitter = jitter.of(self.access_ttl.saturating_mul(self.jitter_percent) / 100);
        let access = self.access_ttl.saturating_sub(jitter);
        let bbf = now.saturating_add(access).min(limit);
        // Not remembered: never stale, the session lives as long as it is exchanged while it is fresh.
        let exp = if remember_me { now.saturating_add(self.refresh_ttl).min(limit).max(bbf) } else { bbf };
        Windows { bbf, exp }
    }
}
