//! Ed25519 as RFC 8032 defines it, in its strictest reading.
//!
//! Implementations differ on odd inputs; two of them can then disagree on one token. So everything odd is refused:
//! non-canonical encodings of the key, of R and of S, keys and R of small order, and the cofactored equation.
//! (Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs", 2020, is the survey of these cases.)

use ed25519_dalek::VerifyingKey;

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
    inner: VerifyingKey,
}

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032, 5.1.5.
    ///
    /// # Errors
    /// When the bytes are no point, not its canonical encoding, or a point of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<PublicKey, KeyFault> {
        let inner = VerifyingKey::from_bytes(bytes).map_err(|_| KeyFault::NotAPoint)?;
        if inner.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyFault::NotCanonical);
        }
        if inner.is_weak() {
            return Err(KeyFault::SmallOrder);
        }
        Ok(PublicKey { inner })
    }

    /// The 32 bytes of RFC 8032, 5.1.5.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.inner.as_bytes()
    }

    /// Whether `signature` is this key's signature of `message`. Runs in variable time: all of it is public.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.inner.verify_strict(message, &signature).is_ok())
    }
}
