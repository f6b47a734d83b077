//! Brings the rows of a store that an earlier program wrote to the kinds of keys of this one.

use crate::store::codec::{OWNED_UNORDERED, ended_key, owned_key, progress_key, session_key, unordered_sid};
use crate::store::embedded::joined;
use crate::store::engine::{Batch, Engine, EngineError};
use crate::store::records::Session;

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
    let progress = engine.get(&progress_key(sid))?;
    joined(&record, progress.as_deref()).map(Some).map_err(in_words)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::codec::{EXPIRIES, expiry_key};
    use crate::store::engine::MemoryEngine;
    use crate::store::records::{EndReason, Ended, Progress};
    use crate::store::{EmbeddedStore, Store};

    /// A record as layout 2 wrote it: without the five fields that came later.
    fn of_layout_2<T: serde::Serialize>(record: &T, fields_added: usize) -> Vec<u8> {
        let mut bytes = postcard::to_extend(record, vec![2]).unwrap();
        assert!(bytes.iter().rev().take(fields_added).all(|byte| *byte == 0), "added fields are not empty");
        bytes.truncate(bytes.len() - fields_added);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    fn session(number: u64) -> Session {
        serde_json::from_value(serde_json::json!({
            "sid": format!("s{number}"), "sub": "ada", "revision": 1, "kid": "key", "generation": 1, "iat": 1_000,
            "bbf": 1_060, "exp": 4_600, "remember_me": true, "created_at": 1_000 + number, "absolute_exp": 90_000,
            "auth_time": 1_000, "amr": ["pwd"], "last_exchanged_at": 0, "grace_until_ms": 0,
            "reauth_required": false, "groups": [], "user_elsewhere": true,
        }))
        .unwrap()
    }

    fn put(engine: &MemoryEngine, session: &Session) {
        let Session { sid, sub, .. } = session;
        let length = u32::try_from(sub.len()).unwrap().to_be_bytes();
        let unordered = [OWNED_UNORDERED, &length, sub.as_bytes(), sid.as_bytes()].concat();
        let rows = [
            (session_key(sid), of_layout_2(session, 5)),
            (unordered, Vec::new()),
            (expiry_key(session.exp, sid), Vec::new()),
        ];
        engine.commit(&rows.map(|(key, value)| (key, Some(value))).into()).unwrap();
    }

    #[test]
    fn a_store_of_the_earlier_layout_goes_on_with_lists_in_order_and_parents_that_are_known() {
        let engine = Arc::new(MemoryEngine::default());
        let count = CHUNK as u64 + 3;
        for number in 0..count {
            let mut session = session(number);
            session.ended = (number == 7).then_some(Ended { at: 1_500, reason: EndReason::LoggedOut });
            put(&engine, &session);
        }
        // One that was exchanged: its numbers lie beside the record.
        let mut exchanged = session(1);
        (exchanged.revision, exchanged.generation) = (4, 4);
        let progress = of_layout_2(&Progress::of(&exchanged), 1);
        engine.commit(&Batch::from([(progress_key("s1"), Some(progress))])).unwrap();

        order_lists(engine.as_ref()).unwrap();
        assert!(engine.scan(OWNED_UNORDERED, None, 1).unwrap().is_empty());
        assert_eq!(engine.scan(EXPIRIES, None, usize::MAX).unwrap().len() as u64, count);
        let store = EmbeddedStore::start(engine).unwrap();
        assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
        let newest = store.list("ada", None, 2).unwrap();
        assert_eq!(newest.iter().map(|it| it.created_at).collect::<Vec<_>>(), [999 + count, 998 + count]);
        assert_eq!(store.list("ada", None, usize::MAX).unwrap().len() as u64, count);
        let found = store.find("s1").unwrap().unwrap();
        assert_eq!((found.generation, found.parent), (4, 3));
        store.close();
    }
}
