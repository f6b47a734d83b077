//! Ed25519 as RFC 8032 defines it, in its strictest reading.
//!
//! Implementations differ on odd inputs; two of them can then disagree on one token. So everything odd is refused:
//! non-canonical encodings of the key, of R and of S, keys and R of small order, and the cofactored equation.
//! (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", 2020, is the survey of these cases.) What is accepted is
//! exactly what `verify_strict` of ed25519-dalek accepts, for keys in their canonical encoding; tests hold the two
//! against each other.

use core::fmt;

use sha2::{Digest, Sha512};
use shelflife_curve::{Completed, Native, Point, Scalar, double_multiple, is_of_small_order};

/// Why 32 bytes are not a key that tokens may be checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// Not the encoding of a point of the curve.
    NotAPoint,
    /// A second spelling of a point: y not reduced, or a sign on x = 0.
    NotCanonical,
    /// One of the eight points with which signatures of anything can be made up.
    SmallOrder,
}

/// A public key that signatures can be checked with.
#[derive(Clone)]
pub struct PublicKey {
    encoded: [u8; 32],
    /// -A: the equation wants it on the other side.
    negated: Point<Native>,
}

impl PartialEq for PublicKey {
    /// The encoding is canonical, so it is the key.
    fn eq(&self, other: &PublicKey) -> bool {
        self.encoded == other.encoded
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PublicKey").field("encoded", &self.encoded).finish_non_exhaustive()
    }
}

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032, 5.1.5.
    ///
    /// # Errors
    /// When the bytes are no point, not its canonical encoding, or a point of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PublicKey, KeyFault> {
        let point = Point::decoded(bytes).ok_or(KeyFault::NotAPoint)?;
        if point.encoded() != *bytes {
            return Err(KeyFault::NotCanonical);
        }
        if is_of_small_order(bytes) {
            return Err(KeyFault::SmallOrder);
        }
        Ok(PublicKey { encoded: *bytes, negated: point.negated() })
    }

    /// The 32 bytes of RFC 8032, 5.1.5.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.encoded
    }

    pub(crate) fn negated(&self) -> &Point<Native> {
        &self.negated
    }

    /// Whether `signature` is this key's signature of `message`. Variable time: all of it is public.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify_with(message, signature, |k, s| {
            Some(double_multiple(k, &self.negated, s, &Point::base()))
        })
    }

    /// The equation, whatever way `k (-A) + s B` is computed: the sum must be R.
    ///
    /// R is never decompressed. If the sum encodes to the very bytes of R, then R was canonical, on the curve, and of the
    /// order that the sum is found to have, which its canonical encoding tells; if not, the signature is refused in any
    /// case.
    pub(crate) fn verify_with(
        &self,
        message: &[u8],
        signature: &[u8],
        sum: impl FnOnce(&Scalar, &Scalar) -> Option<Completed<Native>>,
    ) -> bool {
        let Some((r, s)) = signature.split_first_chunk::<32>() else { return false };
        let Some(s) = s.try_into().ok().and_then(Scalar::from_canonical_bytes) else { return false };
        let hash = Sha512::new().chain_update(r).chain_update(self.encoded).chain_update(message).finalize();
        let k = Scalar::from_wide_bytes(&hash.into());
        sum(&k, &s).is_some_and(|sum| sum.encoded() == *r) && !is_of_small_order(r)
    }
}
