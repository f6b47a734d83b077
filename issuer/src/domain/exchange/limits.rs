//! Whether a session can be used at all: the same for the exchange and for every other call of its user.

use std::borrow::Cow;

use shelflife_token::Claims;

use super::decide::Context;
use crate::domain::policy::Policy;
use crate::domain::words::moment::Moment;
use crate::domain::words::refusal::Reason;
use crate::store::Session;

/// The record with what a genuine token knows better: a token of a later generation than the record was issued after the
/// backup from which the store was restored.
pub(in crate::domain) fn as_witnessed<'a>(record: &'a Session, claims: &Claims) -> Cow<'a, Session> {
    if claims.r#gen <= record.generation {
        return Cow::Borrowed(record);
    }
    let proved_at = claims.auth_time.unwrap_or_default();
    let was_proved_since = proved_at > record.auth_time;
    let mut session = record.clone();
    session.last_exchanged_at = record.last_exchanged_at.max(claims.iat);
    session.auth_time = record.auth_time.max(proved_at);
    session.reauth_required &= !was_proved_since;
    if was_proved_since {
        session.amr.clone_from(&claims.amr);
    }
    if record.user_elsewhere {
        session.groups.clone_from(&claims.groups);
    }
    Cow::Owned(session)
}

/// Whether session and user can still be used at all, as far as the password is not concerned.
pub(in crate::domain) fn check_usable(record: &Session, context: &Context<'_>) -> Result<(), Reason> {
    check_limits(record, context.now, context.policy)?;
    match context.user {
        _ if context.locked_out => Err(Reason::UserDisabled),
        Some(user) if user.disabled => Err(Reason::UserDisabled),
        None if !record.user_elsewhere => Err(Reason::UserDisabled),
        _ => Ok(()),
    }
}

/// Whether the session has neither ended nor reached a limit. The limits of the present policy count as well as those under
/// which it was opened.
pub(in crate::domain) fn check_limits(record: &Session, now: Moment, policy: &Policy) -> Result<(), Reason> {
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

/// Whether the password was proved recently enough and has not been demanded since.
pub(in crate::domain) fn check_proof(record: &Session, now: Moment, policy: &Policy) -> Result<(), Reason> {
    let due = policy.reauth_due(record.auth_time).is_some_and(|due| now.secs() >= due);
    if record.reauth_required || due { Err(Reason::ReauthenticationRequired) } else { Ok(()) }
}

/// The last second of the session, in seconds since 1970.
pub(super) fn absolute_limit(record: &Session, policy: &Policy) -> u64 {
    record.absolute_exp.min(record.created_at.saturating_add(policy.absolute_ttl))
}
