//! Sessions that have ended are kept to tell why, in bounded number: a user who signs in again and again must not make the
//! store grow.

use super::sessions;
use crate::store::api::StoreError;
use crate::store::codec::{ended_key, ended_prefix, time_and_sid};
use crate::store::commit::Staging;
use crate::store::records::Session;
use crate::store::revoked;

/// Records of ended sessions kept for one user, beside those whose tokens can still be fresh.
const KEPT: usize = 50;

/// `session` is ended at `at` (seconds) by the present write. Removes those that ended first where there are too many; their
/// entries in the list of revocations are rows of their own and stay.
pub(super) fn note(staging: &mut Staging<'_>, session: &Session, at: u64) -> Result<(), StoreError> {
    staging.put(ended_key(&session.sub, at, &session.sid), Vec::new());
    prune(staging, &session.sub, at)
}

fn prune(staging: &mut Staging<'_>, sub: &str, at: u64) -> Result<(), StoreError> {
    let prefix = ended_prefix(sub);
    let rows = staging.scan(&prefix, None, usize::MAX)?;
    let surplus = rows.len().saturating_sub(KEPT);
    if surplus == 0 {
        return Ok(());
    }
    let dangerous_for = revoked::dangerous_for(staging, at)?;
    for (key, _) in rows.into_iter().take(surplus) {
        let Some((ended_at, sid)) = time_and_sid(&key, &prefix) else { continue };
        if ended_at.saturating_add(dangerous_for) >= at {
            break;
        }
        match sessions::load(staging, sid)? {
            Some(session) => sessions::remove(staging, &session)?,
            None => staging.remove(key),
        }
    }
    Ok(())
}
