//! Lifetimes and limits as values. Built from the configuration in one place; the rules know no defaults.

mod rules;

pub use self::rules::{Narrowing, Rules};
use super::words::moment::Fraction;

/// What the issuer grants. Durations are in seconds unless the name ends in `_ms`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Length of the access window.
    pub access_ttl: u64,
    /// Length of access and refresh window together, for sessions that are remembered.
    pub refresh_ttl: u64,
    /// How long a predecessor may be exchanged again for the same successor.
    pub grace_ms: u64,
    /// By how many percent of `access_ttl` the `bbf` of a successor may be earlier, in sessions that are remembered.
    pub jitter_percent: u64,
    /// No session lives longer than this after sign-in.
    pub absolute_ttl: u64,
    /// A session that was not exchanged for longer than this is over. `None`: no such limit.
    pub idle_ttl: Option<u64>,
    /// A session whose user has not proved the password for this long has to. `None`: never.
    pub reauth_after: Option<u64>,
    /// What happens to a parent that is shown after its grace.
    pub late_exchange: LateExchange,
}

/// What happens when a token is exchanged once more after its grace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LateExchange {
    /// It gets a new successor, unless the one before was seen: then it is reuse.
    #[default]
    Unseen,
    /// It is always reuse.
    Refuse,
    /// It always gets a new successor.
    Allow,
}

/// What of a session bounds the dates of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Whether there is a refresh window.
    pub(crate) remember_me: bool,
    /// No date lies after this.
    pub(crate) limit: u64,
    /// When the user last proved the password.
    pub(crate) auth_time: u64,
}

/// The two dates of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) bbf: u64,
    pub(crate) exp: u64,
}

impl Policy {
    /// The dates of a token issued at `now` (seconds).
    pub(crate) fn windows(&self, now: u64, span: Span, jitter: Fraction) -> Windows {
        // Where both dates are one, jitter would shorten the life of the session.
        let jitter = if span.remember_me { jitter } else { Fraction::ZERO };
        let jitter = jitter.of(self.access_ttl.saturating_mul(self.jitter_percent) / 100);
        let access = self.access_ttl.saturating_sub(jitter);
        // No token is fresh when the password is due again; a stale one can still be stepped up.
        let due = self.reauth_due(span.auth_time).unwrap_or(u64::MAX).max(now);
        let bbf = now.saturating_add(access).min(span.limit).min(due);
        // Not remembered: never stale, the session lives as long as it is exchanged while it is fresh.
        let remembered = now.saturating_add(self.refresh_ttl).min(span.limit).max(bbf);
        Windows { bbf, exp: if span.remember_me { remembered } else { bbf } }
    }

    /// From when on the password has to be proved again.
    pub(crate) fn reauth_due(&self, auth_time: u64) -> Option<u64> {
        self.reauth_after.map(|after| auth_time.saturating_add(after))
    }
}
