//! The writes that wait for the committer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Bustle, Write};
use crate::store::api::StoreError;
use crate::store::caught::caught;

/// Writes that may wait; more are turned away.
const ROOM: usize = 4096;
/// Writes that share one sync at most.
const BATCH: usize = 1024;

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    bustle: Arc<Bustle>,
}

#[derive(Default)]
struct State {
    writes: VecDeque<Write>,
    /// Why no more are taken in.
    over: Option<StoreError>,
}

/// The committer's end. Once it is gone, nobody waits any more.
pub(super) struct Outlet(Arc<Queue>);

/// What the committer finds.
pub(super) enum Found {
    /// These share one sync.
    Writes(Vec<Write>),
    /// None came in time.
    Nothing,
    /// None will come any more.
    End,
}

impl Queue {
    pub(super) fn bustle(&self) -> &Arc<Bustle> {
        &self.bustle
    }

    /// The one end from which writes are taken.
    pub(super) fn outlet(self: &Arc<Queue>) -> Outlet {
        Outlet(Arc::clone(self))
    }

    pub(super) fn push(&self, write: Write) -> Result<(), StoreError> {
        let mut state = self.lock();
        if let Some(why) = &state.over {
            return Err(why.clone());
        }
        if state.writes.len() >= ROOM {
            return Err(StoreError::Busy);
        }
        state.writes.push_back(write);
        // Nobody is woken under the lock: a thread that wakes another one may have to make room for it at once.
        drop(state);
        self.bustle.bring(1);
        Ok(())
    }

    /// Takes nothing in any more; what has queued is still to be done.
    pub(super) fn close(&self) {
        self.refuse(StoreError::Closed);
        // There is something to see, though it is no write.
        self.bustle.bring(1);
    }

    fn refuse(&self, why: StoreError) {
        self.lock().over.get_or_insert(why);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet {
    /// What shares one sync: everything that has queued, and what those who are at work are about to bring.
    pub(super) fn take(&self, patience: Duration) -> Found {
        let Outlet(queue) = self;
        while queue.bustle.wait(patience) {
            let mut state = queue.lock();
            let count = state.writes.len().min(BATCH);
            let writes: Vec<Write> = state.writes.drain(..count).collect();
            let (left, is_over) = (state.writes.len(), state.over.is_some());
            drop(state);
            // That it is over has to be seen once more when these writes are done.
            if left > 0 || is_over {
                queue.bustle.bring(left.max(1));
            }
            if !writes.is_empty() {
                return Found::Writes(writes);
            }
            if is_over {
                return Found::End;
            }
        }
        Found::Nothing
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        self.0.refuse(StoreError::Failed);
        let left = std::mem::take(&mut self.0.lock().writes);
        discard(left);
    }
}

/// Drops writes, which tells their callers that they did not happen.
pub(super) fn discard(writes: impl IntoIterator<Item = Write>) {
    for write in writes {
        // What a write carries can panic while it is dropped; the others must be told all the same.
        let _ = caught(|| drop(write));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_comes_together_with_writes_is_seen_after_them() {
        let queue = Arc::new(Queue::default());
        let outlet = queue.outlet();
        queue.push(Box::new(|_| Box::new(|_| {}))).unwrap();
        queue.close();
        let patience = Duration::from_millis(20);
        assert!(matches!(outlet.take(patience), Found::Writes(writes) if writes.len() == 1));
        assert!(matches!(outlet.take(patience), Found::End));
    }
}
