//! The exchange table as one pure function.
//!
//! Generations decide, not clocks: which token is the current one is a matter of counting. Time decides for how long a
//! repeated exchange gets the same answer; what comes later is decided by whether the current token was ever seen.
//!
//! With `g` the generation of the presented token, `c` the current one and `p` the parent of `c` (`p < c`; the generations
//! between them are displaced):
//!
//! | case | answer |
//! |---|---|
//! | `g == c` | rotate: current `c+1`, parent `c` |
//! | `g == p`, within grace | the same successor again |
//! | `g == p`, later, `c` was seen | reuse |
//! | `g == p`, later, `c` was never seen | late: current `c+1`, parent `p`; `c` is displaced |
//! | `p < g < c` | reuse |
//! | `g < p`, within grace | superseded |
//! | `g < p`, later | reuse |
//! | `g > c` | the store was restored from a backup: rotate from `g` |

use shelflife_token::Claims;

use super::limits::{absolute_limit, as_witnessed, check_proof, check_usable};
use crate::domain::policy::{LateExchange, Policy, Span};
use crate::domain::words::moment::{Fraction, Moment};
use crate::domain::words::refusal::Reason;
use crate::domain::words::secret::Binder;
use crate::store::{EndReason, Ended, Session, User};

/// A genuine token of this issuer, and what came with it.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// Claims whose signature holds. The token may have expired.
    pub claims: &'a Claims,
    /// Binder secrets that came along; one of them must be the one of a bound session.
    pub binders: &'a [Binder],
}

/// What to do about it. `Rotate` and `EndForReuse` take effect only once the record they hold has replaced
/// the one that was looked at; if that one has changed meanwhile, look again and decide again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// No token, nothing changes.
    Refuse(Reason),
    /// Write this record, then sign its token.
    Rotate {
        /// The record of the successor.
        next: Box<Session>,
        /// Which row of the table this is.
        rotation: Rotation,
    },
    /// Sign the token of the present record once more; byte for byte the one handed out before.
    Repeat,
    /// Two parties hold this session: write this ended record, and both are out.
    EndForReuse(Box<Session>),
}

/// Why a session gets its next generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// The current token was shown.
    Current,
    /// The parent was shown after its grace, and its successor was never seen: that answer is taken for lost.
    Late,
    /// The token was ahead of the record: the store was restored from a backup.
    StoreWasRolledBack,
}

/// What this process remembers of the current generation. Both are hints: a process that has started since knows neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recent {
    /// The current token was shown to this issuer after it was handed out.
    pub seen: bool,
    /// Milliseconds since the rotation, by the monotonic clock.
    pub since_rotation: Option<u64>,
}

/// What is true at the moment and does not depend on the presented token.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The moment.
    pub now: Moment,
    /// The user of the session, if kept here.
    pub user: Option<&'a User>,
    /// A user who is kept elsewhere and is locked out here.
    pub locked_out: bool,
    /// What is granted to this session.
    pub policy: &'a Policy,
    /// The key that signs from now on.
    pub kid: &'a str,
    /// By how much of its share the next `bbf` is earlier.
    pub jitter: Fraction,
    /// What is remembered of the current generation.
    pub recent: Recent,
}

/// Decides about one exchange. `record` is the session of the presented `sid` if there is one.
pub fn decide(record: Option<&Session>, presented: Credentials<'_>, context: &Context<'_>) -> Decision {
    let g = presented.claims.r#gen;
    let record = match admitted(record, presented, context) {
        Ok(record) => record,
        Err(reason) => return Decision::Refuse(reason),
    };
    let record = as_witnessed(record, presented.claims);
    if let Err(reason) = check_usable(&record, context)
        .and_then(|()| check_proof(&record, context.now, context.policy))
        .and_then(|()| check_binder(&record, presented.binders))
    {
        return Decision::Refuse(reason);
    }
    let (c, p) = (record.generation, record.parent);
    let rotate = |generation, parent, rotation| Decision::Rotate {
        next: Box::new(successor(&record, generation, parent, context)),
        rotation,
    };
    let reuse = || Decision::EndForReuse(Box::new(ended(&record, context.now, EndReason::ReuseDetected)));
    let in_grace = in_grace(&record, context);
    match g {
        g if g > c => rotate(g.saturating_add(1), g, Rotation::StoreWasRolledBack),
        g if g == c => rotate(c.saturating_add(1), c, Rotation::Current),
        g if g == p && in_grace => Decision::Repeat,
        g if g == p && is_taken_for_lost(context) => rotate(c.saturating_add(1), p, Rotation::Late),
        g if g < p && in_grace => Decision::Refuse(Reason::Superseded),
        _ => reuse(),
    }
}

/// The record, if the token may be exchanged as far as its own dates are concerned. A parent that expires within its grace
/// still gets the answer that it got before.
pub(super) fn admitted<'a>(
    record: Option<&'a Session>,
    presented: Credentials<'_>,
    context: &Context<'_>,
) -> Result<&'a Session, Reason> {
    let claims = presented.claims;
    let record = record.filter(|record| record.sub == claims.sub);
    let repeats = record.is_some_and(|record| claims.r#gen == record.parent && in_grace(record, context));
    if context.now.secs() >= claims.exp && !repeats {
        return Err(Reason::Expired);
    }
    record.ok_or(Reason::SessionNotFound)
}

pub(super) fn check_binder(record: &Session, binders: &[Binder]) -> Result<(), Reason> {
    match &record.binder_hash {
        Some(hash) if !binders.iter().any(|binder| binder.matches(hash)) => Err(Reason::BinderMismatch),
        _ => Ok(()),
    }
}

/// Whether a repeated exchange of the parent gets the same answer. The monotonic clock decides where it can. Otherwise a
/// rotation that lies further ahead of now than the grace is long was made under a wall clock that has been set back: its
/// grace is not waited for.
pub(super) fn in_grace(record: &Session, context: &Context<'_>) -> bool {
    let grace = context.policy.grace_ms;
    match context.recent.since_rotation {
        Some(millis) => millis < grace,
        None => {
            let now = context.now.millis();
            let rotated = record.last_exchanged_at.saturating_mul(1000);
            now < record.grace_until_ms && rotated <= now.saturating_add(grace)
        }
    }
}

/// Whether the parent may be exchanged although its grace is over.
pub(super) fn is_taken_for_lost(context: &Context<'_>) -> bool {
    match context.policy.late_exchange {
        LateExchange::Unseen => !context.recent.seen,
        LateExchange::Refuse => false,
        LateExchange::Allow => true,
    }
}

/// The record after an exchange: new dates, the key of today, and the user's groups as they are today.
pub(in crate::domain) fn successor(
    record: &Session,
    generation: u64,
    parent: u64,
    context: &Context<'_>,
) -> Session {
    let (now, policy) = (context.now, context.policy);
    let span = Span {
        remember_me: record.remember_me,
        limit: absolute_limit(record, policy),
        auth_time: record.auth_time,
    };
    let windows = policy.windows(now.secs(), span, context.jitter);
    Session {
        revision: record.revision.saturating_add(1),
        kid: context.kid.to_owned(),
        generation,
        parent,
        iat: now.secs(),
        bbf: windows.bbf,
        exp: windows.exp,
        last_exchanged_at: now.secs(),
        grace_until_ms: now.millis().saturating_add(policy.grace_ms),
        groups: context.user.map_or_else(|| record.groups.clone(), |user| user.groups.clone()),
        claims_version: context.user.map_or(record.claims_version, version_of),
        ..record.clone()
    }
}

/// The version of the claims of a user, if there ever were claims that could have one.
pub(in crate::domain) fn version_of(user: &User) -> Option<u64> {
    (!user.groups.is_empty() || user.claims_version > 1).then_some(user.claims_version)
}

fn ended(record: &Session, now: Moment, reason: EndReason) -> Session {
    Session {
        revision: record.revision.saturating_add(1),
        ended: Some(Ended { at: now.secs(), reason }),
        ..record.clone()
    }
}
