//! The data folder: one process at a time, and never an empty store where one existed.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::api::StoreError;
use super::codec::STORE_ID;
use super::embedded::EmbeddedStore;
use super::engine::{Batch, Engine, EngineError, SledEngine, WitnessError, Witnessed};

const LOCK: &str = "lock";
const MARKER: &str = "store.json";
const SLED: &str = "sled";
const WITNESS: &str = "commits";

/// A data folder that this process alone uses, for as long as the value lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// Says outside the store that the store exists, and which one it is.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Marker {
    format: u32,
    engine: String,
    id: String,
}

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error("the data folder {0} is in use by another shelflife process")]
    InUse(PathBuf),
    /// The file system said no.
    #[error("the data folder {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// There was a store, and it is gone.
    #[error(
        "the store in {0} is missing or empty, although {0}/store.json says that one existed. \
         Restore {0} from a backup; to begin with an empty store instead, which signs everyone out, move {0} away"
    )]
    Missing(PathBuf),
    /// The store is not the one the marker names.
    #[error(
        "the store in {0} is not the one that {0}/store.json names: two data folders were mixed. \
         Restore {0} from one backup"
    )]
    Mixed(PathBuf),
    /// The marker cannot be read.
    #[error("{0}/store.json cannot be read as the marker of a store. Restore it from a backup")]
    BadMarker(PathBuf),
    /// Commits that were acknowledged are gone.
    #[error(
        "the store in {0} is damaged: it knows {1} commits, but {2} were acknowledged, \
         so sessions or users are lost. Restore {0} from a backup; to go on with what is left, remove {0}/commits"
    )]
    Lost(PathBuf, u64, u64),
    /// The store cannot be opened.
    #[error("the store in {0} is damaged and was not opened ({1}). Restore {0} from a backup")]
    Damaged(PathBuf, String),
}

impl DataFolder {
    /// Creates the folder (0700) unless it exists, and locks it.
    ///
    /// # Errors
    /// When another process has it, or the file system refuses.
    pub fn lock(path: &Path) -> Result<DataFolder, FolderError> {
        let io = |error| FolderError::Io(path.to_owned(), error);
        create_private_folder(path).map_err(io)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => Ok(DataFolder { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a store was ever opened here.
    pub fn has_store(&self) -> bool {
        self.path.join(MARKER).exists()
    }

    /// Opens the sled store of this folder, or creates it when there never was one. `id` names a new store.
    ///
    /// # Errors
    /// When the store is missing, damaged or not the one that belongs here.
    pub fn open_store(&self, id: &str) -> Result<EmbeddedStore, FolderError> {
        let marker = self.read_marker()?;
        let folder = self.path.join(SLED);
        if marker.is_some() && !folder.join("db").is_file() {
            return Err(FolderError::Missing(self.path.clone()));
        }
        create_private_folder(&folder).map_err(|error| FolderError::Io(self.path.clone(), error))?;
        let engine = SledEngine::open(&folder).map_err(|error| self.damaged(&error))?;
        let found = engine.get(STORE_ID).map_err(|error| self.damaged(&error))?;
        let found = found.map(|id| String::from_utf8_lossy(&id).into_owned());
        match (marker, found) {
            (Some(marker), Some(found)) if marker.id == found => {}
            (Some(_), Some(_)) => return Err(FolderError::Mixed(self.path.clone())),
            (Some(_), None) => return Err(FolderError::Missing(self.path.clone())),
            // The marker was lost, or the machine stopped before it was written: the store itself is whole.
            (None, Some(found)) => self.write_marker(found)?,
            (None, None) => {
                let naming = Batch::from([(STORE_ID.to_vec(), Some(id.as_bytes().to_vec()))]);
                engine.commit(&naming).map_err(|error| self.damaged(&error))?;
                self.write_marker(id.to_owned())?;
            }
        }
        let engine =
            Witnessed::open(engine, &self.path.join(WITNESS)).map_err(|error| self.unwitnessed(error))?;
        EmbeddedStore::start(Arc::new(engine)).map_err(|error: StoreError| {
            FolderError::Io(self.path.clone(), io::Error::other(error.to_string()))
        })
    }

    fn read_marker(&self) -> Result<Option<Marker>, FolderError> {
        match std::fs::read(self.path.join(MARKER)) {
            Ok(bytes) => {
                let marker: Option<Marker> = serde_json::from_slice(&bytes).ok();
                let known = marker.filter(|marker| marker.format == 1 && marker.engine == SLED);
                known.map(Some).ok_or_else(|| FolderError::BadMarker(self.path.clone()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(FolderError::Io(self.path.clone(), error)),
        }
    }

    fn write_marker(&self, id: String) -> Result<(), FolderError> {
        let marker = Marker { format: 1, engine: SLED.to_owned(), id };
        let written = serde_json::to_vec(&marker)
            .map_err(io::Error::other)
            .and_then(|bytes| write_private_file(&self.path, MARKER, &bytes));
        written.map_err(|error| FolderError::Io(self.path.clone(), error))
    }

    fn unwitnessed(&self, error: WitnessError) -> FolderError {
        match error {
            WitnessError::Io(error) => FolderError::Io(self.path.clone(), error),
            WitnessError::Engine(error) => self.damaged(&error),
            WitnessError::Lost { found, acknowledged } => {
                FolderError::Lost(self.path.clone(), found, acknowledged)
            }
        }
    }

    fn damaged(&self, error: &EngineError) -> FolderError {
        FolderError::Damaged(self.path.clone(), error.0.clone())
    }
}

/// A folder that only its owner may enter, durable when this returns.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    sync_folder(parent.unwrap_or(Path::new(".")))
}

/// Writes a file that only its owner may read: whole or not at all, and durable when this returns.
pub(crate) fn write_private_file(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let draft = folder.join(format!("{name}.new"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, folder.join(name))?;
    sync_folder(folder)
}

/// Makes new names in a folder durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
