//! A key that notices when it is asked often, and then computes faster.
//!
//! A verifier sees one or two keys for ever. For such a key the doublings of the curve arithmetic are done once, in a
//! [`Comb`]; each check is then some seventy additions. The table takes as long as some fifty checks and is not built
//! before a key has had that many, so a cold start pays nothing.

use alloc::boxed::Box;
use core::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use curve25519_dalek::{EdwardsPoint, constants::ED25519_BASEPOINT_POINT, traits::Identity};
use once_cell::race::OnceBox;

use crate::{PublicKey, comb::Comb};

/// Checks by which a key has proved busy.
const BUSY: u32 = 64;

/// The multiples of the base point, which every key shares.
static BASE: OnceBox<Comb> = OnceBox::new();

pub(crate) struct BusyKey {
    key: PublicKey,
    checks: AtomicU32,
    comb: OnceBox<Comb>,
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
        match self.comb(may_grow) {
            None => self.key.verify(message, signature),
            Some((multiples, base)) => self.key.verify_with(message, signature, |k, s| {
                multiples.add_multiple(base.add_multiple(EdwardsPoint::identity(), s), k)
            }),
        }
    }

    pub(crate) fn has_comb(&self) -> bool {
        self.comb.get().is_some()
    }

    fn comb(&self, may_grow: impl FnOnce() -> bool) -> Option<(&Comb, &Comb)> {
        // Two threads may count the same check, or build the same table and drop one: neither does harm.
        let checks = self.checks.load(Ordering::Relaxed);
        if checks < BUSY {
            self.checks.store(checks.saturating_add(1), Ordering::Relaxed);
            return None;
        }
        if !self.has_comb() && !may_grow() {
            return None;
        }
        let multiples = self.comb.get_or_init(|| Box::new(Comb::new(self.key.negated())));
        Some((multiples, BASE.get_or_init(|| Box::new(Comb::new(&ED25519_BASEPOINT_POINT)))))
    }
}

impl fmt::Debug for BusyKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key.fmt(out)
    }
}
