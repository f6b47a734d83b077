//! A session lies under two keys: its record, and how far exchanges have carried it since that was written.
//!
//! An exchange moves eight numbers and leaves everything else alone. So it writes those numbers, which are a fifth of
//! the record, and the log of the engine grows by a fifth. Whatever changes something else writes the record as a whole
//! and takes the numbers away.

use super::ended;
use crate::store::api::{StoreError, Swap, Version};
use crate::store::codec::{decode, encode, ended_key, owned_key, progress_key, session_key};
use crate::store::commit::{Staging, View};
use crate::store::records::{Progress, Session};
use crate::store::revoked;

/// What to write so that a session becomes its next revision.
pub(super) struct Replacement {
    sid: String,
    revision: u64,
    row: Row,
    /// The session as it was, when this ends it, and the second in which it does.
    ended: Option<(Session, u64)>,
}

enum Row {
    Progress(Vec<u8>),
    Whole(Vec<u8>),
}

/// The session as it is durable.
pub(super) fn find(view: &View, sid: &str) -> Result<Option<Session>, StoreError> {
    let rows = view.get_both(&session_key(sid), &progress_key(sid))?;
    rows.map(|(record, progress)| joined(&record, progress.as_deref())).transpose()
}

/// The session as the present write finds it.
pub(super) fn load(staging: &Staging<'_>, sid: &str) -> Result<Option<Session>, StoreError> {
    let Some(record) = staging.get(&session_key(sid))? else { return Ok(None) };
    joined(&record, staging.get(&progress_key(sid))?.as_deref()).map(Some)
}

/// The session of a record and of the numbers beside it.
pub(in crate::store) fn joined(record: &[u8], progress: Option<&[u8]>) -> Result<Session, StoreError> {
    let mut session: Session = decode(record)?;
    if let Some(progress) = progress {
        decode::<Progress>(progress)?.carry(&mut session);
    }
    Ok(session.completed())
}

/// Writes the whole record.
pub(super) fn save(staging: &mut Staging<'_>, session: &Session) -> Result<(), StoreError> {
    put_whole(staging, &session.sid, encode(session)?)
}

fn put_whole(staging: &mut Staging<'_>, sid: &str, record: Vec<u8>) -> Result<(), StoreError> {
    staging.put(session_key(sid), record);
    forget_progress(staging, sid)
}

fn forget_progress(staging: &mut Staging<'_>, sid: &str) -> Result<(), StoreError> {
    let key = progress_key(sid);
    if staging.get(&key)?.is_some() {
        staging.remove(key);
    }
    Ok(())
}

/// Takes the session away, and its rows in the lists of its owner. Its expiry entry stays: the purge finds nothing behind it
/// and clears it away.
pub(super) fn remove(staging: &mut Staging<'_>, session: &Session) -> Result<(), StoreError> {
    let Session { sid, sub, .. } = session;
    staging.remove(session_key(sid));
    staging.remove(owned_key(sub, session.created_at, sid));
    if let Some(ended) = session.ended {
        staging.remove(ended_key(sub, ended.at, sid));
    }
    forget_progress(staging, sid)
}

impl Replacement {
    /// Prepared on the thread of whoever asks: the one that owns every write has enough to do. `None`: `next` does not
    /// follow `present`.
    pub(super) fn prepare(mut present: Session, next: &Session) -> Result<Option<Replacement>, StoreError> {
        if present.sid != next.sid || present.revision.checked_add(1) != Some(next.revision) {
            return Ok(None);
        }
        let ends = next.ended.filter(|_| present.ended.is_none());
        let ended = ends.map(|ended| (present.clone(), ended.at));
        let progress = Progress::of(next);
        progress.carry(&mut present);
        let row =
            if present == *next { Row::Progress(encode(&progress)?) } else { Row::Whole(encode(next)?) };
        Ok(Some(Replacement { sid: next.sid.clone(), revision: next.revision, row, ended }))
    }

    /// A session of the revision that was seen is the very session that was seen.
    pub(super) fn put(self, staging: &mut Staging<'_>, seen: Option<Version>) -> Result<Swap, StoreError> {
        if !staging.is_as_seen(seen) {
            return Ok(Swap::Conflict);
        }
        let progress_key = progress_key(&self.sid);
        if revision(staging, &self.sid, &progress_key)?.and_then(|present| present.checked_add(1))
            != Some(self.revision)
        {
            return Ok(Swap::Conflict);
        }
        if let Some((session, at)) = self.ended {
            ended::note(staging, &session, at)?;
            revoked::list_sessions(staging, &[session], at)?;
        }
        match self.row {
            Row::Progress(progress) => staging.put(progress_key, progress),
            Row::Whole(record) => put_whole(staging, &self.sid, record)?,
        }
        Ok(Swap::Done)
    }
}

fn revision(staging: &Staging<'_>, sid: &str, progress_key: &[u8]) -> Result<Option<u64>, StoreError> {
    match staging.get(progress_key)? {
        Some(progress) => Ok(Some(decode::<Progress>(&progress)?.revision)),
        None => Ok(load(staging, sid)?.map(|session| session.revision)),
    }
}
