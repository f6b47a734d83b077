//! The way back for a store whose engine has failed.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Advice, fadvise};

use crate::store::engine::{Engine, EngineError, EngineKind, Reopen};

/// Written and synced to see whether the disk takes it.
const PROBE: &str = "probe";
/// More than the largest step in which an engine grows its file.
const PROBE_BYTES: usize = 2 * 1024 * 1024;

pub(super) struct FolderReopen {
    pub(super) data: PathBuf,
    pub(super) engine: PathBuf,
    pub(super) journal: PathBuf,
    pub(super) kind: EngineKind,
}

impl Reopen for FolderReopen {
    fn disk_works(&self) -> bool {
        let path = self.data.join(PROBE);
        let written = write_probe(&path);
        let removed = std::fs::remove_file(&path);
        written.and(removed).is_ok()
    }

    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        if !self.engine.join(self.kind.main_file()).is_file() {
            return Err(EngineError("its file is gone".to_owned()));
        }
        for folder in [&self.engine, &self.journal] {
            forget_cached(folder).map_err(|error| EngineError(error.to_string()))?;
        }
        self.kind.open(&self.engine, &self.journal, false)
    }
}

fn write_probe(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(&vec![0x5A; PROBE_BYTES])?;
    file.sync_all()
}

/// After a sync that failed the kernel may count pages as written that are not. Without them in its cache,
/// what is read is what is on disk.
fn forget_cached(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fadvise(File::open(entry.path())?, 0, None, Advice::DontNeed)?;
        }
    }
    Ok(())
}
