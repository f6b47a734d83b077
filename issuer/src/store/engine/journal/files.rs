//! Both files of a journal: which one is written to, and what they hold that the engine does not have.

use std::io;
use std::path::Path;

use super::folded::Folded;
use super::record::Name;
use super::segment::{self, Segment};
use crate::store::engine::{Batch, EngineError};

/// A journal that can be written to.
pub(super) struct Files {
    pub(super) journal: Name,
    pub(super) current: Segment,
    other: Segment,
}

/// What the files hold that the engine does not have.
pub(super) struct Found {
    /// `None`: there is no journal to go on with.
    pub(super) files: Option<Files>,
    /// Rows that were being carried over, and the number of the last batch among them.
    pub(super) older: (Batch, u64),
    /// Rows of the file that was written to.
    pub(super) newer: Batch,
    /// Number of the last batch of all.
    pub(super) number: u64,
}

impl Files {
    /// Makes both files anew, durable when this returns.
    pub(super) fn create(folder: &Path) -> Result<Files, EngineError> {
        let mut journal = Name::default();
        getrandom::fill(&mut journal).map_err(|error| EngineError(error.to_string()))?;
        let [current, other] = segment::create_both(folder, journal).map_err(|error| in_words(&error))?;
        Ok(Files { journal, current, other })
    }

    /// Writes a record behind the last one; it survives a power cut when this returns.
    pub(super) fn append(&mut self, record: &[u8]) -> Result<(), EngineError> {
        self.current.append(record).map_err(|error| in_words(&error))
    }

    /// Forgets all records.
    pub(super) fn clear(&mut self) -> Result<(), EngineError> {
        self.current.clear().and_then(|()| self.other.clear()).map_err(|error| in_words(&error))
    }

    /// Goes on at the front of the other file.
    pub(super) fn turn(&mut self) {
        std::mem::swap(&mut self.current, &mut self.other);
        self.current.rewind();
    }
}

impl Found {
    /// There is nothing in any file, and the engine has everything up to batch `number`.
    pub(super) fn nothing(number: u64) -> Found {
        Found { files: None, older: (Batch::new(), number), newer: Batch::new(), number }
    }

    /// Reads the journal that the engine knows. A batch that is missing between others is an error; when the rest shall be
    /// `salvaged`, what lies before it is taken.
    pub(super) fn read(folder: &Path, known: Folded, salvage: bool) -> Result<Found, EngineError> {
        let contents = segment::read_both(folder, known.journal).map_err(|error| in_words(&error))?;
        let Some([first, second]) = contents else { return Ok(Found::nothing(known.up_to)) };
        let ends = [first.end, second.end];
        let newest = |records: &[(u64, Batch)]| records.last().map_or(0, |(number, _)| *number);
        let second_is_newer = newest(&second.records) > newest(&first.records);
        let (old, new) = if second_is_newer { (first, second) } else { (second, first) };

        let mut number = known.up_to;
        let older = (lay(old.records, &mut number), number);
        let newest = newest(&new.records);
        let newer = lay(new.records, &mut number);
        if number < newest {
            if salvage {
                let rows = older.0.into_iter().chain(newer).collect();
                return Ok(Found { older: (rows, number), ..Found::nothing(number) });
            }
            let missing = number.saturating_add(1);
            return Err(EngineError(format!(
                "the journal holds batch {newest}, but batch {missing} is missing"
            )));
        }
        let files = open(folder, known.journal, ends, second_is_newer).map_err(|error| in_words(&error))?;
        Ok(Found { files: Some(files), older, newer, number })
    }
}

/// What the batches that follow `number` come to, one on top of the other.
fn lay(records: Vec<(u64, Batch)>, number: &mut u64) -> Batch {
    let mut rows = Batch::new();
    for (next, batch) in records {
        if number.checked_add(1) == Some(next) {
            rows.extend(batch);
            *number = next;
        }
    }
    rows
}

fn open(folder: &Path, journal: Name, ends: [usize; 2], second_is_newer: bool) -> io::Result<Files> {
    let [first, second] = segment::open_both(folder, journal, ends)?;
    let (current, other) = if second_is_newer { (second, first) } else { (first, second) };
    Ok(Files { journal, current, other })
}

fn in_words(error: &io::Error) -> EngineError {
    EngineError(format!("its journal: {error}"))
}
