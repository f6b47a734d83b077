//! Remembering tokens that were genuine.
//!
//! Most of a check does not depend on time: form, signature, claims, issuer, audience. A client shows the same token with
//! every request until it goes stale, so what was found once is kept. What does depend on time or on the caller - clock,
//! windows, requirements - is judged anew each time, so a remembered token is refused in the very second it goes stale.
//!
//! A token is recognised by all of its bytes. Only genuine ones are remembered, in a table of fixed size; its hash is keyed
//! with a seed that is drawn at random, so nobody can aim many tokens at one corner of it. The seed is drawn when a second
//! token is to be remembered: one alone needs no hash, and where a process starts anew for every request, loading the source
//! of randomness would take as long as the check.

use alloc::{borrow::ToOwned, boxed::Box};
use core::{fmt, hash::Hasher};

use siphasher::sip::SipHasher13;

use crate::{Applied, Refusal, Requirements, RevocationError, Standing, VerifiedToken, Verifier};

/// Places a token can be in; the one that was not asked for longest makes room.
const WAYS: usize = 4;
/// Longer tokens are not remembered: the table stays small whatever is sent.
const MAX_BYTES: usize = 2048;
/// What is hashed: the end of a token, which is its signature and differs wherever anything does.
const HASHED: usize = 64;

/// 16 random bytes.
pub type Seed = [u8; 16];

/// A [`Verifier`] with a memory. Not shared between threads: give each its own, or put it behind a lock.
pub struct CachingVerifier {
    verifier: Verifier,
    slots: Box<[Option<Entry>]>,
    hasher: Option<SipHasher13>,
    clock: u64,
    statistics: Statistics,
    /// The latest genuine token that has no slot.
    homeless: Option<VerifiedToken>,
}

/// How the memory did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Tokens that were recognised.
    pub hits: u64,
    /// Tokens that had to be checked in full, refused ones included.
    pub misses: u64,
    /// Tokens that are remembered now.
    pub entries: usize,
}

/// A judgement that borrows the token from the memory.
#[derive(Debug)]
pub struct Judgement<'a> {
    /// Where the token stands, or why it is refused.
    pub outcome: Result<Standing, Refusal>,
    /// The token, if it is genuine, whatever the outcome.
    pub token: Option<&'a VerifiedToken>,
    /// Where it is remembered. A number below the capacity, the same as long as it is `known`.
    pub slot: Option<usize>,
    /// Whether it was recognised in a slot that it was judged in before: then that slot holds what it held at that judgement.
    pub known: bool,
}

struct Entry {
    encoded: Box<str>,
    token: VerifiedToken,
    used: u64,
    /// Whether it was judged in the slot it is in.
    settled: bool,
    /// Why the token is revoked, as looked up in the list of this version.
    revoked: Option<&'static str>,
    list: u64,
}

impl fmt::Debug for CachingVerifier {
    /// Without what is remembered: those are tokens.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("CachingVerifier");
        out.field("verifier", &self.verifier).field("statistics", &self.statistics).finish_non_exhaustive()
    }
}

impl CachingVerifier {
    /// Remembers `capacity` tokens (rounded up to a multiple of four); 0 switches the memory off.
    pub fn new(verifier: Verifier, capacity: usize) -> CachingVerifier {
        let slots = (0..capacity.div_ceil(WAYS).saturating_mul(WAYS)).map(|_| None).collect();
        CachingVerifier {
            verifier,
            slots,
            hasher: None,
            clock: 0,
            statistics: Statistics::default(),
            homeless: None,
        }
    }

    /// Judges as [`Verifier::verify`] does. `seed` is asked when a second token is about to be remembered: not every
    /// runtime has randomness while it starts. Without a seed only one token is.
    pub fn verify(
        &mut self,
        token: &str,
        now: u64,
        needs: &Requirements,
        seed: impl FnOnce() -> Option<Seed>,
    ) -> Judgement<'_> {
        self.clock = self.clock.saturating_add(1);
        if let Some(slot) = self.find(token) {
            self.statistics.hits = self.statistics.hits.saturating_add(1);
            return self.judge_slot(slot, now, needs);
        }
        self.statistics.misses = self.statistics.misses.saturating_add(1);
        let genuine = match self.verifier.authenticate(token, now) {
            Ok(genuine) => genuine,
            Err(refusal) => {
                return Judgement { outcome: Err(refusal), token: None, slot: None, known: false };
            }
        };
        self.take_in(token, genuine, now, needs, seed)
    }

    /// The first half of [`CachingVerifier::verify`], for those who share a memory and do not hold it while they check a
    /// signature: the judgement of a token that is remembered.
    #[cfg(feature = "axum")]
    pub(crate) fn recall(&mut self, token: &str, now: u64, needs: &Requirements) -> Option<Judgement<'_>> {
        self.clock = self.clock.saturating_add(1);
        let Some(slot) = self.find(token) else {
            self.statistics.misses = self.statistics.misses.saturating_add(1);
            return None;
        };
        self.statistics.hits = self.statistics.hits.saturating_add(1);
        Some(self.judge_slot(slot, now, needs))
    }

    /// The other half: the judgement of one that was not, and was found genuine by a verifier with the same keys.
    #[cfg(feature = "axum")]
    pub(crate) fn admit(
        &mut self,
        token: &str,
        genuine: VerifiedToken,
        now: u64,
        needs: &Requirements,
        seed: impl FnOnce() -> Option<Seed>,
    ) -> Judgement<'_> {
        // Several threads may have checked it at once; it is remembered once.
        match self.find(token) {
            Some(slot) => self.judge_slot(slot, now, needs),
            None => self.take_in(token, genuine, now, needs, seed),
        }
    }

    /// Remembers a genuine token, if there is room for it, and judges it.
    fn take_in(
        &mut self,
        token: &str,
        genuine: VerifiedToken,
        now: u64,
        needs: &Requirements,
        seed: impl FnOnce() -> Option<Seed>,
    ) -> Judgement<'_> {
        match self.room_for(token, seed) {
            Some(slot) => {
                self.remember(slot, token, genuine);
                self.judge_slot(slot, now, needs)
            }
            None => {
                let revoked = || self.verifier.revocations.lists(&genuine);
                let outcome = self.verifier.stand(&genuine.claims, now, needs, revoked);
                let token = Some(&*self.homeless.insert(genuine));
                Judgement { outcome, token, slot: None, known: false }
            }
        }
    }

    /// The verifier behind the memory.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// As [`Verifier::update_revocations`]; what is remembered is looked up anew.
    ///
    /// # Errors
    /// When the list is refused: then what was known before stays in force.
    pub fn update_revocations(&mut self, list: &str, now: u64) -> Result<Applied, RevocationError> {
        self.verifier.update_revocations(list, now)
    }

    /// As [`Verifier::inherit_revocations`].
    pub fn inherit_revocations(&mut self, other: &Verifier) {
        self.verifier.inherit_revocations(other);
    }

    /// How the memory did so far.
    pub fn statistics(&self) -> Statistics {
        self.statistics
    }

    fn judge_slot(&mut self, slot: usize, now: u64, needs: &Requirements) -> Judgement<'_> {
        let entry = self.slots.get_mut(slot).and_then(Option::as_mut);
        let known = entry.is_some_and(|entry| core::mem::replace(&mut entry.settled, true));
        let revocations = &self.verifier.revocations;
        let outcome = match self.slots.get_mut(slot).and_then(Option::as_mut) {
            Some(entry) => {
                // Searched for once a list, and not once a look.
                if entry.list != revocations.version() {
                    entry.list = revocations.version();
                    entry.revoked = revocations.lists(&entry.token);
                }
                let (claims, revoked) = (&entry.token.claims, entry.revoked);
                let timely = self.verifier.timely(claims, now);
                timely.and_then(|()| self.verifier.stand(claims, now, needs, || revoked))
            }
            None => Err(Refusal::new(crate::Code::Malformed, &["the token is not remembered"])),
        };
        let token = self.slots.get(slot).and_then(Option::as_ref).map(|entry| &entry.token);
        Judgement { outcome, token, slot: Some(slot), known }
    }

    fn find(&mut self, token: &str) -> Option<usize> {
        let first = self.set_of(token)?;
        let ways = self.slots.get_mut(first..first.saturating_add(WAYS))?;
        let is_it = |slot: &Option<Entry>| slot.as_ref().is_some_and(|entry| *entry.encoded == *token);
        let way = ways.iter().position(is_it)?;
        if let Some(Some(entry)) = ways.get_mut(way) {
            entry.used = self.clock;
        }
        Some(first.saturating_add(way))
    }

    /// The slot that is empty, or was not asked for longest.
    fn room_for(&mut self, token: &str, seed: impl FnOnce() -> Option<Seed>) -> Option<usize> {
        if self.slots.is_empty() || token.len() > MAX_BYTES {
            return None;
        }
        if self.hasher.is_none() {
            if let Some(None) = self.slots.first() {
                return Some(0);
            }
            self.hasher = seed().map(|seed| SipHasher13::new_with_key(&seed));
            self.hasher.as_ref()?;
            self.move_first();
        }
        let first = self.set_of(token)?;
        let ways = self.slots.get(first..first.saturating_add(WAYS))?;
        let oldest =
            ways.iter().enumerate().min_by_key(|(_, slot)| slot.as_ref().map_or(0, |entry| entry.used));
        oldest.map(|(way, _)| first.saturating_add(way))
    }

    /// The only token that is remembered goes where it belongs by its hash.
    fn move_first(&mut self) {
        let Some(entry) = self.slots.first_mut().and_then(Option::take) else { return };
        let slot = self.set_of(&entry.encoded).and_then(|first| self.slots.get_mut(first));
        if let Some(slot) = slot {
            *slot = Some(Entry { settled: false, ..entry });
        }
    }

    fn remember(&mut self, slot: usize, token: &str, genuine: VerifiedToken) {
        let (encoded, used) = (token.to_owned().into_boxed_str(), self.clock);
        let list = self.verifier.revocations.version();
        let revoked = self.verifier.revocations.lists(&genuine);
        let entry = Entry { encoded, token: genuine, used, settled: false, revoked, list };
        if let Some(place) = self.slots.get_mut(slot)
            && place.replace(entry).is_none()
        {
            self.statistics.entries = self.statistics.entries.saturating_add(1);
        }
    }

    /// Number of the first slot of the set that `token` belongs to; of the first, while one token at most is remembered.
    fn set_of(&self, token: &str) -> Option<usize> {
        let Some(mut hasher) = self.hasher else { return Some(0) };
        let bytes = token.as_bytes();
        hasher.write(bytes.last_chunk::<HASHED>().map_or(bytes, |end| end));
        let sets = self.slots.len().checked_div(WAYS)? as u64;
        let set = hasher.finish().checked_rem(sets)?;
        usize::try_from(set).ok()?.checked_mul(WAYS)
    }
}

impl Judgement<'_> {
    /// The payload of the token, if it may be shown: it is genuine, and judged or only not enough.
    pub fn payload(&self) -> Option<&str> {
        let shown = match &self.outcome {
            Ok(_) => true,
            Err(refusal) => refusal.code.keeps_claims(),
        };
        self.token.filter(|_| shown).map(|token| token.payload.as_str())
    }
}

#[cfg(test)]
#[cfg(feature = "sign")]
#[path = "cache_tests.rs"]
mod tests;
