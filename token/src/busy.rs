//! A key that notices when it is asked often, and then computes faster.
//!
//! A verifier sees one or two keys for ever. For such a key the doublings of the curve arithmetic are done once, in a
//! [`Comb`]; each check is then some sixty additions. The table takes as long as some fifty checks and is not begun before
//! a key has had that many, so a cold start pays nothing; and it grows by a row a check, so no single check pays for it.

use alloc::boxed::Box;
use core::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use once_cell::race::OnceBox;
use shelflife_curve::{Comb, Completed, Native, Point};

use crate::PublicKey;

/// Checks by which a key has proved busy.
const BUSY: u32 = 64;

/// The multiples of the base point, which every key shares.
static BASE: OnceBox<Comb<Native>> = OnceBox::new();

pub(crate) struct BusyKey {
    key: PublicKey,
    checks: AtomicU32,
    comb: OnceBox<Comb<Native>>,
}

impl BusyKey {
    pub(crate) fn new(key: PublicKey) -> BusyKey {
        BusyKey { key, checks: AtomicU32::new(0), comb: OnceBox::new() }
    }

    pub(crate) fn key(&self) -> &PublicKey {
        &self.key
    }

    /// As [`PublicKey::verify`]. `may_grow` is asked when the key has proved busy: whether there is room for its table.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8], may_grow: impl FnOnce() -> bool) -> bool {
        match self.combs(may_grow) {
            None => self.key.verify(message, signature),
            Some((multiples, base)) => self.key.verify_with(message, signature, |k, s| {
                multiples.add_multiple(base.add_multiple(Completed::IDENTITY, s)?, k)
            }),
        }
    }

    /// Whether there is a table, complete or still growing.
    pub(crate) fn has_comb(&self) -> bool {
        self.comb.get().is_some()
    }

    /// The tables of the key and of the base point, once both are complete.
    fn combs(&self, may_grow: impl FnOnce() -> bool) -> Option<(&Comb<Native>, &Comb<Native>)> {
        // Two threads may count the same check, or build the same row and drop one: neither does harm.
        let checks = self.checks.load(Ordering::Relaxed);
        if checks < BUSY {
            self.checks.store(checks.saturating_add(1), Ordering::Relaxed);
            return None;
        }
        if !self.has_comb() && !may_grow() {
            return None;
        }
        let multiples = self.comb.get_or_init(|| Box::new(Comb::new(*self.key.negated())));
        let base = BASE.get_or_init(|| Box::new(Comb::new(Point::base())));
        let (own, shared) = (multiples.grow(), base.grow());
        (own && shared).then_some((multiples, base))
    }
}

impl fmt::Debug for BusyKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_table_after_a_hundred_checks_and_without_room_never() {
        let base = Point::<Native>::base().encoded();
        let [busy, refused] = [(); 2].map(|()| BusyKey::new(PublicKey::from_bytes(&base).unwrap()));
        for _ in 0..100 {
            busy.verify(b"", &[0; 64], || true);
            refused.verify(b"", &[0; 64], || false);
        }
        assert!(busy.combs(|| true).is_some());
        assert!(!refused.has_comb());
    }

    #[test]
    fn a_key_that_is_not_busy_has_no_table() {
        let key = BusyKey::new(PublicKey::from_bytes(&Point::<Native>::base().encoded()).unwrap());
        for _ in 0..BUSY {
            key.verify(b"", &[0; 64], || panic!("not busy yet"));
        }
        assert!(!key.has_comb());
    }
}
