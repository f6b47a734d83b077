//! The thread that owns every write.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::queue::{Found, Outlet};
use super::recovery::{FIRST_PAUSE, Recovery};
use super::{Aids, Staging, View, Write};
use crate::store::api::StoreError;
use crate::store::codec::COMMITS;
use crate::store::engine::{Batch, Engine, EngineError};

/// How often an engine is asked whether it has failed while nobody writes. Some of them answer no readers from then on.
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub(super) struct Worker {
    /// `None` only while the engine is opened again, or when that did not work.
    pub(super) engine: Option<Arc<dyn Engine>>,
    pub(super) view: Arc<View>,
    pub(super) aids: Aids,
    pub(super) failed: Arc<AtomicBool>,
    /// Number of the last commit that was acknowledged.
    pub(super) commits: u64,
    /// Set from a failure until writes are accepted again.
    pub(super) recovery: Option<Recovery>,
    /// How long to wait before the next attempt to recover.
    pub(super) pause: Duration,
}

impl Worker {
    pub(super) fn new(
        engine: Arc<dyn Engine>,
        view: Arc<View>,
        aids: Aids,
        failed: Arc<AtomicBool>,
    ) -> Result<Worker, StoreError> {
        let commits = count(engine.as_ref())?;
        Ok(Worker { engine: Some(engine), view, aids, failed, commits, recovery: None, pause: FIRST_PAUSE })
    }

    pub(super) fn run(mut self, queue: &Outlet) {
        loop {
            match self.recovery.as_ref().and_then(Recovery::next_attempt) {
                None => match queue.take(LOOK_EVERY) {
                    Found::Writes(writes) => self.commit(writes),
                    Found::Nothing => self.look_after_engine(),
                    Found::End => break,
                },
                Some(at) => match queue.take(at.saturating_duration_since(Instant::now())) {
                    // Whoever asked is told that the store refuses writes.
                    Found::Writes(writes) if Instant::now() < at => drop(writes),
                    Found::Writes(_) | Found::Nothing => self.recover(),
                    Found::End => break,
                },
            }
        }
        // The engine is let go here, on a thread that may wait.
        self.view.close();
        self.drop_engine();
    }

    fn look_after_engine(&mut self) {
        let Some(engine) = self.engine.clone().filter(|_| self.recovery.is_none()) else { return };
        if let Some(error) = engine.failure() {
            self.fail(engine.as_ref(), &error.0);
        }
    }

    fn commit(&mut self, writes: Vec<Write>) {
        self.look_after_engine();
        // After a failure nobody can be served: dropping the writes says so to those who wait.
        let Some(engine) = self.engine.clone().filter(|_| self.recovery.is_none()) else { return };
        let mut staging = Staging::new(engine.as_ref(), Arc::clone(&self.aids.version));
        let mut answers = Vec::new();
        for write in writes {
            match catch_unwind(AssertUnwindSafe(|| write(&mut staging))) {
                Ok(answer) => answers.push(answer),
                Err(_) => staging.roll_back(),
            }
        }
        let made_version = staging.made_version();
        let batch = staging.into_batch();
        let outcome = self.make_durable(engine.as_ref(), batch);
        if made_version {
            self.aids.version.fetch_add(1, Ordering::SeqCst);
        }
        drop(engine);
        for answer in answers {
            answer(outcome.clone());
        }
    }

    fn make_durable(&mut self, engine: &dyn Engine, mut batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.view.hold(engine, &batch) {
            return Err(self.fail(engine, &error.0));
        }
        let number = self.commits.saturating_add(1);
        batch.insert(COMMITS.to_vec(), Some(number.to_be_bytes().to_vec()));
        match commit_to(engine, &batch) {
            Ok(()) => {
                self.acknowledge(number);
                self.pause = FIRST_PAUSE;
                self.aids.revocations.note(&batch);
                Ok(())
            }
            Err(error) => Err(self.fail(engine, &error.0)),
        }
    }

    /// Everything up to commit `number` is durable: readers and the witness may know.
    pub(super) fn acknowledge(&mut self, number: u64) {
        self.commits = number;
        if let Some(witness) = &self.aids.witness {
            witness.note(number);
        }
        self.view.release();
    }

    /// What is on disk is in doubt now. Readers keep what was durable before, and nobody writes until
    /// somebody has looked.
    fn fail(&mut self, engine: &dyn Engine, why: &str) -> StoreError {
        self.failed.store(true, Ordering::Release);
        let looks_again = self.aids.reopen.is_some();
        tracing::error!(
            event = "store_failed",
            why,
            looks_again,
            "a commit failed: the store refuses writes until it was opened again and compared"
        );
        // Where readers cannot go on meanwhile, there is nothing to wait for.
        let pause = self.take_pause();
        let pause = if engine.reads_survive_failure() { pause } else { Duration::ZERO };
        self.recovery = Some(Recovery::new(self.view.held(), looks_again.then_some(pause)));
        StoreError::Failed
    }

    /// An engine that failed can panic while it goes.
    pub(super) fn drop_engine(&mut self) {
        let engine = self.engine.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(engine)));
    }
}

/// A commit; a panic of the engine is a failure like any other.
pub(super) fn commit_to(engine: &dyn Engine, batch: &Batch) -> Result<(), EngineError> {
    catch_unwind(AssertUnwindSafe(|| engine.commit(batch)))
        .unwrap_or_else(|_| Err(EngineError("the engine panicked".to_owned())))
}

/// The number of commits the engine knows of.
pub(in crate::store) fn count(engine: &dyn Engine) -> Result<u64, EngineError> {
    Ok(engine.get(COMMITS)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
}
