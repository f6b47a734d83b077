//! redb as an engine: one file, one table.
//!
//! A commit of redb is durable when it returns and invisible to readers before that, so nothing is added
//! here. After an I/O error its handle answers nobody any more, readers included.

use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{Database, Durability, ReadableDatabase, TableDefinition};

use super::{Batch, Engine, EngineError, Row, scan_start};

const ROWS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("rows");

/// redb takes a gigabyte unless told.
const CACHE_BYTES: usize = 64 * 1024 * 1024;

/// Name of the file in the folder.
pub(in crate::store) const FILE: &str = "store.redb";

/// redb in a folder of its own.
pub struct RedbEngine {
    db: Database,
}

impl RedbEngine {
    /// Opens the store in `folder`, or creates it there.
    ///
    /// # Errors
    /// When the folder cannot be used or what is in it is damaged.
    pub fn open(folder: &Path) -> Result<RedbEngine, EngineError> {
        let opened = catch_unwind(AssertUnwindSafe(|| {
            // It knows the checksums of its pages, but compares them only when told: a page that went bad would
            // be believed.
            let mut builder = Database::builder();
            builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
            builder.create(folder.join(FILE))
        }));
        let db = match opened {
            Ok(Ok(db)) => db,
            Ok(Err(error)) => return Err(EngineError(error.to_string())),
            Err(_) => return Err(EngineError("redb gave up while it read the file".to_owned())),
        };
        let engine = RedbEngine { db };
        engine.create_table()?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(in_words)?;
        Ok(engine)
    }

    fn create_table(&self) -> Result<(), EngineError> {
        let reading = self.db.begin_read().map_err(in_words)?;
        if reading.list_tables().map_err(in_words)?.next().is_some() {
            return Ok(());
        }
        let writing = self.db.begin_write().map_err(in_words)?;
        writing.open_table(ROWS).map_err(in_words)?;
        writing.commit().map_err(in_words)
    }
}

impl Engine for RedbEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let table = self.db.begin_read().map_err(in_words)?.open_table(ROWS).map_err(in_words)?;
        Ok(table.get(key).map_err(in_words)?.map(|value| value.value().to_vec()))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        let table = self.db.begin_read().map_err(in_words)?.open_table(ROWS).map_err(in_words)?;
        let start = scan_start(prefix, after);
        let start = start.as_ref().map(Vec::as_slice);
        let mut rows = Vec::new();
        for row in table.range::<&[u8]>((start, Bound::Unbounded)).map_err(in_words)?.take(limit) {
            let (key, value) = row.map_err(in_words)?;
            if !key.value().starts_with(prefix) {
                break;
            }
            rows.push((key.value().to_vec(), value.value().to_vec()));
        }
        Ok(rows)
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        let mut writing = self.db.begin_write().map_err(in_words)?;
        writing.set_durability(Durability::Immediate).map_err(in_words)?;
        {
            let mut table = writing.open_table(ROWS).map_err(in_words)?;
            for (key, change) in batch {
                match change {
                    Some(value) => table.insert(key.as_slice(), value.as_slice()),
                    None => table.remove(key.as_slice()),
                }
                .map_err(in_words)?;
            }
        }
        writing.commit().map_err(in_words)
    }

    fn reads_survive_failure(&self) -> bool {
        false
    }
}

fn in_words(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}
