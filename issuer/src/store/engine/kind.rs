//! Which engine a data folder has.

use std::path::Path;
use std::sync::Arc;

use super::{Engine, EngineError, JournaledEngine, RedbEngine, SledEngine, redb};

/// An engine that keeps its rows on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// sled 0.34 with a sync of our own.
    #[default]
    Sled,
    /// redb.
    Redb,
}

impl EngineKind {
    /// All of them.
    pub const ALL: [EngineKind; 2] = [EngineKind::Sled, EngineKind::Redb];

    /// Its name, in settings and in the data folder.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Sled => "sled",
            EngineKind::Redb => "redb",
        }
    }

    /// The engine of this name.
    pub fn named(name: &str) -> Option<EngineKind> {
        EngineKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The file without which there is no store.
    pub(in crate::store) fn main_file(self) -> &'static str {
        match self {
            EngineKind::Sled => "db",
            EngineKind::Redb => redb::FILE,
        }
    }

    /// Opens the engine with the journal before it; `salvage` as in [`JournaledEngine::open`].
    pub(in crate::store) fn open(
        self,
        folder: &Path,
        journal: &Path,
        salvage: bool,
    ) -> Result<Arc<dyn Engine>, EngineError> {
        let engine: Arc<dyn Engine> = match self {
            EngineKind::Sled => Arc::new(SledEngine::open(folder)?),
            EngineKind::Redb => Arc::new(RedbEngine::open(folder)?),
        };
        Ok(Arc::new(JournaledEngine::open(engine, journal, salvage)?))
    }
}
