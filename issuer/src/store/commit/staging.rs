//! The state a write sees: what is on disk and what earlier writes of the same batch have already done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::api::{StoreError, Version};
use crate::store::engine::{Batch, Engine, Row, scan_patched};

pub(in crate::store) struct Staging<'a> {
    engine: &'a dyn Engine,
    batch: Batch,
    /// How to take back what the present write has done, in the order it was done.
    undo: Vec<Undo>,
    /// See [`Version`].
    version: Arc<AtomicU64>,
    /// A write of this batch has changed users or clients.
    made_version: bool,
}

/// A key, and what the batch held for it before: nothing, or a change.
type Undo = (Vec<u8>, Option<Option<Vec<u8>>>);

impl<'a> Staging<'a> {
    pub(in crate::store) fn new(engine: &'a dyn Engine, version: Arc<AtomicU64>) -> Staging<'a> {
        Staging { engine, batch: Batch::new(), undo: Vec::new(), version, made_version: false }
    }

    /// Whether users and clients are as they were at `seen`.
    pub(in crate::store) fn is_as_seen(&self, seen: Option<Version>) -> bool {
        seen.is_none_or(|Version(seen)| seen == self.version.load(Ordering::SeqCst))
    }

    /// Users or clients change with this write. Readers still see what was before until the batch is durable, so the version
    /// changes again then: what they read until then is of no version that counts.
    pub(in crate::store) fn make_version(&mut self) {
        self.made_version = true;
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    pub(in crate::store) fn made_version(&self) -> bool {
        self.made_version
    }

    pub(in crate::store) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.batch.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(self.engine.get(key)?),
        }
    }

    pub(in crate::store) fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let beneath = |limit| self.engine.scan(prefix, after, limit);
        Ok(scan_patched(beneath, &[&self.batch], prefix, after, limit)?)
    }

    pub(in crate::store) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.stage(key, Some(value));
    }

    pub(in crate::store) fn remove(&mut self, key: Vec<u8>) {
        self.stage(key, None);
    }

    /// The present write is done: what it staged stays.
    pub(in crate::store) fn keep(&mut self) {
        self.undo.clear();
    }

    /// The present write failed: takes back what it staged, and nothing of the writes before it.
    pub(in crate::store) fn roll_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(change) => self.batch.insert(key, change),
                None => self.batch.remove(&key),
            };
        }
    }

    pub(in crate::store) fn into_batch(self) -> Batch {
        self.batch
    }

    fn stage(&mut self, key: Vec<u8>, change: Option<Vec<u8>>) {
        let before = self.batch.insert(key.clone(), change);
        self.undo.push((key, before));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::MemoryEngine;

    fn with_rows(rows: &[(&[u8], &[u8])]) -> MemoryEngine {
        let engine = MemoryEngine::default();
        engine.commit(&rows.iter().map(|(k, v)| (k.to_vec(), Some(v.to_vec()))).collect()).unwrap();
        engine
    }

    #[test]
    fn a_failed_write_leaves_what_the_batch_held_before_it() {
        let engine = with_rows(&[(b"a", b"1")]);
        let mut staging = Staging::new(&engine, Arc::default());
        staging.put(b"a".to_vec(), b"2".to_vec());
        staging.keep();
        staging.put(b"a".to_vec(), b"3".to_vec());
        staging.remove(b"a".to_vec());
        staging.put(b"b".to_vec(), b"4".to_vec());
        staging.roll_back();
        assert_eq!(staging.get(b"a").unwrap(), Some(b"2".to_vec()));
        assert_eq!(staging.into_batch().len(), 1);
    }

    #[test]
    fn a_scan_sees_staged_writes_and_misses_staged_removals() {
        let engine = with_rows(&[(b"p/a", b""), (b"p/b", b""), (b"p/c", b""), (b"q", b"")]);
        let mut staging = Staging::new(&engine, Arc::default());
        staging.remove(b"p/a".to_vec());
        staging.put(b"p/bb".to_vec(), Vec::new());
        let keys = |rows: Vec<Row>| rows.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(staging.scan(b"p/", None, 2).unwrap()), [b"p/b".to_vec(), b"p/bb".to_vec()]);
        assert_eq!(keys(staging.scan(b"p/", Some(b"p/bb"), 9).unwrap()), [b"p/c".to_vec()]);
    }
}
