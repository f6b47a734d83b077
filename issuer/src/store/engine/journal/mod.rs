//! A journal before the engine: what makes a commit durable is one write and one sync.
//!
//! An engine keeps rows in order, and pays for that with every commit: pages, a log, threads of its own. Most commits move
//! seven numbers of a few sessions. So a batch is first appended to a file, synced, and laid over the engine's rows in
//! memory; when the file is full, a second one takes its place, and a thread carries what the first one held into the
//! engine, in few large commits that contain each row once. The engine says up to which batch it has everything, so that
//! after a crash the rest is read from the files. Readers see engine and files as one.
//!
//! Bounded: two files of a fixed length, and their rows in memory. When the engine cannot keep up, commits wait for it.

mod carrier;
mod files;
mod folded;
mod overlay;
mod record;
mod segment;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use self::carrier::Carrier;
use self::files::{Files, Found};
use self::folded::{Folded, KEY};
use self::overlay::Overlay;
use super::patch::scan_patched;
use super::{Batch, Engine, EngineError, Row};

/// An engine with a journal before it.
pub struct JournaledEngine {
    engine: Arc<dyn Engine>,
    overlay: Arc<RwLock<Overlay>>,
    writer: Mutex<Writer>,
    carrier: Carrier,
    /// Laid over everything, so that nobody sees the row beneath that is about the journal.
    hidden: Batch,
}

struct Writer {
    folder: PathBuf,
    /// `None`: nothing was written so far.
    files: Option<Files>,
    /// What was found to be carried over. It waits for the first commit: whoever only looks writes nothing, and neither
    /// does one who waits for a disk to work again.
    unfinished: Option<(Arc<Batch>, Folded)>,
    /// Number of the last batch.
    number: u64,
    /// A write or a sync failed: what is in the files is in doubt.
    failed: bool,
    /// Kept for the next record.
    buffer: Vec<u8>,
}

impl JournaledEngine {
    /// Puts the journal in `folder`, which must exist, before `engine`. What was not carried over before a crash is read
    /// from the files. Nothing is written: files that are not there are made at the first commit.
    ///
    /// # Errors
    /// When the files cannot be read, or a batch is missing between others; with `salvage` what lies before it is taken.
    pub fn open(
        engine: Arc<dyn Engine>,
        folder: &Path,
        salvage: bool,
    ) -> Result<JournaledEngine, EngineError> {
        let known = Folded::read(engine.as_ref())?;
        let found =
            known.map_or_else(|| Ok(Found::nothing(0)), |known| Found::read(folder, known, salvage))?;
        let (older, up_to) = found.older;
        let older = Arc::new(older);
        let overlay = Arc::new(RwLock::new(Overlay { newer: found.newer, older: Arc::clone(&older) }));
        let carrier = Carrier::start(Arc::clone(&engine), Arc::clone(&overlay))?;
        let known = known.filter(|_| !older.is_empty());
        let writer = Writer {
            folder: folder.to_owned(),
            files: found.files,
            unfinished: known.map(|Folded { journal, .. }| (older, Folded { journal, up_to })),
            number: found.number,
            failed: false,
            buffer: Vec::new(),
        };
        Ok(JournaledEngine {
            engine,
            overlay,
            writer: Mutex::new(writer),
            carrier,
            hidden: Batch::from([(KEY.to_vec(), None)]),
        })
    }

    fn append(&self, writer: &mut Writer, batch: &Batch) -> Result<(), EngineError> {
        let last = writer.number;
        let number = last.saturating_add(1);
        self.finish(writer);
        let files = match &mut writer.files {
            Some(files) => files,
            missing => missing.insert(self.create(&writer.folder, last)?),
        };
        let mut buffer = std::mem::take(&mut writer.buffer);
        buffer.clear();
        if let Some(record) = files.current.encode(number, batch, buffer) {
            if !files.current.has_room_for(record.len()) {
                self.turn(files, last)?;
            }
            files.append(&record)?;
            self.rows_to_change().add(batch);
            writer.buffer = record;
        } else {
            // Larger than a file: straight into the engine, behind everything that came before.
            self.turn(files, last)?;
            self.carrier.wait()?;
            let mut batch = batch.clone();
            Folded { journal: files.journal, up_to: number }.write(&mut batch);
            self.engine.commit(&batch)?;
        }
        writer.number = number;
        Ok(())
    }

    fn finish(&self, writer: &mut Writer) {
        if let Some((rows, then)) = writer.unfinished.take() {
            self.carrier.carry(rows, then);
        }
    }

    /// Goes on in the other file, once the engine has all that was in it, and lets the rows of this one be carried over.
    fn turn(&self, files: &mut Files, last: u64) -> Result<(), EngineError> {
        self.carrier.wait()?;
        let rows = self.rows_to_change().turn();
        files.turn();
        self.carrier.carry(rows, Folded { journal: files.journal, up_to: last });
        Ok(())
    }

    /// A new journal; the engine knows it before anything depends on it.
    fn create(&self, folder: &Path, last: u64) -> Result<Files, EngineError> {
        self.carrier.wait()?;
        let files = Files::create(folder)?;
        let mut batch = Batch::new();
        Folded { journal: files.journal, up_to: last }.write(&mut batch);
        self.engine.commit(&batch)?;
        Ok(files)
    }

    fn rows(&self) -> RwLockReadGuard<'_, Overlay> {
        self.overlay.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn rows_to_change(&self) -> RwLockWriteGuard<'_, Overlay> {
        self.overlay.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for JournaledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        // The lock is held across the engine's read, or rows could leave here before they are seen there.
        let rows = self.rows();
        match rows.get(key).or_else(|| self.hidden.get(key)) {
            Some(change) => Ok(change.clone()),
            None => self.engine.get(key),
        }
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        let rows = self.rows();
        let beneath = |limit| self.engine.scan(prefix, after, limit);
        scan_patched(beneath, &[&rows.older, &rows.newer, &self.hidden], prefix, after, limit)
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = self.carrier.failure() {
            return Err(error);
        }
        if writer.failed {
            return Err(EngineError("its journal has failed".to_owned()));
        }
        writer.failed = true;
        self.append(&mut writer, batch)?;
        writer.failed = false;
        Ok(())
    }

    fn failure(&self) -> Option<EngineError> {
        self.carrier.failure()
    }

    fn reads_survive_failure(&self) -> bool {
        self.carrier.failure().is_none() || self.engine.reads_survive_failure()
    }
}

impl Drop for JournaledEngine {
    /// An engine that is let go in peace is whole without its journal, and judged without it when it is opened again.
    fn drop(&mut self) {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.failed {
            return;
        }
        self.finish(&mut writer);
        let last = writer.number;
        let carried = match &mut writer.files {
            Some(files) => {
                let carried = self.turn(files, last).and_then(|()| self.carrier.wait());
                carried.and_then(|()| files.clear())
            }
            None => self.carrier.wait(),
        };
        if let Err(error) = carried {
            tracing::warn!(
                event = "journal_kept",
                why = error.0,
                "the next start reads the rest from the journal"
            );
        }
    }
}
