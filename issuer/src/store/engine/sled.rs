//! sled 0.34 as an engine, with the two things it lacks.
//!
//! Its `flush` does not survive a power cut on Linux: it calls `sync_file_range`, which neither empties the
//! disk's cache nor writes the file's metadata. So every commit is one transaction, then `flush` (sled's own
//! buffers reach the file), then `fdatasync` through our own descriptor on the same file. And it can panic
//! while it opens a damaged folder, which is turned into an error here.

use std::fs::File;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use sled::transaction::{ConflictableTransactionError, TransactionError};

use super::{Batch, Engine, EngineError, Row, scan_start};

/// sled takes a gigabyte unless told; sessions are small and the hot ones few.
const CACHE_BYTES: u64 = 24 * 1024 * 1024;

/// How long the lock of a sled that was closed a moment ago is waited for: one of its own threads can be the last to
/// hold it. Another process is kept away by the lock of the data folder.
const PATIENCE: Duration = Duration::from_secs(2);

/// sled in a folder of its own.
pub struct SledEngine {
    db: sled::Db,
    file: File,
}

impl SledEngine {
    /// Opens the store in `folder`, or creates it there. Dropping it takes a while: not on an async worker.
    ///
    /// # Errors
    /// When the folder cannot be used or what is in it is damaged.
    pub fn open(folder: &Path) -> Result<SledEngine, EngineError> {
        let since = Instant::now();
        let db = loop {
            let opened = catch_unwind(AssertUnwindSafe(|| {
                sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).open()
            }));
            match opened {
                Ok(Ok(db)) => break db,
                Ok(Err(error)) if is_locked(&error) && since.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Ok(Err(error)) => return Err(EngineError(error.to_string())),
                Err(_) => return Err(EngineError("sled gave up while it read the folder".to_owned())),
            }
        };
        let file = File::open(folder.join("db")).map_err(in_words)?;
        file.sync_all().map_err(in_words)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(in_words)?;
        Ok(SledEngine { db, file })
    }
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.db.get(key).map_err(in_words)?.map(|value| value.to_vec()))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        let mut rows = Vec::new();
        for row in self.db.range::<Vec<u8>, _>((scan_start(prefix, after), Bound::Unbounded)).take(limit) {
            let (key, value) = row.map_err(in_words)?;
            if !key.starts_with(prefix) {
                break;
            }
            rows.push((key.to_vec(), value.to_vec()));
        }
        Ok(rows)
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        let mut changes = sled::Batch::default();
        for (key, change) in batch {
            match change {
                Some(value) => changes.insert(key.as_slice(), value.as_slice()),
                None => changes.remove(key.as_slice()),
            }
        }
        let applied: Result<(), TransactionError<()>> = self
            .db
            .transaction(|tree| tree.apply_batch(&changes).map_err(ConflictableTransactionError::from));
        applied.map_err(|error| EngineError(format!("{error:?}")))?;
        self.db.flush().map_err(in_words)?;
        self.file.sync_data().map_err(in_words)
    }
}

/// sled says it in words only.
fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().starts_with("could not acquire lock"))
}

fn in_words(error: impl std::fmt::Display) -> EngineError {
    EngineError(error.to_string())
}
