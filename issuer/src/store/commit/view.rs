//! What readers see: only what is durable.
//!
//! While a batch is on its way to the disk the engine already shows it, but a power cut could still take it
//! back, and an answer based on it would have left. So the committer first lays the old values over the keys
//! of the batch, and takes them away after the sync.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crate::store::api::StoreError;
use crate::store::caught::caught;
use crate::store::engine::{Batch, Engine, EngineError, Row, scan_patched};

/// How often a reader that waits looks whether the engine is there again.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The value of a key, and that of a second one if it has any.
type Both = (Vec<u8>, Option<Vec<u8>>);

pub(in crate::store) struct View {
    state: RwLock<State>,
}

struct State {
    engine: Shown,
    /// Durable values of the keys that are being written; `None`: there was none.
    before: Batch,
}

enum Shown {
    Engine(Arc<dyn Engine>),
    /// It is being opened again; attempts go on until one works.
    Reopening,
    /// What was acknowledged is lost, or there is no way to open it again.
    Gone,
    Closed,
}

impl View {
    pub(in crate::store) fn new(engine: Arc<dyn Engine>) -> View {
        View { state: RwLock::new(State { engine: Shown::Engine(engine), before: Batch::new() }) }
    }

    pub(in crate::store) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // The lock is held across the engine's read, or a batch could slip in between the two looks.
        self.read().get(key)
    }

    /// A value, and if there is one, the value of a second key at that same moment.
    pub(in crate::store) fn get_both(&self, first: &[u8], second: &[u8]) -> Result<Option<Both>, StoreError> {
        let state = self.read();
        let Some(value) = state.get(first)? else { return Ok(None) };
        Ok(Some((value, state.get(second)?)))
    }

    pub(in crate::store) fn scan(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let state = self.read();
        let engine = state.engine()?;
        let beneath = |limit| engine.scan(prefix, after, limit);
        Ok(scan_patched(beneath, &[&state.before], prefix, after, limit)?)
    }

    /// Goes on showing the present values of the keys in `batch`, whatever the engine says from now on.
    pub(in crate::store) fn hold(&self, engine: &dyn Engine, batch: &Batch) -> Result<(), EngineError> {
        let mut before = Batch::new();
        for key in batch.keys() {
            before.insert(key.clone(), engine.get(key)?);
        }
        self.write().before = before;
        Ok(())
    }

    /// The values that are held.
    pub(in crate::store) fn held(&self) -> Batch {
        self.write().before.clone()
    }

    /// Shows what the engine has: it is durable now.
    pub(in crate::store) fn release(&self) {
        self.write().before = Batch::new();
    }

    /// Lets go of the engine; readers wait for the next one.
    pub(in crate::store) fn begin_reopening(&self) {
        self.show_now(Shown::Reopening);
    }

    /// Shows another engine, still with the values held over the first.
    pub(in crate::store) fn show(&self, engine: Arc<dyn Engine>) {
        self.show_now(Shown::Engine(engine));
    }

    /// There is no engine to read from; readers are told so at once.
    pub(in crate::store) fn give_up(&self) {
        self.show_now(Shown::Gone);
    }

    pub(in crate::store) fn close(&self) {
        self.show_now(Shown::Closed);
    }

    fn show_now(&self, next: Shown) {
        let old = std::mem::replace(&mut self.write().engine, next);
        // Going can take an engine a while, and one that failed can panic: not under the lock.
        let _ = caught(|| drop(old));
    }

    /// Completes when readers are served again, or told that they will not be, and after `patience` at the latest; answers
    /// what is left of it. Readers wait here and not on a thread: one engine that is opened again must not hold up requests
    /// that need none.
    pub(in crate::store) async fn readable(&self, patience: Duration) -> Duration {
        let begun = Instant::now();
        let waiting = async {
            while self.read().is_about_to_change() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let _ = tokio::time::timeout(patience, waiting).await;
        patience.saturating_sub(begun.elapsed())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let engine = self.engine()?;
        match self.before.get(key) {
            Some(value) => Ok(value.clone()),
            None => Ok(engine.get(key)?),
        }
    }

    /// Whether there is another engine in a moment: this one answers nobody any more, and the committer looks after it.
    fn is_about_to_change(&self) -> bool {
        match &self.engine {
            Shown::Engine(engine) => engine.failure().is_some() && !engine.reads_survive_failure(),
            Shown::Reopening => true,
            Shown::Gone | Shown::Closed => false,
        }
    }

    fn engine(&self) -> Result<&dyn Engine, StoreError> {
        match &self.engine {
            _ if self.is_about_to_change() => Err(StoreError::Reopening),
            Shown::Engine(engine) => Ok(engine.as_ref()),
            Shown::Reopening => Err(StoreError::Reopening),
            Shown::Gone => Err(StoreError::Failed),
            Shown::Closed => Err(StoreError::Closed),
        }
    }
}

impl From<EngineError> for StoreError {
    fn from(error: EngineError) -> StoreError {
        StoreError::Engine(error.0)
    }
}
