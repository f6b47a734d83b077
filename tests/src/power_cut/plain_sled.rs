//! sled as its documentation suggests: a transaction, `flush`, and nothing more.

use std::path::Path;

use shelflife_issuer::store::{Batch, Engine, EngineError, Row};

pub(super) struct PlainSled(sled::Db);

impl PlainSled {
    pub(super) fn open(folder: &Path) -> Result<PlainSled, EngineError> {
        Ok(PlainSled(sled::Config::new().path(folder).open().map_err(in_words)?))
    }
}

impl Engine for PlainSled {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.0.get(key).map_err(in_words)?.map(|value| value.to_vec()))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        let rows = self.0.scan_prefix(prefix);
        let rows =
            rows.filter(|row| row.as_ref().map_or(true, |(key, _)| after.is_none_or(|after| **key > *after)));
        rows.take(limit)
            .map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec())).map_err(in_words))
            .collect()
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        let mut changes = sled::Batch::default();
        for (key, change) in batch {
            match change {
                Some(value) => changes.insert(key.as_slice(), value.as_slice()),
                None => changes.remove(key.as_slice()),
            }
        }
        self.0.apply_batch(changes).map_err(in_words)?;
        self.0.flush().map(|_| ()).map_err(in_words)
    }
}

fn in_words(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}
