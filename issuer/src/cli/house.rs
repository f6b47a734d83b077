//! What lies in a data folder: its lock, its keys, its store.

use std::path::Path;
use std::sync::Arc;

use super::CliError;
use crate::chance;
use crate::keyring::Keyring;
use crate::store::{DataFolder, EmbeddedStore, EngineKind, OpenStore, Store};

/// Whether a data folder may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opening {
    /// There must be one.
    Existing,
    /// A new one is made where there is none.
    OrCreate,
}

/// An open data folder. Close it; a thread that may not wait must not drop it.
pub(super) struct House {
    pub(super) store: Arc<EmbeddedStore>,
    pub(super) keyring: Keyring,
    /// Kept until the store is closed.
    folder: DataFolder,
}

impl House {
    /// Locks the folder, then opens keys and store; makes both where there was never a store.
    pub(super) fn open(data: &Path, opening: Opening, engine: Option<EngineKind>) -> Result<House, CliError> {
        refuse_missing(data, opening)?;
        let folder = DataFolder::lock(data).map_err(CliError::failed)?;
        let keyring = Keyring::open(folder.path(), !folder.has_store()).map_err(CliError::failed)?;
        let id = store_id()?;
        let how = OpenStore { id: &id, engine, damaged_too: false };
        let store = Arc::new(folder.open(how).map_err(CliError::failed)?);
        Ok(House { store, keyring, folder })
    }

    pub(super) fn close(self) {
        self.store.close();
        drop(self.folder);
    }

    /// Takes keys out for the issuer; store and lock stay.
    pub(super) fn into_parts(self) -> (Arc<EmbeddedStore>, Keyring, DataFolder) {
        (self.store, self.keyring, self.folder)
    }
}

/// A name for a store that is new.
pub(super) fn store_id() -> Result<String, CliError> {
    let id = chance::bytes::<16>().map_err(CliError::failed)?;
    Ok(id.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A command that only looks must not leave an empty store behind, at a mistyped path for instance.
pub(super) fn refuse_missing(data: &Path, opening: Opening) -> Result<(), CliError> {
    if opening == Opening::OrCreate || data.is_dir() {
        return Ok(());
    }
    let data = data.display();
    Err(CliError::failed(format_args!("there is no data folder {data}; name it with `--data`")))
}
