//! The thread that carries what the journal holds into the engine beneath.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use super::folded::Folded;
use super::overlay::Overlay;
use crate::store::caught::caught;
use crate::store::engine::{Batch, Engine, EngineError};

/// Rows carried over at a time. Readers of the engine wait that long at most.
const CHUNK: usize = 512;

/// Rows to carry over, and what the engine is to know when it has them.
struct Load {
    rows: Arc<Batch>,
    then: Folded,
}

#[derive(Default)]
struct State {
    waiting: Option<Load>,
    /// A load was taken and is not yet in the engine.
    working: bool,
    /// Nothing will come any more.
    closed: bool,
    /// The engine failed: nothing is carried over any more.
    failed: Option<EngineError>,
}

struct Shared {
    state: Mutex<State>,
    /// Whether the state says why it failed: asked at every read.
    failed: AtomicBool,
    changed: Condvar,
    engine: Arc<dyn Engine>,
    overlay: Arc<RwLock<Overlay>>,
}

/// Carries one load at a time.
pub(super) struct Carrier {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Carrier {
    pub(super) fn start(
        engine: Arc<dyn Engine>,
        overlay: Arc<RwLock<Overlay>>,
    ) -> Result<Carrier, EngineError> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            failed: AtomicBool::new(false),
            changed: Condvar::new(),
            engine,
            overlay,
        });
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("store-carry".to_owned())
            .spawn(move || {
                if caught(|| for_thread.run()).is_none() {
                    for_thread.fail(panicked());
                }
            })
            .map_err(|error| EngineError(error.to_string()))?;
        Ok(Carrier { shared, thread: Some(thread) })
    }

    /// Hands over rows; those before them must be in the engine (see [`Carrier::wait`]).
    pub(super) fn carry(&self, rows: Arc<Batch>, then: Folded) {
        self.shared.lock().waiting = Some(Load { rows, then });
        self.shared.changed.notify_all();
    }

    /// Waits until the engine has everything that was handed over.
    pub(super) fn wait(&self) -> Result<(), EngineError> {
        let mut state = self.shared.lock();
        loop {
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            if state.waiting.is_none() && !state.working {
                return Ok(());
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Why nothing is carried over any more, if that is so.
    pub(super) fn failure(&self) -> Option<EngineError> {
        if !self.shared.failed.load(Ordering::Acquire) {
            return None;
        }
        self.shared.lock().failed.clone()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        while let Some(load) = self.next() {
            // An engine can panic over an error of the disk.
            match caught(|| self.bring(&load)).unwrap_or_else(|| Err(panicked())) {
                Ok(()) => {
                    self.lock().working = false;
                    self.changed.notify_all();
                }
                Err(error) => self.fail(error),
            }
        }
    }

    /// Nothing is carried over any more, for this reason: commits that wait for it are told.
    fn fail(&self, error: EngineError) {
        let mut state = self.lock();
        state.working = false;
        state.waiting = None;
        state.failed = Some(error);
        self.failed.store(true, Ordering::Release);
        drop(state);
        self.changed.notify_all();
    }

    fn next(&self) -> Option<Load> {
        let mut state = self.lock();
        loop {
            if let Some(load) = state.waiting.take() {
                state.working = true;
                return Some(load);
            }
            if state.closed || state.failed.is_some() {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Cut off anywhere in between, this is done again from the journal: rows are whole values, not differences.
    fn bring(&self, load: &Load) -> Result<(), EngineError> {
        let mut rows = load.rows.iter().peekable();
        while rows.peek().is_some() {
            let mut chunk: Batch =
                rows.by_ref().take(CHUNK).map(|(key, change)| (key.clone(), change.clone())).collect();
            if rows.peek().is_none() {
                load.then.write(&mut chunk);
            }
            self.engine.commit(&chunk)?;
        }
        self.overlay.write().unwrap_or_else(PoisonError::into_inner).forget_older();
        Ok(())
    }
}

fn panicked() -> EngineError {
    EngineError("the engine panicked".to_owned())
}
