//! One key as it lies on disk.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use shelflife_token::SigningKey;
use zeroize::{Zeroize, Zeroizing};

use super::error::KeyringError;
use super::permissions;
use crate::chance;
use crate::store::{sync_folder_of, write_private_file};

/// Beginning of the names that this program gives to key files; a number follows.
const PREFIX: &str = "key-";
/// The greatest number that orders keys: the greatest integer that every JSON reader keeps.
pub(super) const MAX_ORDER: u64 = (1 << 53) - 1;
/// Many times what a key takes; a larger file is none.
const MAX_FILE_BYTES: u64 = 16 * 1024;

/// A private JWK (RFC 8037, 2), and its place among the keys that sign or signed. The place is written when the key becomes
/// the signing key; files of earlier versions do without.
#[derive(Serialize, Deserialize)]
struct KeyFile {
    #[serde(default)]
    kty: String,
    #[serde(default)]
    crv: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    d: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ring: Option<String>,
}

/// The place of a key among the keys of its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// One more than the greatest one in the folder at the moment in which the key became the signing key.
    pub(super) order: u64,
    /// Name of the first key of the folder. It tells keys of this folder from those that were copied from another one,
    /// whose `order` counts something else. `None`: this is the first key.
    pub(super) ring: Option<String>,
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        self.d.zeroize();
    }
}

/// A key that was read, and where it lies.
#[derive(Debug)]
pub(super) struct StoredKey {
    pub(super) path: PathBuf,
    pub(super) key: SigningKey,
    /// The number in the file.
    order: Option<u64>,
    ring: Option<String>,
}

impl StoredKey {
    /// Reads the key file at `path`, which lies in `folder`. Symbolic links are followed.
    ///
    /// # Errors
    /// When the file cannot be read, is exposed, or is not a key.
    pub(super) fn read(path: PathBuf, folder: &Path) -> Result<StoredKey, KeyringError> {
        let (mut file, _) = KeyFile::read(&path, folder)?;
        let key = file.key().map_err(|why| KeyringError::NotAKey(path.clone(), why))?;
        Ok(StoredKey { key, order: file.order, ring: file.ring.take(), path })
    }

    /// Name of the key: its RFC 7638 thumbprint.
    pub(super) fn kid(&self) -> &str {
        self.key.kid()
    }

    /// Name of the first key of the folder that this key was made in, as far as the file tells.
    pub(super) fn ring(&self) -> &str {
        self.ring.as_deref().unwrap_or(self.kid())
    }

    /// The number that orders the key: the one in the file, or in the name of a file of an earlier version. A key without
    /// either is older than all others.
    pub(super) fn order(&self) -> Option<u64> {
        self.order.or(self.number_in_name())
    }

    /// Whether the file has the name that this program gave it.
    pub(super) fn has_own_name(&self) -> bool {
        self.order().is_some() && self.order() == self.number_in_name()
    }

    /// The number in a name like `key-0001.json`.
    pub(super) fn number_in_name(&self) -> Option<u64> {
        let number = self.path.file_stem()?.to_str()?.strip_prefix(PREFIX)?.parse().ok();
        number.filter(|number| *number <= MAX_ORDER)
    }
}

/// Name of the file of a key with this number.
pub(super) fn name(number: u64, kind: &str) -> String {
    format!("{PREFIX}{number:04}.{kind}")
}

/// Makes a key and writes it, durable when this returns. With a place it signs from the next start on.
///
/// # Errors
/// When there is no randomness, or the folder cannot be written.
pub(super) fn create(folder: &Path, name: &str, place: Option<Place>) -> Result<SigningKey, KeyringError> {
    let seed = Zeroizing::new(chance::bytes::<32>().map_err(KeyringError::NoRandomness)?);
    let unusable = || KeyringError::NotAKey(folder.join(name), "verifiers would refuse it");
    let key = SigningKey::from_seed(&seed).ok_or_else(unusable)?;
    let file = KeyFile {
        kty: "OKP".to_owned(),
        crv: "Ed25519".to_owned(),
        kid: key.kid().to_owned(),
        d: Base64UrlUnpadded::encode_string(seed.as_slice()),
        order: place.as_ref().map(|place| place.order),
        ring: place.map(|place| place.ring.unwrap_or_else(|| key.kid().to_owned())),
    };
    let io = |error| KeyringError::Io(folder.to_owned(), error);
    write_private_file(folder, name, &file.to_bytes().map_err(io)?).map_err(io)?;
    Ok(key)
}

/// Writes a place into the key file at `path`: the old file or the new one is there at any moment, with the same
/// owner, group and mode, and the new one is durable when this returns.
///
/// # Errors
/// When the file or the folder cannot be read or written.
pub(super) fn set_place(path: &Path, folder: &Path, place: Place) -> Result<(), KeyringError> {
    let (mut file, before) = KeyFile::read(path, folder)?;
    (file.order, file.ring) = (Some(place.order), place.ring);
    let replaced = file.to_bytes().and_then(|bytes| replace(path, &bytes, &before));
    replaced.map_err(|error| KeyringError::Io(path.to_owned(), error))
}

fn replace(path: &Path, bytes: &[u8], before: &Metadata) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    let now = file.metadata()?;
    let same_owner = (now.uid(), now.gid()) == (before.uid(), before.gid());
    // Root may run this for the user of the server. Another user cannot give a file away, and keeps it at 0600.
    if same_owner || fchown(&file, Some(before.uid()), Some(before.gid())).is_ok() {
        file.set_permissions(before.permissions())?;
    }
    file.sync_all()?;
    drop(file);
    fs::rename(&draft, path)?;
    sync_folder_of(path)
}

impl KeyFile {
    fn read(path: &Path, folder: &Path) -> Result<(KeyFile, Metadata), KeyringError> {
        let io = |error| KeyringError::Io(path.to_owned(), error);
        let not_a_key = |why| KeyringError::NotAKey(path.to_owned(), why);
        // Asked before it is opened: opening a pipe would wait for a writer.
        if !fs::metadata(path).map_err(io)?.is_file() {
            return Err(not_a_key("it is not a file"));
        }
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        permissions::check(path, &metadata, folder)?;
        if metadata.len() > MAX_FILE_BYTES {
            return Err(not_a_key("it is too long"));
        }
        // All at once, so that no part of a key is left behind where a buffer grew.
        let room = usize::try_from(MAX_FILE_BYTES).unwrap_or(usize::MAX);
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(io)?;
        // serde would take an array for a struct, member by member.
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(not_a_key("it is not a JSON object"));
        }
        let file = serde_json::from_slice(&bytes).map_err(|_| not_a_key("it is not a JSON Web Key"))?;
        Ok((file, metadata))
    }

    /// The key, or what is wrong with the file.
    fn key(&self) -> Result<SigningKey, &'static str> {
        if self.kty != "OKP" {
            return Err("its `kty` is not OKP");
        }
        if self.crv != "Ed25519" {
            return Err("its `crv` is not Ed25519");
        }
        if self.d.is_empty() {
            return Err("it has no `d`, so it is at most a public key");
        }
        if self.order.is_some_and(|order| order > MAX_ORDER) {
            return Err("its `order` is beyond 2^53 - 1");
        }
        let mut seed = Zeroizing::new([0; 32]);
        let decoded = Base64UrlUnpadded::decode(&self.d, seed.as_mut_slice()).map(<[u8]>::len);
        if decoded != Ok(32) {
            return Err("its `d` is not 32 bytes in base64url");
        }
        let key = SigningKey::from_seed(&seed).ok_or("verifiers would refuse it")?;
        if key.kid() == self.kid { Ok(key) } else { Err("its `kid` is not its RFC 7638 thumbprint") }
    }

    fn to_bytes(&self) -> io::Result<Zeroizing<Vec<u8>>> {
        Ok(Zeroizing::new(serde_json::to_vec(self)?))
    }
}
