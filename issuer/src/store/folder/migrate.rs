//! Brings the rows of a store that an earlier program wrote to the kinds of keys of this one.

use crate::store::codec::{
    OWNED_UNORDERED, decode, ended_key, owned_key, progress_key, session_key, unordered_sid,
};
use crate::store::engine::{Batch, Engine, EngineError};
use crate::store::records::{Progress, Session};

/// Rows carried over in one commit.
const CHUNK: usize = 1000;

/// Puts the lists of sessions, which were ordered by id, into the order of sign-in. Interrupted anywhere, it goes on at the
/// next start: a row leaves the old list in the commit that puts it into the new one.
pub(super) fn order_lists(engine: &dyn Engine) -> Result<(), EngineError> {
    loop {
        let rows = engine.scan(OWNED_UNORDERED, None, CHUNK)?;
        if rows.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new();
        for (key, _) in rows {
            if let Some(session) = unordered_sid(&key).map(|sid| load(engine, sid)).transpose()?.flatten() {
                let Session { sid, sub, .. } = &session;
                batch.insert(owned_key(sub, session.created_at, sid), Some(Vec::new()));
                if let Some(ended) = session.ended {
                    batch.insert(ended_key(sub, ended.at, sid), Some(Vec::new()));
                }
            }
            batch.insert(key, None);
        }
        engine.commit(&batch)?;
    }
}

fn load(engine: &dyn Engine, sid: &str) -> Result<Option<Session>, EngineError> {
    let in_words = |error: crate::store::StoreError| EngineError(error.to_string());
    let Some(record) = engine.get(&session_key(sid))? else { return Ok(None) };
    let mut session: Session = decode(&record).map_err(in_words)?;
    if let Some(progress) = engine.get(&progress_key(sid))? {
        decode::<Progress>(&progress).map_err(in_words)?.carry(&mut session);
    }
    Ok(Some(session))
}
