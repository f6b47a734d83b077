//! The signing keys: one file each in `<data>/keys`, readable by their owner alone.
//!
//! The newest key signs; older ones still verify, and sign again what they signed before. One that was announced is
//! published and does not sign yet, so that verifiers have it before they need it. Of one that was killed only the name is
//! left, for the list of revocations: for ever, because whoever stole it writes any date.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use shelflife_token::{Claims, Jwk, KeySet, RevocationList, SigningKey};
use zeroize::{Zeroize, Zeroizing};

use crate::chance;
use crate::store::{create_private_folder, sync_folder_of, write_private_file};

const FOLDER: &str = "keys";
/// Keys that sign, or signed.
const KEY: &str = "json";
/// A key that will sign.
const ANNOUNCED: &str = "next";
/// Nothing but the name of a key.
const KILLED: &str = "killed";

/// All keys of this issuer, oldest first; never empty.
#[derive(Debug)]
pub struct Keyring {
    active: SigningKey,
    older: Vec<SigningKey>,
    announced: Vec<SigningKey>,
    killed: Vec<String>,
}

/// A key as it lies on disk: a private JWK (RFC 8037, 2).
#[derive(Serialize, Deserialize)]
struct KeyFile {
    kty: String,
    crv: String,
    kid: String,
    d: String,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.d.zeroize();
    }
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file system said no.
    #[error("the signing keys in {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// Others can read a key.
    #[error(
        "the signing key {0} has mode {1:04o}: others can read it. Make it 0600, and \
         consider the key known to them"
    )]
    Exposed(PathBuf, u32),
    /// A file is not a key.
    #[error("{0} is not a signing key of this program")]
    NotAKey(PathBuf),
    /// Tokens were issued, and the keys that signed them are gone.
    #[error(
        "there is no signing key in {0} although the store beside it exists: every session would be lost. \
         Restore the folder from a backup"
    )]
    Missing(PathBuf),
    /// It cannot be killed.
    #[error("the key {0} signs: rotate first, and kill it then")]
    Active(String),
    /// There is no such key.
    #[error("there is no key {0}; `shelflife keys list` shows them")]
    Unknown(String),
    /// No randomness for a new key.
    #[error("the operating system has no randomness for a signing key: {0}")]
    NoRandomness(getrandom::Error),
}

impl Keyring {
    /// Loads the keys of a data folder. With `may_create`, an empty folder gets its first key.
    ///
    /// # Errors
    /// When a key cannot be read, can be read by others, or none is there.
    pub fn open(data: &Path, may_create: bool) -> Result<Keyring, KeyringError> {
        let folder = data.join(FOLDER);
        create_private_folder(&folder).map_err(|error| KeyringError::Io(folder.clone(), error))?;
        let mut older = load_all(&folder, KEY)?;
        let active = match older.pop() {
            Some(active) => active,
            None if may_create => create(&folder, KEY)?,
            None => return Err(KeyringError::Missing(folder)),
        };
        let announced = load_all(&folder, ANNOUNCED)?;
        let mut killed: Vec<String> =
            paths(&folder, KILLED)?.iter().filter_map(|path| name_of(path)).collect();
        killed.sort();
        Ok(Keyring { active, older, announced, killed })
    }

    /// Makes a key that is published from the next start on and does not sign. Answers its name; one that is announced
    /// already stays the only one.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn announce(data: &Path) -> Result<String, KeyringError> {
        let folder = data.join(FOLDER);
        match load_all(&folder, ANNOUNCED)?.into_iter().next() {
            Some(key) => Ok(key.kid().to_owned()),
            None => Ok(create(&folder, ANNOUNCED)?.kid().to_owned()),
        }
    }

    /// Makes another key the one that signs from the next start on: the announced one, else a new one. Answers its name.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn rotate(data: &Path) -> Result<String, KeyringError> {
        let folder = data.join(FOLDER);
        let Some(path) = paths(&folder, ANNOUNCED)?.into_iter().next() else {
            return Ok(create(&folder, KEY)?.kid().to_owned());
        };
        let key = load(&path)?;
        let next = folder.join(next_name(&folder, KEY)?);
        let io = |error| KeyringError::Io(next.clone(), error);
        fs::rename(&path, &next).map_err(io)?;
        sync_folder_of(&next).map_err(io)?;
        Ok(key.kid().to_owned())
    }

    /// Deletes a key that does not sign any more. From the next start on nothing it signed is worth anything, here and at
    /// every verifier that reads the list of revocations.
    ///
    /// # Errors
    /// When the key signs, or there is none of this name.
    pub fn kill(data: &Path, kid: &str) -> Result<(), KeyringError> {
        let folder = data.join(FOLDER);
        let mut signing = paths(&folder, KEY)?;
        if let Some(active) = signing.pop()
            && load(&active)?.kid() == kid
        {
            return Err(KeyringError::Active(kid.to_owned()));
        }
        signing.extend(paths(&folder, ANNOUNCED)?);
        for path in signing {
            if load(&path)?.kid() == kid {
                let io = |error| KeyringError::Io(path.clone(), error);
                // First the name: a machine that stops in between leaves a key that is killed, not one that is gone.
                write_private_file(&folder, &format!("{kid}.{KILLED}"), b"").map_err(io)?;
                fs::remove_file(&path).map_err(io)?;
                return sync_folder_of(&path).map_err(io);
            }
        }
        Err(KeyringError::Unknown(kid.to_owned()))
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

    /// Signs with the key named `kid`. Where that one is gone, because it was killed, with the active one: what a killed key
    /// has signed is worth nothing to anybody, so there are never two tokens of the same claims that are worth something.
    /// `None`: the claims cannot be signed.
    pub fn sign(&self, kid: &str, claims: &Claims) -> Option<String> {
        let key = self.all().find(|key| key.kid() == kid).or_else(|| self.all().next());
        key?.sign_session(claims).ok()
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

    /// Public halves, for everybody else (RFC 7517, 5).
    pub fn public_jwks(&self) -> Vec<Jwk> {
        self.all().map(SigningKey::public_jwk).collect()
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        let kept = std::iter::once(&self.active).chain(self.older.iter().rev()).chain(&self.announced);
        // Killed and not yet deleted, because the machine stopped in between.
        kept.filter(|key| !self.killed.iter().any(|kid| kid == key.kid()))
    }
}

/// Keys in the order of their file names, which are numbered.
fn load_all(folder: &Path, kind: &str) -> Result<Vec<SigningKey>, KeyringError> {
    paths(folder, kind)?.iter().map(|path| load(path)).collect()
}

fn paths(folder: &Path, kind: &str) -> Result<Vec<PathBuf>, KeyringError> {
    let io = |error| KeyringError::Io(folder.to_owned(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|extension| extension == kind) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn name_of(path: &Path) -> Option<String> {
    path.file_stem()?.to_str().map(str::to_owned)
}

/// One more than the greatest number there is.
fn next_name(folder: &Path, kind: &str) -> Result<String, KeyringError> {
    let number = |path: &PathBuf| name_of(path)?.strip_prefix("key-")?.parse::<u32>().ok();
    let mut all = paths(folder, KEY)?;
    all.extend(paths(folder, ANNOUNCED)?);
    let next = all.iter().filter_map(number).max().unwrap_or(0).saturating_add(1);
    Ok(format!("key-{next:04}.{kind}"))
}

fn load(path: &Path) -> Result<SigningKey, KeyringError> {
    let io = |error| KeyringError::Io(path.to_owned(), error);
    refuse_exposed(path, &fs::metadata(path).map_err(io)?)?;
    let bytes = Zeroizing::new(fs::read(path).map_err(io)?);
    let not_a_key = || KeyringError::NotAKey(path.to_owned());
    let file: KeyFile = serde_json::from_slice(&bytes).map_err(|_| not_a_key())?;
    let mut seed = Zeroizing::new([0; 32]);
    let decoded = Base64UrlUnpadded::decode(&file.d, seed.as_mut_slice()).map_err(|_| not_a_key())?;
    if decoded.len() != 32 || file.kty != "OKP" || file.crv != "Ed25519" {
        return Err(not_a_key());
    }
    let key = SigningKey::from_seed(&seed).ok_or_else(not_a_key)?;
    if key.kid() == file.kid { Ok(key) } else { Err(not_a_key()) }
}

#[cfg(unix)]
fn refuse_exposed(path: &Path, metadata: &fs::Metadata) -> Result<(), KeyringError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyringError::Exposed(path.to_owned(), mode)) }
}

#[cfg(not(unix))]
fn refuse_exposed(_: &Path, _: &fs::Metadata) -> Result<(), KeyringError> {
    Ok(())
}

fn create(folder: &Path, kind: &str) -> Result<SigningKey, KeyringError> {
    let io = |error| KeyringError::Io(folder.to_owned(), error);
    let seed = Zeroizing::new(chance::bytes::<32>().map_err(KeyringError::NoRandomness)?);
    let key = SigningKey::from_seed(&seed).ok_or_else(|| KeyringError::NotAKey(folder.to_owned()))?;
    let file = KeyFile {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        kid: key.kid().to_owned(),
        d: Base64UrlUnpadded::encode_string(seed.as_slice()),
    };
    let bytes = Zeroizing::new(serde_json::to_vec(&file).map_err(|error| io(error.into()))?);
    write_private_file(folder, &next_name(folder, kind)?, &bytes).map_err(io)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_made_at_first_start_is_the_key_of_every_later_start() {
        let data = tempfile::tempdir().unwrap();
        let first = Keyring::open(data.path(), true).unwrap();
        let again = Keyring::open(data.path(), false).unwrap();
        assert_eq!(first.active_kid(), again.active_kid());
    }

    #[test]
    fn the_newest_key_signs_and_older_ones_still_sign_what_they_signed() {
        let data = tempfile::tempdir().unwrap();
        let old = Keyring::open(data.path(), true).unwrap().active_kid().to_owned();
        let folder = data.path().join(FOLDER);
        fs::rename(folder.join("key-0001.json"), folder.join("key-0000.json")).unwrap();
        create(&folder, KEY).unwrap();
        let keyring = Keyring::open(data.path(), false).unwrap();
        assert_ne!(keyring.active_kid(), old);
        assert_eq!(keyring.kids().count(), 2);
        assert!(keyring.kids().any(|kid| kid == old));
    }

    #[test]
    #[cfg(unix)]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        Keyring::open(data.path(), true).unwrap();
        let path = data.path().join(FOLDER).join("key-0001.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Keyring::open(data.path(), true), Err(KeyringError::Exposed(_, 0o640))));
    }

    #[test]
    fn a_key_is_announced_then_signs_then_is_killed_and_its_name_stays() {
        let data = tempfile::tempdir().unwrap();
        let first = Keyring::open(data.path(), true).unwrap().active_kid().to_owned();
        let second = Keyring::announce(data.path()).unwrap();
        assert_eq!(Keyring::announce(data.path()).unwrap(), second);
        let keyring = Keyring::open(data.path(), false).unwrap();
        assert_eq!(
            (keyring.active_kid(), keyring.announced().next()),
            (first.as_str(), Some(second.as_str()))
        );
        assert_eq!(keyring.public_jwks().len(), 2);
        assert!(matches!(Keyring::kill(data.path(), &first), Err(KeyringError::Active(_))));
        assert_eq!(Keyring::rotate(data.path()).unwrap(), second);
        let keyring = Keyring::open(data.path(), false).unwrap();
        assert_eq!((keyring.active_kid(), keyring.public_jwks().len()), (second.as_str(), 2));
        Keyring::kill(data.path(), &first).unwrap();
        assert!(matches!(Keyring::kill(data.path(), &first), Err(KeyringError::Unknown(_))));
        let keyring = Keyring::open(data.path(), false).unwrap();
        assert_eq!((keyring.killed(), keyring.public_jwks().len()), (&[first][..], 1));
        assert_ne!(Keyring::rotate(data.path()).unwrap(), second, "a new one where none was announced");
    }

    #[test]
    fn a_lost_key_is_not_replaced_in_silence() {
        let data = tempfile::tempdir().unwrap();
        assert!(matches!(Keyring::open(data.path(), false), Err(KeyringError::Missing(_))));
    }
}
