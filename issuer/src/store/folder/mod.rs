//! The data folder: one process at a time, one engine, and never an empty store where one existed.

mod error;
mod files;
mod marker;
mod migrate;
mod reopen;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

pub use self::error::FolderError;
pub(crate) use self::files::{create_private_folder, sync_folder_of, write_private_file};
use self::marker::{Found, MARKER, Marker};
use self::reopen::FolderReopen;
use super::codec::{IMPORTING, STORE_ID};
use super::commit::{Aids, commits_of};
use super::embedded::EmbeddedStore;
use super::engine::{Batch, Engine, EngineError, EngineKind, Witness};
use super::whole::verify;

const LOCK: &str = "lock";
const WITNESS: &str = "commits";
const JOURNAL: &str = "journal";

/// How a store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenStore<'a> {
    /// Names a new store.
    pub id: &'a str,
    /// The engine it must have; `None`: the one it has, and the default for a new one.
    pub engine: Option<EngineKind>,
    /// Opens a damaged store too, as far as it can be opened: to look at it, not to serve from it.
    pub damaged_too: bool,
}

/// A data folder that this process alone uses, for as long as the value lives.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    lock: File,
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
            Ok(()) => Ok(DataFolder { path: path.to_owned(), lock }),
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

    /// Opens the store of this folder with the engine it has, or creates one when there never was one. `id`
    /// names a new store.
    ///
    /// # Errors
    /// When the store is missing, damaged or not the one that belongs here.
    pub fn open_store(&self, id: &str) -> Result<EmbeddedStore, FolderError> {
        self.open(OpenStore { id, ..OpenStore::default() })
    }

    /// The same, with more to say about how.
    ///
    /// # Errors
    /// As [`DataFolder::open_store`], and when the store has another engine than asked for.
    pub fn open(&self, how: OpenStore<'_>) -> Result<EmbeddedStore, FolderError> {
        let io = |error| FolderError::Io(self.path.clone(), error);
        let marker = self.read_marker()?;
        let kind = self.engine_of(marker.as_ref(), how.engine)?;
        let folder = self.path.join(kind.name());
        if marker.is_some() && !folder.join(kind.main_file()).is_file() {
            return Err(FolderError::Missing(self.path.clone()));
        }
        let journal = self.path.join(JOURNAL);
        create_private_folder(&folder).and_then(|()| create_private_folder(&journal)).map_err(io)?;
        let engine = kind.open(&folder, &journal, how.damaged_too);
        let engine = engine.map_err(|error| self.unopenable(&error))?;
        self.identify(engine.as_ref(), kind, marker, how.id)?;
        let witness = Witness::open(&self.path.join(WITNESS)).map_err(io)?;
        if !how.damaged_too {
            self.refuse_damaged(engine.as_ref(), kind, &witness)?;
            migrate::order_lists(engine.as_ref()).map_err(|error| self.unopenable(&error))?;
        }
        let reopen = FolderReopen { data: self.path.clone(), engine: folder, journal, kind };
        let aids = Aids { reopen: Some(Box::new(reopen)), witness: Some(witness), ..Aids::default() };
        EmbeddedStore::start_with(engine, aids).map_err(|error| io(io::Error::other(error.to_string())))
    }

    /// The engine that is there, else the one that is wanted, else the default.
    fn engine_of(
        &self,
        marker: Option<&Marker>,
        wanted: Option<EngineKind>,
    ) -> Result<EngineKind, FolderError> {
        let lies_here = |kind: &EngineKind| self.path.join(kind.name()).join(kind.main_file()).is_file();
        let found = marker.map(|marker| marker.kind).or_else(|| EngineKind::ALL.into_iter().find(lies_here));
        match (found, wanted) {
            (Some(found), Some(wanted)) if found != wanted => {
                Err(FolderError::OtherEngine(self.path.clone(), found, wanted))
            }
            (found, wanted) => Ok(found.or(wanted).unwrap_or_default()),
        }
    }

    /// The store must be the one the marker names; one that is new gets its name.
    fn identify(
        &self,
        engine: &dyn Engine,
        kind: EngineKind,
        marker: Option<Marker>,
        new_id: &str,
    ) -> Result<(), FolderError> {
        let io = |error| FolderError::Io(self.path.clone(), error);
        let found = engine.get(STORE_ID).map_err(|error| self.unopenable(&error))?;
        let found = found.map(|id| String::from_utf8_lossy(&id).into_owned());
        match (marker, found) {
            (Some(marker), Some(found)) if marker.id == found => Ok(()),
            (Some(_), Some(_)) => Err(FolderError::Mixed(self.path.clone())),
            (Some(_), None) => Err(FolderError::Missing(self.path.clone())),
            // The marker was lost, or the machine stopped before it was written: the store itself is whole.
            (None, Some(id)) => marker::write(&self.path, Marker { kind, id }).map_err(io),
            (None, None) => {
                let naming = Batch::from([(STORE_ID.to_vec(), Some(new_id.as_bytes().to_vec()))]);
                engine.commit(&naming).map_err(|error| self.unopenable(&error))?;
                marker::write(&self.path, Marker { kind, id: new_id.to_owned() }).map_err(io)
            }
        }
    }

    fn refuse_damaged(
        &self,
        engine: &dyn Engine,
        kind: EngineKind,
        witness: &Witness,
    ) -> Result<(), FolderError> {
        let damaged = |error: EngineError| FolderError::Damaged(self.path.clone(), error.0);
        let acknowledged =
            witness.acknowledged().map_err(|error| FolderError::Io(self.path.clone(), error))?;
        let found = commits_of(engine).map_err(damaged)?;
        if found < acknowledged {
            return Err(FolderError::Lost(self.path.clone(), found, acknowledged));
        }
        if engine.get(IMPORTING).map_err(damaged)?.is_some() {
            return Err(FolderError::HalfImported(self.path.clone(), kind));
        }
        // An engine can panic over what it finds.
        catch_unwind(AssertUnwindSafe(|| verify(engine)))
            .unwrap_or_else(|_| Err("the engine gave up while it read the rows".to_owned()))
            .map_err(|why| FolderError::Damaged(self.path.clone(), why))
    }

    fn read_marker(&self) -> Result<Option<Marker>, FolderError> {
        match marker::read(&self.path) {
            Ok(Found::Nothing) => Ok(None),
            Ok(Found::Marker(marker)) => Ok(Some(marker)),
            Ok(Found::Unreadable) => Err(FolderError::BadMarker(self.path.clone())),
            Err(error) => Err(FolderError::Io(self.path.clone(), error)),
        }
    }

    fn unopenable(&self, error: &EngineError) -> FolderError {
        FolderError::Unopenable(self.path.clone(), error.0.clone())
    }
}

impl Drop for DataFolder {
    /// Said aloud: a process that is being started has a copy of every descriptor for a moment, and the lock would last as
    /// long as the last copy.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_let_go_is_free_while_a_process_that_starts_still_has_a_copy_of_the_lock() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::lock(place.path()).unwrap();
        let copy = folder.lock.try_clone().unwrap();
        assert!(matches!(DataFolder::lock(place.path()), Err(FolderError::InUse(_))));
        drop(folder);
        assert!(DataFolder::lock(place.path()).is_ok());
        drop(copy);
    }
}
