//! The tokens that a guard remembers, for all threads of a backend at once.
//!
//! A token belongs to one of several parts, each behind a lock of its own that is held for a look and never for the check
//! of a signature: so two requests wait for each other only when their tokens share a part, and then for about a
//! microsecond.

use alloc::{boxed::Box, vec::Vec};
use core::hash::{BuildHasher, Hasher};
use std::{
    hash::RandomState,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    CachingVerifier, Judged, Judgement, Refusal, Requirements, Seed, Statistics, Verdict, VerifiedToken,
    Verifier,
};

/// Tokens that are worth a part of their own.
const PART: usize = 64;
const MAX_PARTS: usize = 64;
/// What tells tokens apart: the end, which is the signature.
const HASHED: usize = 64;

pub(super) struct Memory {
    parts: Box<[Mutex<CachingVerifier>]>,
    chance: RandomState,
}

impl Memory {
    /// For `capacity` tokens, rounded up; 0 remembers none.
    pub(super) fn new(verifier: &Verifier, capacity: usize) -> Memory {
        let count = match capacity {
            0 => 0,
            _ => capacity.checked_div(PART).unwrap_or_default().clamp(1, MAX_PARTS),
        };
        let each = capacity.div_ceil(count.max(1));
        let part = |_| Mutex::new(CachingVerifier::new(verifier.clone(), each));
        Memory { parts: (0..count).map(part).collect(), chance: RandomState::new() }
    }

    /// The verdict of a token that is remembered.
    pub(super) fn recall(&self, token: &str, now: u64, needs: &Requirements) -> Option<Verdict> {
        self.part_of(token)?.recall(token, now, needs).map(verdict)
    }

    /// The verdict of a token that `verifier` has just found genuine, and that is remembered from now on.
    pub(super) fn admit(
        &self,
        verifier: &Verifier,
        token: &str,
        genuine: VerifiedToken,
        now: u64,
        needs: &Requirements,
    ) -> Verdict {
        match self.part_of(token) {
            Some(mut part) => verdict(part.admit(token, genuine, now, needs, || Some(seed()))),
            None => verifier.judge(Ok(genuine), now, needs),
        }
    }

    /// What `verifier` knows of revocations is what remembered tokens are judged by from now on.
    pub(super) fn inherit_revocations(&self, verifier: &Verifier) {
        self.parts.iter().for_each(|part| held(part).inherit_revocations(verifier));
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.parts.iter().fold(Statistics::default(), |sum, part| {
            let Statistics { hits, misses, entries } = held(part).statistics();
            Statistics {
                hits: sum.hits.saturating_add(hits),
                misses: sum.misses.saturating_add(misses),
                entries: sum.entries.saturating_add(entries),
            }
        })
    }

    fn part_of(&self, token: &str) -> Option<MutexGuard<'_, CachingVerifier>> {
        let bytes = token.as_bytes();
        // Keyed at random, as the table of a part is: nobody can aim many tokens at one lock.
        let hash = self.chance.hash_one(bytes.last_chunk::<HASHED>().map_or(bytes, |end| end));
        let part = hash.checked_rem(self.parts.len() as u64)?;
        self.parts.get(usize::try_from(part).ok()?).map(held)
    }
}

/// Nothing in here panics; should it ever, tokens are still compared byte for byte.
fn held(part: &Mutex<CachingVerifier>) -> MutexGuard<'_, CachingVerifier> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The claims leave the lock as a copy.
fn verdict(judgement: Judgement<'_>) -> Verdict {
    match (judgement.outcome, judgement.token) {
        (Ok(standing), Some(token)) => Verdict::in_window(
            standing.state,
            Judged {
                claims: token.claims.clone(),
                payload: token.payload.clone(),
                fresh_for: standing.fresh_for,
                exchangeable_for: standing.exchangeable_for,
            },
        ),
        (Ok(_), None) => Verdict::Invalid(Refusal::new(crate::Code::Malformed, &["there is no token"])),
        (Err(refusal), token) => {
            Verdict::Invalid(Refusal { verified: token.cloned().map(Box::new), ..refusal })
        }
    }
}

/// From what the standard library draws for its hash tables: the one randomness of this crate.
fn seed() -> Seed {
    let half = || RandomState::new().build_hasher().finish().to_le_bytes();
    let bytes: Vec<u8> = [half(), half()].concat();
    bytes.first_chunk().copied().unwrap_or_default()
}
