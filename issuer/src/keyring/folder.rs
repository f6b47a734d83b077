//! All keys of a folder, and what can be done to them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64ct::{Base64UrlUnpadded, Encoding};

use super::error::KeyringError;
use super::file::{self, MAX_ORDER, Place, StoredKey};
use crate::store::{create_private_folder, sync_folder_of, write_private_file};

const FOLDER: &str = "keys";
/// Keys that sign, or signed.
const KEY: &str = "json";
/// A key that will sign.
const ANNOUNCED: &str = "next";
/// Nothing but the name of a key.
const KILLED: &str = "killed";

/// What lies in the folder of the keys. The only place that says which key signs.
pub(super) struct KeyFolder {
    path: PathBuf,
    /// Keys that sign or signed and were not killed, the one that signs last.
    pub(super) signing: Vec<StoredKey>,
    /// Keys that will sign and were not killed; the first one is the next.
    pub(super) announced: Vec<StoredKey>,
    /// Names of killed keys.
    pub(super) killed: Vec<String>,
    /// Files of killed keys: the machine stopped after the key was killed and before its file was deleted.
    leftover: Vec<StoredKey>,
}

impl KeyFolder {
    /// Reads the folder of the keys in the data folder `data`, and makes it where there is none.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, a file is exposed or is not a key, or two files hold one key.
    pub(super) fn read(data: &Path) -> Result<KeyFolder, KeyringError> {
        let path = data.join(FOLDER);
        create_private_folder(&path).map_err(|error| KeyringError::Io(path.clone(), error))?;
        let mut killed =
            paths(&path, KILLED)?.into_iter().map(name_of_killed).collect::<Result<Vec<_>, _>>()?;
        killed.sort();
        let mut signing = read_all(&path, KEY)?;
        sort(&mut signing);
        let mut announced = read_all(&path, ANNOUNCED)?;
        announced.sort_by(|a, b| (a.number_in_name(), &a.path).cmp(&(b.number_in_name(), &b.path)));
        refuse_doubled(&signing, &announced)?;
        let is_killed = |stored: &mut StoredKey| killed.iter().any(|kid| kid == stored.kid());
        let mut leftover: Vec<StoredKey> = signing.extract_if(.., is_killed).collect();
        leftover.extend(announced.extract_if(.., is_killed));
        Ok(KeyFolder { path, signing, announced, killed, leftover })
    }

    /// Why there is no signing key here.
    pub(super) fn no_signing_key(self) -> KeyringError {
        if self.leftover.is_empty() {
            KeyringError::Missing(self.path)
        } else {
            KeyringError::AllKilled(self.path)
        }
    }

    /// Whether no key was ever here.
    pub(super) fn is_empty(&self) -> bool {
        self.signing.is_empty() && self.leftover.is_empty()
    }

    /// Makes a key that signs from the next start on; durable when this returns.
    pub(super) fn create_signing(&self) -> Result<shelflife_token::SigningKey, KeyringError> {
        let place = self.next_place()?;
        file::create(&self.path, &file::name(place.order, KEY), Some(place))
    }

    /// The name of the announced key; makes one where there is none.
    pub(super) fn announce(&self) -> Result<String, KeyringError> {
        if let Some(stored) = self.announced.first() {
            return Ok(stored.kid().to_owned());
        }
        let name = file::name(self.next_place()?.order, ANNOUNCED);
        Ok(file::create(&self.path, &name, None)?.kid().to_owned())
    }

    /// Makes the announced key the signing one, or a new key where none is announced. Answers its name.
    pub(super) fn rotate(&self) -> Result<String, KeyringError> {
        let Some(next) = self.announced.first() else {
            return Ok(self.create_signing()?.kid().to_owned());
        };
        let place = self.next_place()?;
        let path = self.path.join(file::name(place.order, KEY));
        // First the place, under the old name: if the machine stops in between, the key is still announced.
        file::set_place(&next.path, &self.path, place)?;
        let io = |error| KeyringError::Io(path.clone(), error);
        fs::rename(&next.path, &path).map_err(io)?;
        sync_folder_of(&path).map_err(io)?;
        Ok(next.kid().to_owned())
    }

    /// Deletes a key that does not sign, and leaves its name.
    pub(super) fn kill(&self, kid: &str) -> Result<(), KeyringError> {
        if self.signing.last().is_some_and(|active| active.kid() == kid) {
            return Err(KeyringError::Active(kid.to_owned()));
        }
        let mut present = self.signing.iter().chain(&self.announced).chain(&self.leftover);
        let Some(stored) = present.find(|stored| stored.kid() == kid) else {
            let killed = self.killed.iter().any(|killed| killed == kid);
            let error = if killed { KeyringError::AlreadyKilled } else { KeyringError::Unknown };
            return Err(error(kid.to_owned()));
        };
        let io = |error| KeyringError::Io(stored.path.clone(), error);
        // First the name: a machine that stops in between leaves a key that is killed, not one that is gone.
        write_private_file(&self.path, &format!("{kid}.{KILLED}"), b"").map_err(io)?;
        fs::remove_file(&stored.path).map_err(io)?;
        sync_folder_of(&stored.path).map_err(io)
    }

    /// The place of a key that becomes the signing key now. Its number is one more than every number in a file or a name,
    /// so that a file of this number has a name of its own.
    fn next_place(&self) -> Result<Place, KeyringError> {
        let all = self.signing.iter().chain(&self.announced).chain(&self.leftover);
        let greatest =
            all.filter_map(|stored| stored.order().max(stored.number_in_name())).max().unwrap_or(0);
        let order = greatest.saturating_add(1);
        if order > MAX_ORDER {
            return Err(KeyringError::NoOrderLeft(self.path.clone()));
        }
        Ok(Place { order, ring: self.signing.last().map(|active| active.ring().to_owned()) })
    }
}

/// The key that signs comes last. Numbers decide, among the keys of this folder: these are the ones whose `ring` is also that
/// of a file that still has the name this program gave it. Where no file has, all are. Of two equal numbers, which only
/// copied files have, the one that is also in the name of its file is the greater one.
fn sort(signing: &mut [StoredKey]) {
    let own = signing.iter().filter(|stored| stored.has_own_name());
    let rings: Vec<String> = own.map(|stored| stored.ring().to_owned()).collect();
    let rank = |stored: &StoredKey| {
        let is_own = rings.iter().any(|ring| ring == stored.ring());
        (is_own, stored.order(), stored.has_own_name())
    };
    signing.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.path.cmp(&b.path)));
}

fn read_all(folder: &Path, kind: &str) -> Result<Vec<StoredKey>, KeyringError> {
    paths(folder, kind)?.into_iter().map(|path| StoredKey::read(path, folder)).collect()
}

/// Files of one kind, by name.
fn paths(folder: &Path, kind: &str) -> Result<Vec<PathBuf>, KeyringError> {
    let io = |error: io::Error| KeyringError::Io(folder.to_owned(), error);
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

/// The name of a killed key is that of its file; it goes into the list of revocations.
fn name_of_killed(path: PathBuf) -> Result<String, KeyringError> {
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let mut thumbprint = [0; 32];
    match Base64UrlUnpadded::decode(name, &mut thumbprint).map(<[u8]>::len) {
        Ok(32) => Ok(name.to_owned()),
        _ => Err(KeyringError::NotAKey(path, "its name is not the name of a killed key")),
    }
}

fn refuse_doubled(signing: &[StoredKey], announced: &[StoredKey]) -> Result<(), KeyringError> {
    for kind in [signing, announced] {
        for (position, second) in kind.iter().enumerate() {
            if let Some(first) = kind.iter().take(position).find(|first| first.kid() == second.kid()) {
                let (mut first, mut second) = (first, second);
                if first.path > second.path {
                    (first, second) = (second, first);
                }
                return Err(KeyringError::Doubled {
                    kid: first.kid().to_owned(),
                    first: first.path.clone(),
                    second: second.path.clone(),
                });
            }
        }
    }
    for announced in announced {
        if let Some(signing) = signing.iter().find(|signing| signing.kid() == announced.kid()) {
            return Err(KeyringError::AnnouncedAndSigning {
                kid: signing.kid().to_owned(),
                announced: announced.path.clone(),
                signing: signing.path.clone(),
            });
        }
    }
    Ok(())
}
