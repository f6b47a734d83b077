//! What all clones of a guard judge with, and how it is changed while they do.
//!
//! A change is made beside what is judged with, however long that takes, and then put in its place: requests go on being
//! judged by what was known before, and none waits for a list to be read.

use alloc::sync::Arc;
use std::sync::{Mutex, PoisonError, RwLock};

use super::memory::Memory;
use crate::{Applied, KeySet, Requirements, RevocationError, Statistics, Verdict, Verifier};

pub(super) struct Shared {
    /// Never held for longer than it takes to copy or to replace the pointer.
    judge: RwLock<Arc<Judge>>,
    /// Held by whoever makes a change: of two at once, the second starts from what the first has made.
    changing: Mutex<()>,
}

pub(super) struct Judge {
    pub(super) verifier: Verifier,
    memory: Arc<Memory>,
}

impl Judge {
    fn new(verifier: Verifier, capacity: usize) -> Judge {
        let memory = Arc::new(Memory::new(&verifier, capacity));
        Judge { verifier, memory }
    }

    pub(super) fn verify(&self, token: &str, now: u64, needs: &Requirements) -> Verdict {
        if let Some(verdict) = self.memory.recall(token, now, needs) {
            return verdict;
        }
        match self.verifier.authenticate(token, now) {
            Ok(genuine) => self.memory.admit(&self.verifier, token, genuine, now, needs),
            Err(refusal) => Verdict::Invalid(refusal),
        }
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.memory.statistics()
    }
}

impl Shared {
    pub(super) fn new(verifier: Verifier, capacity: usize) -> Shared {
        Shared { judge: RwLock::new(Arc::new(Judge::new(verifier, capacity))), changing: Mutex::new(()) }
    }

    pub(super) fn judge(&self) -> Arc<Judge> {
        Arc::clone(&self.judge.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn update_revocations(&self, list: &str, now: u64) -> Result<Applied, RevocationError> {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let present = self.judge();
        let mut verifier = present.verifier.clone();
        let applied = verifier.update_revocations(list, now)?;
        present.memory.inherit_revocations(&verifier);
        self.put(Judge { verifier, memory: Arc::clone(&present.memory) });
        Ok(applied)
    }

    pub(super) fn update_keys(&self, keys: KeySet, capacity: usize) {
        let _alone = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut verifier = self.judge().verifier.clone();
        verifier.keys = keys;
        // A memory of its own: what a key vouched for that is gone now goes with it, whoever is just checking it.
        self.put(Judge::new(verifier, capacity));
    }

    fn put(&self, next: Judge) {
        let next = Arc::new(next);
        let last = {
            let mut judge = self.judge.write().unwrap_or_else(PoisonError::into_inner);
            core::mem::replace(&mut *judge, next)
        };
        // After the lock: what nobody needs any more may be large.
        drop(last);
    }
}
