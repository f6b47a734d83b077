//! Opening a session: whether it may be, and which ones have to go, judged where no other write can come
//! between.

use super::people::user_of;
use super::{end, sessions, sids_of};
use crate::store::api::{Cap, Opened, StoreError, Terms, WhenFull};
use crate::store::codec::{expiry_key, owner_key};
use crate::store::commit::Staging;
use crate::store::records::{EndReason, Ended, Session};

pub(super) fn open(
    staging: &mut Staging<'_>,
    session: &Session,
    terms: &Terms,
) -> Result<Opened, StoreError> {
    match user_of(staging, &session.sub)? {
        Some(user) if user.disabled => return Ok(Opened::UserGone),
        Some(user) if terms.proved.as_ref().is_some_and(|proved| *proved != user.password_hash) => {
            return Ok(Opened::PasswordChanged);
        }
        Some(_) => {}
        None if session.user_elsewhere => {}
        None => return Ok(Opened::UserGone),
    }
    let in_the_way = match terms.cap {
        None => Vec::new(),
        Some(cap) => in_the_way(staging, session, cap, &terms.dead)?,
    };
    if !in_the_way.is_empty() && terms.cap.is_some_and(|cap| cap.when_full == WhenFull::Deny) {
        return Ok(Opened::Full);
    }
    let ended = Ended { at: session.created_at, reason: EndReason::Evicted };
    for sid in &in_the_way {
        end(staging, sid, ended)?;
    }
    sessions::save(staging, session)?;
    staging.put(owner_key(&session.sub, &session.sid), Vec::new());
    staging.put(expiry_key(session.exp, &session.sid), Vec::new());
    Ok(Opened::Done { evicted: in_the_way })
}

/// The oldest living sessions of the user, as many as are too many once the new one is there.
fn in_the_way(
    staging: &Staging<'_>,
    new: &Session,
    cap: Cap,
    dead: &[String],
) -> Result<Vec<String>, StoreError> {
    let mut living = Vec::new();
    for sid in sids_of(staging, &new.sub)? {
        let session = sessions::load(staging, &sid)?;
        if dead.contains(&sid) {
            continue;
        }
        // One whose last token has expired can never be exchanged again: it takes no place.
        if let Some(session) = session.filter(|it| it.ended.is_none() && it.exp > new.created_at) {
            living.push((session.created_at, session.sid));
        }
    }
    living.sort();
    let too_many = living.len().saturating_add(1).saturating_sub(cap.most.max(1));
    Ok(living.into_iter().take(too_many).map(|(_, sid)| sid).collect())
}
