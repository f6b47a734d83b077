//! One of the two files of a journal: written from the front to the back, again and again.
//!
//! Its bytes are there before they are used, so a sync has nothing to write but the record itself: no new length, no new
//! blocks. What an earlier round left behind the last record ends the reading there, because its numbers do not go on.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::record::{self, Name};
use crate::store::engine::Batch;

/// Length of a file, in bytes: some five thousand exchanges. Both are in memory as rows until they have been folded.
pub(super) const BYTES: usize = 512 * 1024;
/// Longest record: a larger batch does not go through the journal.
pub(super) const ROOM: usize = BYTES - HEADER;

const HEADER: usize = MAGIC.len() + size_of::<Name>();
/// What the files begin with; the digit is the version of the format.
const MAGIC: &[u8; 8] = b"shlfjrn1";

const NAMES: [&str; 2] = ["a", "b"];

/// A file of the journal that can be written to.
pub(super) struct Segment {
    file: File,
    name: Name,
    /// Where the next record goes.
    end: usize,
}

/// What was found in a file.
pub(super) struct Contents {
    /// Batches that follow each other, with their numbers.
    pub(super) records: Vec<(u64, Batch)>,
    /// Where the last of them ends.
    pub(super) end: usize,
}

/// Reads both files of journal `name`. `None`: there is no such journal in `folder`.
pub(super) fn read_both(folder: &Path, name: Name) -> io::Result<Option<[Contents; 2]>> {
    let [first, second] = paths(folder);
    Ok(read(&first, name)?.zip(read(&second, name)?).map(<[Contents; 2]>::from))
}

/// Makes both files anew, durable when this returns.
pub(super) fn create_both(folder: &Path, name: Name) -> io::Result<[Segment; 2]> {
    let [first, second] = paths(folder);
    let both = [create(&first, name)?, create(&second, name)?];
    File::open(folder)?.sync_all()?;
    Ok(both)
}

/// Opens both files to write on behind what they hold.
pub(super) fn open_both(folder: &Path, name: Name, ends: [usize; 2]) -> io::Result<[Segment; 2]> {
    let [first, second] = paths(folder);
    let [first_end, second_end] = ends;
    let open = |path: PathBuf, end: usize| -> io::Result<Segment> {
        Ok(Segment { file: OpenOptions::new().write(true).open(path)?, name, end: end.max(HEADER) })
    };
    Ok([open(first, first_end)?, open(second, second_end)?])
}

fn paths(folder: &Path) -> [PathBuf; 2] {
    NAMES.map(|name| folder.join(name))
}

fn create(path: &Path, name: Name) -> io::Result<Segment> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    let mut bytes = vec![0; BYTES];
    for (place, byte) in bytes.iter_mut().zip(MAGIC.iter().chain(&name)) {
        *place = *byte;
    }
    file.write_all_at(&bytes, 0)?;
    file.sync_all()?;
    Ok(Segment { file, name, end: HEADER })
}

fn read(path: &Path, name: Name) -> io::Result<Option<Contents>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let Some(mut rest) = bytes.strip_prefix(MAGIC).and_then(|bytes| bytes.strip_prefix(&name)) else {
        return Ok(None);
    };
    let mut contents = Contents { records: Vec::new(), end: HEADER };
    while let Some((number, batch, behind)) = record::read(name, rest) {
        let follows = contents.records.last().is_none_or(|(last, _)| last.checked_add(1) == Some(number));
        if !follows {
            break;
        }
        contents.records.push((number, batch));
        contents.end = bytes.len().saturating_sub(behind.len());
        rest = behind;
    }
    Ok(Some(contents))
}

impl Segment {
    /// Begins at the front again.
    pub(super) fn rewind(&mut self) {
        self.end = HEADER;
    }

    /// Holds no record any more, as soon as this has reached the disk.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.rewind();
        self.file.write_all_at(&[0; record::FRAME], HEADER as u64)
    }

    /// Whether a record of this length has room behind the last one.
    pub(super) fn has_room_for(&self, length: usize) -> bool {
        self.end.saturating_add(length) <= BYTES
    }

    /// The bytes of a batch, as [`Segment::append`] wants them. `None`: it is larger than a file.
    pub(super) fn encode(&self, number: u64, batch: &Batch, into: Vec<u8>) -> Option<Vec<u8>> {
        record::write(self.name, number, batch, into).filter(|bytes| bytes.len() <= ROOM)
    }

    /// Writes a record; it survives a power cut when this returns.
    pub(super) fn append(&mut self, record: &[u8]) -> io::Result<()> {
        let at = u64::try_from(self.end).map_err(io::Error::other)?;
        self.file.write_all_at(record, at)?;
        self.file.sync_data()?;
        self.end = self.end.saturating_add(record.len());
        Ok(())
    }
}
