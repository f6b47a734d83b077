//! The exchange table as one pure function.
//!
//! Generations decide, not clocks: which token is the current one is a matter of counting, and the only thing
//! that time decides is how long a predecessor is forgiven.

use shelflife_token::Claims;

use crate::domain::policy::{Policy, Span};
use crate::domain::words::moment::{Fraction, Moment};
use crate::domain::words::refusal::Reason;
use crate::domain::words::secret::Binder;
use crate::store::{EndReason, Ended, Session, User};

/// A genuine token of this issuer, and what came with it.
#[derive(Debug, Clone, Copy)]
pub struct Presented<'a> {
    /// Claims whose signature holds.
    pub claims: &'a Claims,
    /// The binder secret, if one came along.
    pub binder: Option<&'a Binder>,
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
        /// The token was ahead of the record: the store was restored from a backup.
        store_was_rolled_back: bool,
    },
    /// Sign the token of the present record once more; byte for byte the one handed out before.
    Repeat,
    /// Somebody has a copy of this session: write this ended record, and both parties are out.
    EndForReuse(Box<Session>),
}

/// What is true today, whatever is presented.
#[derive(Debug, Clone, Copy)]
pub struct Today<'a> {
    /// The moment.
    pub now: Moment,
    /// The user of the session, if kept here.
    pub user: Option<&'a User>,
    /// What is granted to this session.
    pub policy: &'a Policy,
    /// The key that signs from now on.
    pub kid: &'a str,
    /// By how much of its share the next `bbf` is earlier.
    pub jitter: Fraction,
}

/// Decides about one exchange. `record` is the session of the presented `sid` if there is one.
pub fn decide(record: Option<&Session>, presented: Presented<'_>, today: &Today<'_>) -> Decision {
    let claims = presented.claims;
    let record = match standing(record, claims, today).and_then(|record| {
        proof_is_recent(record, today.now, today.policy)?;
        Ok(record)
    }) {
        Ok(record) => record,
        Err(reason) => return Decision::Refuse(reason),
    };
    if !binder_matches(record, presented.binder) {
        return Decision::Refuse(Reason::BinderMismatch);
    }
    let rotate = |store_was_rolled_back| Decision::Rotate {
        next: Box::new(successor(record, claims.r#gen, today)),
        store_was_rolled_back,
    };
    let behind = record.generation.checked_sub(claims.r#gen);
    match behind {
        None => rotate(true),
        Some(0) => rotate(false),
        Some(1) if in_grace(record, today.now) => Decision::Repeat,
        Some(_) if in_grace(record, today.now) => Decision::Refuse(Reason::Superseded),
        Some(_) => Decision::EndForReuse(Box::new(ended(record, today.now, EndReason::ReuseDetected))),
    }
}

/// The record, if token, session and user can still be used at all.
pub(super) fn standing<'a>(
    record: Option<&'a Session>,
    claims: &Claims,
    today: &Today<'_>,
) -> Result<&'a Session, Reason> {
    if today.now.secs() >= claims.exp {
        return Err(Reason::Expired);
    }
    let record = record.filter(|record| record.sub == claims.sub).ok_or(Reason::SessionNotFound)?;
    in_force(record, today.now, today.policy)?;
    match today.user {
        Some(user) if user.disabled => Err(Reason::UserDisabled),
        None if !record.user_elsewhere => Err(Reason::UserDisabled),
        _ => Ok(record),
    }
}

/// Whether the session can be used; the limits of today's policy count as well as those it was opened under.
pub(crate) fn alive(record: &Session, now: Moment, policy: &Policy) -> Result<(), Reason> {
    in_force(record, now, policy)?;
    proof_is_recent(record, now, policy)
}

/// Whether the session has neither ended nor run into a limit.
pub(crate) fn in_force(record: &Session, now: Moment, policy: &Policy) -> Result<(), Reason> {
    if let Some(ended) = record.ended {
        return Err(ended.reason.into());
    }
    if now.secs() >= absolute_limit(record, policy) {
        return Err(Reason::AbsoluteLimit);
    }
    let last_used = record.last_exchanged_at.max(record.created_at);
    if policy.idle_ttl.is_some_and(|idle| now.secs() >= last_used.saturating_add(idle)) {
        return Err(Reason::IdleLimit);
    }
    Ok(())
}

/// Whether the password was proved recently enough, and nobody demanded it since.
fn proof_is_recent(record: &Session, now: Moment, policy: &Policy) -> Result<(), Reason> {
    let due = policy.reauth_due(record.auth_time).is_some_and(|due| now.secs() >= due);
    if record.reauth_required || due { Err(Reason::ReauthenticationRequired) } else { Ok(()) }
}

fn absolute_limit(record: &Session, policy: &Policy) -> u64 {
    record.absolute_exp.min(record.created_at.saturating_add(policy.absolute_ttl))
}

pub(super) fn binder_matches(record: &Session, binder: Option<&Binder>) -> bool {
    match &record.binder_hash {
        None => true,
        Some(hash) => binder.is_some_and(|binder| binder.matches(hash)),
    }
}

/// In a bound session a thief cannot exchange at all, so there a predecessor is forgiven until its successor
/// is exchanged: a device that lost the answer and comes back tomorrow is still signed in.
pub(super) fn in_grace(record: &Session, now: Moment) -> bool {
    record.binder_hash.is_some() || now.millis() < record.grace_until_ms
}

/// The record after an exchange: new dates, the key of today, and the user's groups as they are today.
pub(super) fn successor(record: &Session, generation: u64, today: &Today<'_>) -> Session {
    let (now, policy) = (today.now, today.policy);
    let span = Span {
        remember_me: record.remember_me,
        limit: absolute_limit(record, policy),
        auth_time: record.auth_time,
    };
    let windows = policy.windows(now.secs(), span, today.jitter);
    Session {
        revision: record.revision.saturating_add(1),
        kid: today.kid.to_owned(),
        generation: generation.saturating_add(1),
        iat: now.secs(),
        bbf: windows.bbf,
        exp: windows.exp,
        last_exchanged_at: now.secs(),
        grace_until_ms: now.millis().saturating_add(policy.grace_ms),
        groups: today.user.map_or_else(|| record.groups.clone(), |user| user.groups.clone()),
        claims_version: today.user.map_or(record.claims_version, version_of),
        ..record.clone()
    }
}

/// The version of the claims of a user, if there ever were claims that could have one.
pub(crate) fn version_of(user: &User) -> Option<u64> {
    (!user.groups.is_empty() || user.claims_version > 1).then_some(user.claims_version)
}

fn ended(record: &Session, now: Moment, reason: EndReason) -> Session {
    Session {
        revision: record.revision.saturating_add(1),
        ended: Some(Ended { at: now.secs(), reason }),
        ..record.clone()
    }
}
