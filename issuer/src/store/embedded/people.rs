//! Changes of a user, together with what they mean for the user's sessions.

use super::{end_all, sessions, sids_of};
use crate::store::api::{PasswordChange, StoreError, UserChange};
use crate::store::codec::{USERS, decode, encode, lockout_key, user_id_key, user_key};
use crate::store::commit::Staging;
use crate::store::records::{Ended, Lockout, User};

pub(super) fn user_of(staging: &Staging<'_>, sub: &str) -> Result<Option<User>, StoreError> {
    let Some(name) = staging.get(&user_id_key(sub))? else { return Ok(None) };
    let user = staging.get(&[USERS, name.as_slice()].concat())?;
    Ok(user.as_deref().map(decode::<User>).transpose()?.filter(|user| user.sub == sub))
}

pub(super) fn change_user(
    staging: &mut Staging<'_>,
    sub: &str,
    change: UserChange,
    ended: Ended,
) -> Result<Option<(User, usize)>, StoreError> {
    let Some(mut user) = user_of(staging, sub)? else { return Ok(None) };
    if let Some(groups) = change.groups.filter(|groups| *groups != user.groups) {
        user.groups = groups;
        user.claims_version = user.claims_version.saturating_add(1);
    }
    user.disabled = change.disabled.unwrap_or(user.disabled);
    staging.make_version();
    staging.put(user_key(&user.name), encode(&user)?);
    let count = if user.disabled { end_all(staging, sub, None, ended)? } else { 0 };
    Ok(Some((user, count)))
}

pub(super) fn change_password(
    staging: &mut Staging<'_>,
    change: PasswordChange,
) -> Result<Option<usize>, StoreError> {
    let Some(mut user) = user_of(staging, &change.sub)? else { return Ok(None) };
    let kept = sessions::load(staging, &change.keep)?;
    let kept_lives = kept.is_some_and(|session| session.sub == change.sub && session.ended.is_none());
    if user.password_hash != change.from || user.disabled || !kept_lives {
        return Ok(None);
    }
    user.password_hash = change.to;
    staging.make_version();
    staging.put(user_key(&user.name), encode(&user)?);
    end_all(staging, &change.sub, Some(&change.keep), change.ended).map(Some)
}

/// Locks out a user who is kept elsewhere, or lets the user in again; answers how many sessions ended.
pub(super) fn lock_out(
    staging: &mut Staging<'_>,
    sub: &str,
    locked_out: bool,
    ended: Ended,
) -> Result<usize, StoreError> {
    staging.make_version();
    if !locked_out {
        staging.remove(lockout_key(sub));
        return Ok(0);
    }
    staging.put(lockout_key(sub), encode(&Lockout { at: ended.at })?);
    end_all(staging, sub, None, ended)
}

pub(super) fn demand_reauth(staging: &mut Staging<'_>, sub: &str, at: u64) -> Result<usize, StoreError> {
    let mut count = 0;
    for sid in sids_of(staging, sub)? {
        let Some(mut session) = sessions::load(staging, &sid)? else { continue };
        if session.ended.is_some() {
            continue;
        }
        session.reauth_required = true;
        session.reauth_demanded_at = at;
        session.revision = session.revision.saturating_add(1);
        sessions::save(staging, &session)?;
        count += 1;
    }
    Ok(count)
}
