//! What the engine beneath knows of its journal: which one it is, and up to which batch it has everything.

use super::record::Name;
use crate::store::engine::{Batch, Engine, EngineError};

/// Key of the row.
pub(super) const KEY: &[u8] = b"m/journal";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Folded {
    pub(super) journal: Name,
    pub(super) up_to: u64,
}

impl Folded {
    /// `None`: the engine never had a journal.
    pub(super) fn read(engine: &dyn Engine) -> Result<Option<Folded>, EngineError> {
        let Some(row) = engine.get(KEY)? else { return Ok(None) };
        let read = row.split_first_chunk::<8>().and_then(|(journal, number)| {
            Some(Folded { journal: *journal, up_to: u64::from_le_bytes(number.try_into().ok()?) })
        });
        read.map(Some).ok_or_else(|| EngineError("the row about its journal cannot be read".to_owned()))
    }

    /// Makes the row part of a batch.
    pub(super) fn write(self, batch: &mut Batch) {
        let row = [self.journal, self.up_to.to_le_bytes()].concat();
        batch.insert(KEY.to_vec(), Some(row));
    }
}
