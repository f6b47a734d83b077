//! Secrets that never show in a log or a `Debug` output and are wiped when dropped.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A password as it was typed.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes the text over.
    pub fn new(text: String) -> Password {
        Password(Zeroizing::new(text))
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// The second secret of a bound session: 32 random bytes in base64url.
#[derive(Clone)]
pub struct Binder(Zeroizing<String>);

impl Binder {
    /// From 32 random bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Binder {
        Binder(Zeroizing::new(Base64UrlUnpadded::encode_string(bytes)))
    }

    /// As a client sent it.
    pub fn presented(text: &str) -> Binder {
        Binder(Zeroizing::new(text.to_owned()))
    }

    /// The text that goes to the client, once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the token (`cnf.bnd`) and the record hold: SHA-256 over the text, in base64url.
    pub(crate) fn hash(&self) -> String {
        Base64UrlUnpadded::encode_string(&Sha256::digest(self.0.as_bytes()))
    }

    /// Whether this is the secret behind `hash`; compared in constant time.
    pub fn matches(&self, hash: &str) -> bool {
        self.hash().as_bytes().ct_eq(hash.as_bytes()).into()
    }
}

impl fmt::Debug for Binder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Binder(..)")
    }
}

/// The secret of a client: 32 random bytes in base64url.
#[derive(Clone)]
pub struct ClientSecret(Binder);

impl ClientSecret {
    /// From 32 random bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> ClientSecret {
        ClientSecret(Binder::from_bytes(bytes))
    }

    /// As a client sent it.
    pub fn presented(text: &str) -> ClientSecret {
        ClientSecret(Binder::presented(text))
    }

    /// The text for whoever runs the client, shown once.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// What the record holds.
    pub(crate) fn hash(&self) -> String {
        self.0.hash()
    }

    /// Whether this is the secret behind `hash`; compared in constant time.
    pub(crate) fn matches(&self, hash: &str) -> bool {
        self.0.matches(hash)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

/// 128 random bits as an id.
pub(crate) fn id(bytes: &[u8; 16]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
