//! Notices that a store has lost commits.
//!
//! A file that is cut or garbled looks to sled like the torn end of its log: it forgets everything behind the
//! damage and opens as if nothing had happened. So every batch carries a number, and after each sync that
//! number is also written to a small file beside the store. A store that knows fewer commits than its witness
//! has lost some.
//!
//! The witness is not synced, on purpose: after a power cut it may know less than the store, which does no
//! harm, and never more, because it is written after the store's own sync.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Batch, Engine, EngineError, Row};

/// Number of commits this store has seen.
const COUNT: &[u8] = b"m/commits";

/// An engine with a witness beside it.
pub(in crate::store) struct Witnessed<E> {
    inner: E,
    commits: AtomicU64,
    witness: File,
}

/// Why an engine cannot be used with its witness.
#[derive(Debug)]
pub(in crate::store) enum WitnessError {
    Io(io::Error),
    Engine(EngineError),
    /// Commits that were acknowledged are gone.
    Lost {
        found: u64,
        acknowledged: u64,
    },
}

impl<E: Engine> Witnessed<E> {
    /// Compares the engine with the witness at `path`. A witness that is missing or unreadable knows nothing.
    pub(in crate::store) fn open(inner: E, path: &Path) -> Result<Witnessed<E>, WitnessError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let witness = options.open(path).map_err(WitnessError::Io)?;
        let acknowledged = read_number(&witness).map_err(WitnessError::Io)?;
        let stored = inner.get(COUNT).map_err(WitnessError::Engine)?;
        let found = stored.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        if found < acknowledged {
            return Err(WitnessError::Lost { found, acknowledged });
        }
        Ok(Witnessed { inner, commits: AtomicU64::new(found), witness })
    }
}

impl<E: Engine> Engine for Witnessed<E> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        let number = self.commits.load(Ordering::Relaxed).saturating_add(1);
        let mut batch = batch.clone();
        batch.insert(COUNT.to_vec(), Some(number.to_be_bytes().to_vec()));
        self.inner.commit(&batch)?;
        self.commits.store(number, Ordering::Relaxed);
        // A witness that could not be written knows too little, which is no reason to refuse a commit that is
        // durable.
        let _ = self.witness.write_all_at(&encode(number), 0);
        Ok(())
    }
}

/// The number and its checksum.
fn encode(number: u64) -> [u8; 12] {
    let mut bytes = [0; 12];
    let (head, tail) = bytes.split_at_mut(8);
    head.copy_from_slice(&number.to_be_bytes());
    tail.copy_from_slice(&crc32fast::hash(&number.to_be_bytes()).to_be_bytes());
    bytes
}

fn read_number(witness: &File) -> io::Result<u64> {
    let mut bytes = [0; 12];
    match witness.read_exact_at(&mut bytes, 0) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
        Err(error) => return Err(error),
    }
    let number = bytes.first_chunk().copied().map_or(0, u64::from_be_bytes);
    Ok(if encode(number) == bytes { number } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::MemoryEngine;

    fn commit(engine: &impl Engine, key: &[u8]) {
        engine.commit(&Batch::from([(key.to_vec(), Some(Vec::new()))])).unwrap();
    }

    #[test]
    fn a_store_that_knows_fewer_commits_than_were_acknowledged_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commits");
        let engine = Witnessed::open(MemoryEngine::default(), &path).unwrap();
        commit(&engine, b"a");
        commit(&engine, b"b");
        let empty = Witnessed::open(MemoryEngine::default(), &path);
        assert!(matches!(empty, Err(WitnessError::Lost { found: 0, acknowledged: 2 })));
    }

    #[test]
    fn a_witness_that_lags_behind_or_is_garbled_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commits");
        let Witnessed { inner, .. } = {
            let engine = Witnessed::open(MemoryEngine::default(), &path).unwrap();
            commit(&engine, b"a");
            commit(&engine, b"b");
            engine
        };
        std::fs::write(&path, encode(1)).unwrap();
        let Witnessed { inner, .. } = Witnessed::open(inner, &path).unwrap();
        std::fs::write(&path, [0xFF; 12]).unwrap();
        assert!(Witnessed::open(inner, &path).is_ok());
    }
}
