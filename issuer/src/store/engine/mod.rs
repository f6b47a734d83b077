//! The engine beneath the store: ordered keys and values, one atomic durable batch at a time.

mod journal;
mod kind;
mod memory;
mod patch;
mod redb;
mod sled;
mod witness;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::redb::RedbEngine;
pub use self::sled::SledEngine;
pub use journal::JournaledEngine;
pub use kind::EngineKind;
pub use memory::MemoryEngine;
pub(in crate::store) use patch::scan_patched;
pub(in crate::store) use witness::Witness;

/// A key and its value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Changes by key: `Some` writes, `None` removes.
pub type Batch = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What the committer needs of a key-value store. Only one thread ever commits.
pub trait Engine: Send + Sync + 'static {
    /// The value of `key`.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError>;

    /// Rows whose key starts with `prefix` and lies after `after`, ascending, at most `limit`.
    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError>;

    /// Applies the batch as a whole. `Ok` means that it survives a power cut; after `Err` the state is in
    /// doubt, and nothing is committed through this handle any more.
    fn commit(&self, batch: &Batch) -> Result<(), EngineError>;

    /// Why nothing is committed through this handle any more, where it found that out by itself and not in a commit.
    fn failure(&self) -> Option<EngineError> {
        None
    }

    /// Whether the handle still answers readers after a commit has failed.
    fn reads_survive_failure(&self) -> bool {
        true
    }
}

/// How to come by a working engine after one has failed. Asked on the committer's thread.
pub trait Reopen: Send + 'static {
    /// Whether the disk takes writes again, as far as can be told without the engine.
    fn disk_works(&self) -> bool;

    /// Opens the engine again and shows what is on disk, not what a cache remembers. The failed one has been
    /// dropped.
    fn open(&self) -> Result<Arc<dyn Engine>, EngineError>;
}

/// An engine failed; the text is for the log and holds no record.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct EngineError(pub String);

/// The part of an ordered map that a scan walks through.
fn scan_start(prefix: &[u8], after: Option<&[u8]>) -> std::ops::Bound<Vec<u8>> {
    match after {
        Some(after) if after >= prefix => std::ops::Bound::Excluded(after.to_vec()),
        _ => std::ops::Bound::Included(prefix.to_vec()),
    }
}
