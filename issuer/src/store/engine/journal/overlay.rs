//! What the journal holds and the engine beneath does not: rows that lie over those of the engine.

use std::sync::Arc;

use crate::store::engine::Batch;

#[derive(Default)]
pub(super) struct Overlay {
    /// Rows of the file that is written to.
    pub(super) newer: Batch,
    /// Rows of the other one, while they are carried into the engine.
    pub(super) older: Arc<Batch>,
}

impl Overlay {
    /// The change that is on top for this key. `None`: the engine knows best.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.newer.get(key).or_else(|| self.older.get(key))
    }

    pub(super) fn add(&mut self, batch: &Batch) {
        for (key, change) in batch {
            self.newer.insert(key.clone(), change.clone());
        }
    }

    /// From here on the newer rows are the older ones.
    pub(super) fn turn(&mut self) -> Arc<Batch> {
        self.older = Arc::new(std::mem::take(&mut self.newer));
        Arc::clone(&self.older)
    }

    /// The engine has the older rows now.
    pub(super) fn forget_older(&mut self) {
        self.older = Arc::default();
    }
}
