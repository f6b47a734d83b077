//! After a failed commit: back to a store that takes writes, without a restart.
//!
//! An engine that has seen an I/O error is not to be trusted, and a sync that failed once says nothing when it
//! works the second time: the kernel may have thrown the data away. So the engine is dropped and opened
//! again, and what it then shows is compared with what was acknowledged. What the failed batch left behind is
//! taken back - its callers were told that nothing happened. Only a commit that works opens the gate.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::worker::{Worker, can_be_read, commit_to, count, panicked};
use crate::store::caught::caught;
use crate::store::codec::COMMITS;
use crate::store::engine::{Batch, Engine, EngineError, Reopen};

/// Attempts come in pauses that double from here ...
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// ... up to here: so long does a store with room again stay closed at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What has to be known to come back from a failure.
pub(super) struct Recovery {
    /// Acknowledged values of the keys that the failed batch would have changed.
    before: Batch,
    /// What the engine now has otherwise; known once it was opened again.
    to_take_back: Option<Batch>,
    /// `None`: there is no way back without a restart.
    next_attempt: Option<Instant>,
}

/// Why a store that was opened again is not taken.
enum Trouble {
    /// Try again later.
    Engine(EngineError),
    /// It is not what was acknowledged; no attempt will change that.
    Lost(String),
}

impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Trouble {
        Trouble::Engine(error)
    }
}

impl Recovery {
    pub(super) fn new(before: Batch, pause: Option<Duration>) -> Recovery {
        let next_attempt = pause.and_then(|pause| Instant::now().checked_add(pause));
        Recovery { before, to_take_back: None, next_attempt }
    }

    pub(super) fn next_attempt(&self) -> Option<Instant> {
        self.next_attempt
    }
}

impl Worker {
    /// The pause before the next attempt; the one after it will be longer, unless commits work in between.
    pub(super) fn take_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        pause
    }

    /// One attempt. Without an engine that readers can use, it is opened at once; otherwise only when the
    /// disk takes writes again, because readers have to wait while it is opened.
    pub(super) fn recover(&mut self) {
        let Some(mut recovery) = self.recovery.take() else { return };
        recovery.next_attempt = Instant::now().checked_add(self.take_pause());
        let attempt = caught(|| self.attempt(&mut recovery));
        match attempt.unwrap_or_else(|| Err(Trouble::Engine(panicked()))) {
            Ok(true) => {
                self.failed.store(false, Ordering::Release);
                tracing::warn!(event = "store_recovered", "the store accepts writes again; nothing was lost");
                return;
            }
            Ok(false) => {}
            Err(Trouble::Engine(error)) => {
                tracing::warn!(event = "store_still_failing", why = error.0, "trying again later");
            }
            Err(Trouble::Lost(why)) => {
                self.view.give_up();
                self.drop_engine();
                recovery.next_attempt = None;
                tracing::error!(
                    event = "store_lost",
                    why,
                    "what was acknowledged is not there any more: the store stays closed"
                );
            }
        }
        self.recovery = Some(recovery);
    }

    /// `true`: writes are accepted again. `false`: not yet.
    fn attempt(&mut self, recovery: &mut Recovery) -> Result<bool, Trouble> {
        if recovery.to_take_back.is_none() {
            let readable = self.engine.as_deref().is_some_and(can_be_read);
            if readable && !self.disk_works() {
                return Ok(false);
            }
            recovery.to_take_back = Some(self.open_again(&recovery.before)?);
        }
        if !self.disk_works() {
            return Ok(false);
        }
        let (Some(engine), Some(to_take_back)) = (self.engine.clone(), recovery.to_take_back.take()) else {
            return Ok(false);
        };
        // Even when there is nothing to take back: a commit that works is the proof.
        let number = count(engine.as_ref())?.saturating_add(1);
        let mut batch = to_take_back;
        batch.insert(COMMITS.to_vec(), Some(number.to_be_bytes().to_vec()));
        commit_to(engine.as_ref(), &batch)?;
        self.acknowledge(number);
        Ok(true)
    }

    fn disk_works(&self) -> bool {
        let works = |reopen: &dyn Reopen| caught(|| reopen.disk_works()).unwrap_or(false);
        self.aids.reopen.as_deref().is_some_and(works)
    }

    /// Opens the engine again, compares it with what was acknowledged, and shows it to readers, still under
    /// the values from before the failure. Answers what has to be taken back.
    fn open_again(&mut self, before: &Batch) -> Result<Batch, Trouble> {
        let Some(reopen) = &self.aids.reopen else { return Err(Trouble::Lost("no way back".to_owned())) };
        let opened = {
            self.view.begin_reopening();
            let old = self.engine.take();
            let _ = caught(|| drop(old));
            // Readers wait from here on, also while an attempt has failed and the next one is to come.
            caught(|| {
                let engine = reopen.open()?;
                let difference = compare(engine.as_ref(), before, self.commits)?;
                Ok((engine, difference))
            })
        };
        match opened.unwrap_or_else(|| Err(Trouble::Engine(panicked()))) {
            Ok((engine, difference)) => {
                self.view.show(Arc::clone(&engine));
                self.engine = Some(engine);
                Ok(difference)
            }
            Err(trouble) => Err(trouble),
        }
    }
}

/// What the engine has otherwise than `before`, as changes that would put it right.
fn compare(engine: &dyn Engine, before: &Batch, acknowledged: u64) -> Result<Batch, Trouble> {
    let found = count(engine)?;
    if found < acknowledged {
        return Err(Trouble::Lost(format!("it knows {found} commits of {acknowledged}")));
    }
    let mut difference = Batch::new();
    for (key, value) in before {
        if engine.get(key)? != *value {
            difference.insert(key.clone(), value.clone());
        }
    }
    if found == acknowledged && !difference.is_empty() {
        return Err(Trouble::Lost("records changed without a commit".to_owned()));
    }
    Ok(difference)
}
