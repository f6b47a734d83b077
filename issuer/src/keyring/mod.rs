//! The signing keys: one file each in `<data>/keys`.
//!
//! The key of the greatest number signs; the others still verify, and sign again what they signed before. The number is in
//! the file and is written when the key becomes the signing key. It is no time, so a clock that is set back makes no new
//! key old; and the name of the file says nothing, so keys can be renamed and mounted. A key that was announced is
//! published and does not sign yet, so that verifiers have it before they need it. Of a key that was killed only the name
//! is left, for the list of revocations: for ever, because a thief writes any date.

mod error;
mod file;
mod folder;
mod permissions;
#[cfg(test)]
mod tests;

use std::path::Path;

use shelflife_token::{Claims, Jwk, KeySet, RevocationList, SigningKey};

pub use self::error::{KeyringError, SignFailure};
use self::folder::KeyFolder;

/// All keys of this issuer, oldest first; never empty.
#[derive(Debug)]
pub struct Keyring {
    active: SigningKey,
    older: Vec<SigningKey>,
    announced: Vec<SigningKey>,
    killed: Vec<String>,
}

impl Keyring {
    /// Loads the keys of a data folder. With `may_create`, an empty folder gets its first key. Nothing else is written, so
    /// that the folder of the keys may be read-only.
    ///
    /// # Errors
    /// When a key cannot be read, can be read by others, lies there twice, or none is there.
    pub fn open(data: &Path, may_create: bool) -> Result<Keyring, KeyringError> {
        let mut folder = KeyFolder::read(data)?;
        let active = match folder.signing.pop() {
            Some(stored) => stored.key,
            None if may_create && folder.is_empty() => folder.create_signing()?,
            None => return Err(folder.no_signing_key()),
        };
        let keys = |stored: Vec<file::StoredKey>| stored.into_iter().map(|stored| stored.key).collect();
        let KeyFolder { signing, announced, killed, .. } = folder;
        Ok(Keyring { active, older: keys(signing), announced: keys(announced), killed })
    }

    /// Makes a key that is published from the next start on and does not sign. Answers its name; one that is announced
    /// already stays the only one.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn announce(data: &Path) -> Result<String, KeyringError> {
        KeyFolder::read(data)?.announce()
    }

    /// Makes another key the one that signs from the next start on: the announced one, else a new one. Answers its name.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn rotate(data: &Path) -> Result<String, KeyringError> {
        KeyFolder::read(data)?.rotate()
    }

    /// Deletes a key that does not sign any more. From the next start on nothing it signed is worth anything, here and at
    /// every verifier that reads the list of revocations.
    ///
    /// # Errors
    /// When the key signs, was killed before, or there is none of this name.
    pub fn kill(data: &Path, kid: &str) -> Result<(), KeyringError> {
        KeyFolder::read(data)?.kill(kid)
    }

    /// A keyring of one key that lies nowhere; for tests.
    pub fn in_memory(seed: &[u8; 32]) -> Option<Keyring> {
        Some(Keyring {
            active: SigningKey::from_seed(seed)?,
            older: Vec::new(),
            announced: Vec::new(),
            killed: Vec::new(),
        })
    }

    /// Name of the key that signs from now on.
    pub fn active_kid(&self) -> &str {
        self.active.kid()
    }

    /// Names of the keys that sign or signed, the active one first.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.active).chain(self.older.iter().rev()).map(SigningKey::kid)
    }

    /// Names of keys that will sign.
    pub fn announced(&self) -> impl Iterator<Item = &str> {
        self.announced.iter().map(SigningKey::kid)
    }

    /// Names of keys whose signatures are worth nothing.
    pub fn killed(&self) -> &[String] {
        &self.killed
    }

    /// Signs with the key named `kid`; where that one was killed, with the active one: what a killed key has signed is
    /// worth nothing, so there are never two tokens of the same claims that are worth something.
    ///
    /// # Errors
    /// [`SignFailure::UnknownKey`] for a key that is neither here nor killed: signing with another one would make a second
    /// genuine token of the same claims. [`SignFailure::Claims`].
    pub fn sign(&self, kid: &str, claims: &Claims) -> Result<String, SignFailure> {
        let key = match self.all().find(|key| key.kid() == kid) {
            Some(key) => key,
            None if self.killed.iter().any(|killed| killed == kid) => &self.active,
            None => return Err(SignFailure::UnknownKey),
        };
        key.sign_session(claims).map_err(SignFailure::Claims)
    }

    /// Signs a list of revocations with the active key.
    pub fn sign_revocations(&self, list: &RevocationList) -> String {
        self.active.sign_revocations(list)
    }

    /// Public halves, for [`shelflife_token::Verifier`].
    ///
    /// # Errors
    /// When two keys are the same.
    pub fn key_set(&self) -> Result<KeySet, shelflife_token::KeySetError> {
        KeySet::of(self.all())
    }

    /// Public halves, as they are published (RFC 7517, 5).
    pub fn public_jwks(&self) -> Vec<Jwk> {
        self.all().map(SigningKey::public_jwk).collect()
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.active).chain(self.older.iter().rev()).chain(&self.announced)
    }
}
