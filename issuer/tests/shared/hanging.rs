//! An engine whose commits can be counted, held up between the sync and the answer, and made to fail.
#![allow(dead_code, reason = "each suite uses what it needs")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use shelflife_issuer::store::{Batch, Engine, EngineError, Row};

/// A test that fails while a commit hangs must still come to an end.
const LONGEST_HANG: Duration = Duration::from_secs(20);

pub(crate) struct Hanging {
    inner: Arc<dyn Engine>,
    /// Set by a test for as long as commits shall hang.
    pub(crate) hanging: AtomicBool,
    /// Set by a test for as long as commits shall fail, once they are written.
    pub(crate) failing: AtomicBool,
    pub(crate) commits: AtomicUsize,
}

impl Hanging {
    pub(crate) fn over(inner: Arc<dyn Engine>) -> Arc<Hanging> {
        Arc::new(Hanging {
            inner,
            hanging: AtomicBool::new(false),
            failing: AtomicBool::new(false),
            commits: AtomicUsize::new(0),
        })
    }

    pub(crate) fn wait_for_commit(&self, number: usize) {
        let since = Instant::now();
        while self.commits.load(Ordering::SeqCst) < number && since.elapsed() < LONGEST_HANG {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Engine for Hanging {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        self.inner.commit(batch)?;
        self.commits.fetch_add(1, Ordering::SeqCst);
        let since = Instant::now();
        while self.hanging.load(Ordering::SeqCst) && since.elapsed() < LONGEST_HANG {
            std::thread::sleep(Duration::from_millis(1));
        }
        if self.failing.load(Ordering::SeqCst) {
            return Err(EngineError("no space left on device".into()));
        }
        Ok(())
    }
}
