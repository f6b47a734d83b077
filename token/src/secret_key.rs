//! The secret half of Ed25519 (RFC 8032, 5.1.6).
//!
//! ed25519-dalek expands the key, and curve25519-dalek computes with numbers modulo the order of the base point. The one
//! expensive step, the multiple of the base point that a signature begins with, is our own, because it is most of what a
//! token costs the issuer; it takes the same steps for every number (`token/curve/src/secret.rs`).

use alloc::boxed::Box;

use curve25519_dalek::Scalar;
use ed25519_dalek::{VerifyingKey, hazmat::ExpandedSecretKey};
use once_cell::race::OnceBox;
use sha2::{Digest, Sha512};
use shelflife_curve::{Native, SecretBase};
use zeroize::Zeroizing;

const SCALAR_BYTES: usize = 32;

/// The same for every key.
static BASE: OnceBox<SecretBase<Native>> = OnceBox::new();

/// A private key. Wiped from memory when dropped.
pub(crate) struct SecretKey {
    expanded: ExpandedSecretKey,
    public: [u8; 32],
    base: &'static SecretBase<Native>,
}

impl SecretKey {
    /// The key of a 32-byte seed (RFC 8032, 5.1.5).
    pub(crate) fn from_seed(seed: &[u8; 32]) -> SecretKey {
        let hash = Zeroizing::new(<[u8; 64]>::from(Sha512::digest(seed)));
        let expanded = ExpandedSecretKey::from_bytes(&hash);
        let public = VerifyingKey::from(&expanded).to_bytes();
        SecretKey { expanded, public, base: BASE.get_or_init(|| Box::new(SecretBase::new())) }
    }

    /// The encoding of the public half.
    pub(crate) fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The one signature of `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let prefix = &self.expanded.hash_prefix;
        let hash = Sha512::new().chain_update(prefix).chain_update(message).finalize();
        let hash = Zeroizing::new(<[u8; 64]>::from(hash));
        let number = Zeroizing::new(Scalar::from_bytes_mod_order_wide(&hash));
        // Whatever the upper half of the hash is, the lower one takes 2^256 values, which is 16 times the order of the base
        // point to one part in 2^127: so the number and the upper half tell nothing about each other.
        let (_, upper) = hash.split_at(SCALAR_BYTES);
        let mut mask = Zeroizing::new([0; SCALAR_BYTES]);
        mask.copy_from_slice(upper);
        let r = self.base.multiple(number.as_bytes()).encoded(&mask);
        let hash = Sha512::new().chain_update(r).chain_update(self.public).chain_update(message).finalize();
        let s = self.response(&Scalar::from_bytes_mod_order_wide(&hash.into()), &number);
        let mut signature = [0; 64];
        let (for_r, for_s) = signature.split_at_mut(r.len());
        for_r.copy_from_slice(&r);
        for_s.copy_from_slice(&s);
        signature
    }

    /// k a + r.
    // Numbers modulo the order do not overflow.
    #[allow(clippy::arithmetic_side_effects)]
    fn response(&self, challenge: &Scalar, number: &Scalar) -> [u8; 32] {
        (challenge * self.expanded.scalar + number).to_bytes()
    }
}
