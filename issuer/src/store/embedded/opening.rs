//! Opening a session: whether it may be, and which ones have to go, judged where no other write can come
//! between.

use super::people::user_of;
use super::{end, sessions, sids_of};
use crate::store::api::{Cap, IsDead, Opened, StoreError, Terms, WhenFull};
use crate::store::codec::{expiry_key, lockout_key, owned_key};
use crate::store::commit::Staging;
use crate::store::records::{EndReason, Ended, Session};

pub(super) fn open(
    staging: &mut Staging<'_>,
    session: &Session,
    terms: &Terms,
) -> Result<Opened, StoreError> {
    if !staging.is_as_seen(terms.seen) {
        return Ok(Opened::Changed);
    }
    match user_of(staging, &session.sub)? {
        Some(user) if user.disabled => return Ok(Opened::UserGone),
        Some(_) => {}
        None if session.user_elsewhere => {}
        None => return Ok(Opened::UserGone),
    }
    if staging.get(&lockout_key(&session.sub))?.is_some() {
        return Ok(Opened::UserGone);
    }
    let in_the_way = match terms.cap {
        None => Vec::new(),
        Some(cap) => in_the_way(staging, session, cap, terms.is_dead.as_ref())?,
    };
    if !in_the_way.is_empty() && terms.cap.is_some_and(|cap| cap.when_full == WhenFull::Deny) {
        return Ok(Opened::Full);
    }
    let ended = Ended { at: session.created_at, reason: EndReason::Evicted };
    for sid in &in_the_way {
        end(staging, sid, ended)?;
    }
    sessions::save(staging, session)?;
    staging.put(owned_key(&session.sub, session.created_at, &session.sid), Vec::new());
    staging.put(expiry_key(session.exp, &session.sid), Vec::new());
    Ok(Opened::Done { evicted: in_the_way })
}

/// The oldest living sessions of the user, as many as are too many once the new one is there.
fn in_the_way(
    staging: &Staging<'_>,
    new: &Session,
    cap: Cap,
    is_dead: Option<&IsDead>,
) -> Result<Vec<String>, StoreError> {
    let mut living = Vec::new();
    for sid in sids_of(staging, &new.sub)? {
        let Some(session) = sessions::load(staging, &sid)? else { continue };
        // One whose last token has expired can never be exchanged again: it takes no place.
        let lives = session.ended.is_none() && session.exp > new.created_at;
        if lives && !is_dead.is_some_and(|is_dead| is_dead(&session)) {
            living.push((session.created_at, session.sid));
        }
    }
    living.sort();
    let too_many = living.len().saturating_add(1).saturating_sub(cap.most.max(1));
    Ok(living.into_iter().take(too_many).map(|(_, sid)| sid).collect())
}
