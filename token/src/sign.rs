//! Making session tokens: the issuer's half, behind the feature `sign`.
//!
//! jwt-compact carries the format (header and claims to compact JWS); the algorithm is ours, because it must be named
//! `Ed25519` and must be as strict in checking as the verifier is. Signing is deterministic (RFC 8032), so the same
//! claims under the same key give the same token, byte for byte: that is what lets the issuer repeat an answer without
//! storing it.

use alloc::{
    borrow::{Cow, ToOwned},
    string::String,
    vec::Vec,
};
use core::{fmt, num::NonZeroUsize};

use jwt_compact::{Algorithm, AlgorithmExt, AlgorithmSignature, Claims as JwtClaims, Header};
use serde::{Serialize, Serializer};

use crate::{
    Claims, KeySet, KeySetError, Limits, MAX_INTEGER, PublicKey, base64url,
    claims::REGISTERED_CLAIMS,
    header::{ALGORITHM, CRITICAL, TYPE},
    secret_key::SecretKey,
    thumbprint,
};

/// A private Ed25519 key of the issuer. Wiped from memory when dropped.
pub struct SigningKey {
    secret: SecretKey,
    public: PublicKey,
    kid: String,
}

impl fmt::Debug for SigningKey {
    /// Shows the name of the key, never the key.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// Why claims were not signed: they would be refused by every verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignError(&'static str);

impl fmt::Display for SignError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("not signed: the payload ")?;
        out.write_str(self.0)
    }
}

impl core::error::Error for SignError {}

/// The members that jwt-compact does not know.
#[derive(Serialize)]
struct BestBefore {
    crit: [&'static str; 1],
    bbf: u64,
}

impl SigningKey {
    /// The key of a 32-byte seed (RFC 8032, 5.1.5), which must come from a good source of randomness.
    ///
    /// # Errors
    /// `None` for the seed of a key that verifiers refuse; no such seed is known.
    pub fn from_seed(seed: &[u8; 32]) -> Option<SigningKey> {
        let secret = SecretKey::from_seed(seed);
        let public = PublicKey::from_bytes(secret.public()).ok()?;
        let kid = thumbprint(&public);
        Some(SigningKey { secret, public, kid })
    }

    /// The name of the key: its RFC 7638 thumbprint.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// The public half as a JWK.
    pub fn public_jwk(&self) -> Jwk {
        Jwk::new(&self.public)
    }

    /// Signs a session token.
    ///
    /// # Errors
    /// When the claims break a rule that every verifier checks.
    pub fn sign_session(&self, claims: &Claims) -> Result<String, SignError> {
        let numbers = [Some(claims.r#gen), Some(claims.exp), claims.nbf, claims.auth_time, claims.cv];
        if numbers.iter().flatten().any(|number| *number > MAX_INTEGER) {
            return Err(SignError("has a number beyond 2^53 - 1"));
        }
        if claims.extra.keys().any(|name| REGISTERED_CLAIMS.contains(&name.as_str())) {
            return Err(SignError("has an extra claim with the name of a registered one"));
        }
        claims.check(Limits::default().max_lifetime).map_err(SignError)?;
        let mut header = Header::new(BestBefore { crit: [CRITICAL], bbf: claims.bbf });
        header.key_id = Some(self.kid.clone());
        header.token_type = Some(TYPE.to_owned());
        Ed25519
            .token(&header, &JwtClaims::new(claims), self)
            .map_err(|_| SignError("could not be written as JSON"))
    }
}

/// Ed25519 for jwt-compact, named as RFC 9864 does and as strict as [`PublicKey::verify`].
#[derive(Clone, Copy, Debug)]
pub struct Ed25519;

/// The 64 bytes of an Ed25519 signature.
#[derive(Clone, Copy, Debug)]
pub struct Signature([u8; 64]);

impl AlgorithmSignature for Signature {
    const LENGTH: Option<NonZeroUsize> = NonZeroUsize::new(64);

    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        Ok(Signature(slice.try_into().map_err(anyhow::Error::msg)?))
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
}

impl Algorithm for Ed25519 {
    type SigningKey = SigningKey;
    type VerifyingKey = PublicKey;
    type Signature = Signature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(ALGORITHM)
    }

    fn sign(&self, signing_key: &SigningKey, message: &[u8]) -> Signature {
        Signature(signing_key.secret.sign(message))
    }

    fn verify_signature(&self, signature: &Signature, verifying_key: &PublicKey, message: &[u8]) -> bool {
        verifying_key.verify(message, &signature.0)
    }
}

/// A public key as JSON (RFC 7517, 4; RFC 8037, 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    kid: String,
    r#use: &'static str,
}

impl Jwk {
    /// Describes `key`, named by its thumbprint. No `alg`: one key signs session tokens as `Ed25519` (RFC 9864) and
    /// standard projections as `EdDSA`, and libraries match the member literally, or do not know the newer name.
    pub fn new(key: &PublicKey) -> Jwk {
        Jwk {
            kty: "OKP",
            crv: "Ed25519",
            x: base64url::encode(key.as_bytes()),
            kid: thumbprint(key),
            r#use: "sig",
        }
    }
}

impl KeySet {
    /// The set of the public halves of `keys`.
    ///
    /// # Errors
    /// When there are none, or one twice.
    pub fn of<'a>(keys: impl IntoIterator<Item = &'a SigningKey>) -> Result<KeySet, KeySetError> {
        KeySet::from_pairs(keys.into_iter().map(|key| (key.kid.clone(), key.public.clone())).collect())
    }
}

/// A list of one is written as its only text (RFC 7519, 4.1.3).
pub(crate) fn one_or_many<S: Serializer>(texts: &Vec<String>, serializer: S) -> Result<S::Ok, S::Error> {
    match texts.as_slice() {
        [one] => serializer.serialize_str(one),
        many => many.serialize(serializer),
    }
}
