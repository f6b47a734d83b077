//! Why a data folder cannot be used, and what helps.

use std::io;
use std::path::PathBuf;

use crate::store::engine::EngineKind;

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Another process has it.
    #[error("the data folder {0} is in use by another shelflife process")]
    InUse(PathBuf),
    /// The file system said no.
    #[error("the data folder {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// It has a store of another engine than the one asked for.
    #[error(
        "the store in {0} is {found}, but `--store` is {wanted}. Leave `--store` out, or carry everything over: \
         `shelflife store export --data {0} --to FILE`, then \
         `shelflife store import --data NEW-FOLDER --store {wanted} --from FILE`",
        found = .1.name(), wanted = .2.name()
    )]
    OtherEngine(
        /// The folder.
        PathBuf,
        /// What is there.
        EngineKind,
        /// What was asked for.
        EngineKind,
    ),
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
    /// An import did not come to its end.
    #[error(
        "the store in {0} is half of an import that did not come to its end. \
         Remove {0}/{engine} and {0}/store.json, and import again",
        engine = .1.name()
    )]
    HalfImported(PathBuf, EngineKind),
    /// Commits that were acknowledged are gone.
    #[error(
        "the store in {0} is damaged: it knows {1} commits, but {2} were acknowledged, \
         so sessions or users are lost. Restore {0} from a backup; to go on with what is left, carry it over: \
         `shelflife store export --salvage --data {0} --to FILE`, then \
         `shelflife store import --data NEW-FOLDER --from FILE`"
    )]
    Lost(PathBuf, u64, u64),
    /// Something in the store cannot be read.
    #[error(
        "the store in {0} is damaged ({1}); `shelflife store check --data {0}` lists everything that is. \
         Restore {0} from a backup; to go on with what is left, carry it over: \
         `shelflife store export --salvage --data {0} --to FILE`, then \
         `shelflife store import --data NEW-FOLDER --from FILE`"
    )]
    Damaged(PathBuf, String),
    /// The store cannot be opened.
    #[error(
        "the store in {0} is damaged and could not be opened ({1}). Restore {0} from a backup, or fill a new \
         folder from an export: `shelflife store import --data NEW-FOLDER --from FILE`"
    )]
    Unopenable(PathBuf, String),
}
