//! Ed25519 as RFC 8032 defines it, in its strictest reading.
//!
//! Implementations differ on odd inputs; two of them can then disagree on one token. So everything odd is refused:
//! non-canonical encodings of the key, of R and of S, keys and R of small order, and the cofactored equation.
//! (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", 2020, is the survey of these cases.) What is accepted is
//! exactly what `verify_strict` of ed25519-dalek accepts, for keys in their canonical encoding; tests hold the two
//! against each other.

use curve25519_dalek::{EdwardsPoint, Scalar, edwards::CompressedEdwardsY};
use sha2::{Digest, Sha512};

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    encoded: [u8; 32],
    /// -A: the equation wants it on the other side.
    negated: EdwardsPoint,
}

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032, 5.1.5.
    ///
    /// # Errors
    /// When the bytes are no point, not its canonical encoding, or a point of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PublicKey, KeyFault> {
        let point = CompressedEdwardsY(*bytes).decompress().ok_or(KeyFault::NotAPoint)?;
        if point.compress().as_bytes() != bytes {
            return Err(KeyFault::NotCanonical);
        }
        if point.is_small_order() {
            return Err(KeyFault::SmallOrder);
        }
        Ok(PublicKey { encoded: *bytes, negated: -point })
    }

    /// The 32 bytes of RFC 8032, 5.1.5.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.encoded
    }

    pub(crate) fn negated(&self) -> &EdwardsPoint {
        &self.negated
    }

    /// Whether `signature` is this key's signature of `message`. Variable time: all of it is public.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify_with(message, signature, |k, s| {
            EdwardsPoint::vartime_double_scalar_mul_basepoint(k, &self.negated, s)
        })
    }

    /// The equation, whatever way `k (-A) + s B` is computed: the sum must be R.
    ///
    /// R is never decompressed. If the sum encodes to the very bytes of R, then R was canonical, on the curve, and of the
    /// order that the sum is found to have; if not, the signature is refused in any case.
    pub(crate) fn verify_with(
        &self,
        message: &[u8],
        signature: &[u8],
        sum: impl FnOnce(&Scalar, &Scalar) -> EdwardsPoint,
    ) -> bool {
        let Some((r, s)) = signature.split_first_chunk::<32>() else { return false };
        let Some(s) = s.try_into().ok().and_then(|s| Option::<Scalar>::from(Scalar::from_canonical_bytes(s)))
        else {
            return false;
        };
        let hash = Sha512::new().chain_update(r).chain_update(self.encoded).chain_update(message).finalize();
        let k = Scalar::from_bytes_mod_order_wide(&hash.into());
        let sum = sum(&k, &s);
        sum.compress().as_bytes() == r && !sum.is_small_order()
    }
}
