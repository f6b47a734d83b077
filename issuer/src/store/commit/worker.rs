//! The thread that owns every write.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::queue::{Found, Outlet, discard};
use super::recovery::{FIRST_PAUSE, Recovery};
use super::{Aids, Staging, View, Write};
use crate::store::api::StoreError;
use crate::store::caught::caught;
use crate::store::codec::COMMITS;
use crate::store::engine::{Batch, Engine, EngineError};

/// How often an engine is asked whether it has failed while nobody writes. Some of them answer no readers from then on.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Whether there is another turn.
enum Turn {
    Again,
    End,
}

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

    /// Commits what comes out of `queue` until it is closed. A panic of anything in here (the engine, a write, the log) is a
    /// failure that recovery looks after, and does not end the thread.
    pub(super) fn run(mut self, queue: Outlet) {
        loop {
            match caught(|| self.turn(&queue)) {
                Some(Turn::Again) => {}
                Some(Turn::End) => break,
                None => {
                    self.begin_recovery("a panic on the thread of the store");
                    // It may panic each time.
                    std::thread::sleep(FIRST_PAUSE);
                }
            }
        }
        // The engine is let go here, on a thread that may wait.
        self.view.close();
        self.drop_engine();
    }

    fn turn(&mut self, queue: &Outlet) -> Turn {
        match self.recovery.as_ref().and_then(Recovery::next_attempt) {
            None => match queue.take(LOOK_EVERY) {
                Found::Writes(writes) => self.commit(writes),
                Found::Nothing => self.look_after_engine(),
                Found::End => return Turn::End,
            },
            Some(at) => match queue.take(at.saturating_duration_since(Instant::now())) {
                // Their callers are told that the store refuses writes.
                Found::Writes(writes) if Instant::now() < at => discard(writes),
                Found::Writes(writes) => {
                    discard(writes);
                    self.recover();
                }
                Found::Nothing => self.recover(),
                Found::End => return Turn::End,
            },
        }
        Turn::Again
    }

    fn look_after_engine(&mut self) {
        let Some(engine) = self.engine.clone().filter(|_| self.recovery.is_none()) else { return };
        let failure = caught(|| engine.failure()).unwrap_or_else(|| Some(panicked()));
        if let Some(error) = failure {
            self.begin_recovery(&error.0);
        }
    }

    fn commit(&mut self, writes: Vec<Write>) {
        self.look_after_engine();
        // After a failure no write can be done: dropping them tells their callers.
        let Some(engine) = self.engine.clone().filter(|_| self.recovery.is_none()) else {
            return discard(writes);
        };
        let mut staging = Staging::new(engine.as_ref(), Arc::clone(&self.aids.version));
        let mut answers = Vec::new();
        for write in writes {
            match caught(|| write(&mut staging)) {
                Some(answer) => answers.push(answer),
                None => staging.roll_back(),
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
            // A caller that cannot take its answer must not keep the others from theirs.
            let _ = caught(|| answer(outcome.clone()));
        }
    }

    fn make_durable(&mut self, engine: &dyn Engine, mut batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let held = caught(|| self.view.hold(engine, &batch)).unwrap_or_else(|| Err(panicked()));
        if let Err(error) = held {
            return Err(self.begin_recovery(&error.0));
        }
        let number = self.commits.saturating_add(1);
        batch.insert(COMMITS.to_vec(), Some(number.to_be_bytes().to_vec()));
        match commit_to(engine, &batch) {
            Ok(()) => {
                self.acknowledge(number);
                self.pause = FIRST_PAUSE;
                // The batch is durable already; a panic here does not change that.
                if caught(|| self.aids.revocations.note(&batch)).is_none() {
                    let text = "revocations are listed only after a restart";
                    let _ = caught(|| tracing::error!(event = "revocations_not_noted", "{text}"));
                }
                Ok(())
            }
            Err(error) => Err(self.begin_recovery(&error.0)),
        }
    }

    /// Everything up to commit `number` is durable: readers and the witness may know.
    pub(super) fn acknowledge(&mut self, number: u64) {
        self.commits = number;
        if let Some(witness) = &self.aids.witness {
            let _ = caught(|| witness.note(number));
        }
        self.view.release();
    }

    /// What is on disk is in doubt now. Readers keep what was durable before, and nothing is written until the engine was
    /// opened again and compared.
    fn begin_recovery(&mut self, why: &str) -> StoreError {
        self.failed.store(true, Ordering::Release);
        let looks_again = self.aids.reopen.is_some();
        // Where readers cannot go on meanwhile, there is nothing to wait for.
        let pause = self.take_pause();
        let readable = self.engine.as_deref().is_none_or(can_be_read);
        let pause = if readable { pause } else { Duration::ZERO };
        if !looks_again && !readable {
            self.view.give_up();
        }
        if self.recovery.is_none() {
            self.recovery = Some(Recovery::new(self.view.held(), looks_again.then_some(pause)));
        }
        let report = || {
            tracing::error!(
                event = "store_failed",
                why,
                looks_again,
                "a commit failed: the store refuses writes until it was opened again and compared"
            );
        };
        let _ = caught(report);
        StoreError::Failed
    }

    /// An engine that failed can panic while it goes.
    pub(super) fn drop_engine(&mut self) {
        let engine = self.engine.take();
        let _ = caught(|| drop(engine));
    }
}

/// Whether readers still get answers of an engine that failed. One that panics at the question gives none.
pub(super) fn can_be_read(engine: &dyn Engine) -> bool {
    caught(|| engine.reads_survive_failure()).unwrap_or(false)
}

/// A panic of an engine is a failure like any other.
pub(super) fn panicked() -> EngineError {
    EngineError("the engine panicked".to_owned())
}

/// A commit.
pub(super) fn commit_to(engine: &dyn Engine, batch: &Batch) -> Result<(), EngineError> {
    caught(|| engine.commit(batch)).unwrap_or_else(|| Err(panicked()))
}

/// The number of commits the engine knows of.
pub(in crate::store) fn count(engine: &dyn Engine) -> Result<u64, EngineError> {
    Ok(engine.get(COMMITS)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
}
