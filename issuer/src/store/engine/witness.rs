//! Notices that a store has lost commits.
//!
//! A file that is cut or garbled looks to sled like the torn end of its log: it forgets everything behind the
//! damage and opens as if nothing had happened. So every batch carries a number, and after each sync that
//! number is also written to a small file beside the store. A store that knows fewer commits than its witness
//! has lost some.
//!
//! The witness is not synced, on purpose: after a power cut it may know less than the store, which does no
//! harm, and never more, because it is written after the store's own sync.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// The small file beside the store.
#[derive(Debug)]
pub(in crate::store) struct Witness {
    file: File,
}

impl Witness {
    /// Opens the witness at `path`, or makes it.
    pub(in crate::store) fn open(path: &Path) -> io::Result<Witness> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        Ok(Witness { file: options.open(path)? })
    }

    /// How many commits were acknowledged, as far as the witness knows. One that is missing or unreadable
    /// knows nothing.
    pub(in crate::store) fn acknowledged(&self) -> io::Result<u64> {
        let mut bytes = [0; 12];
        match self.file.read_exact_at(&mut bytes, 0) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            Err(error) => return Err(error),
        }
        let number = bytes.first_chunk().copied().map_or(0, u64::from_be_bytes);
        Ok(if encode(number) == bytes { number } else { 0 })
    }

    /// Commit `number` was acknowledged. A witness that could not be written knows too little, which is no
    /// reason to refuse a commit that is durable.
    pub(in crate::store) fn note(&self, number: u64) {
        let _ = self.file.write_all_at(&encode(number), 0);
    }
}

/// The number and its checksum.
fn encode(number: u64) -> [u8; 12] {
    let mut bytes = [0; 12];
    let (head, tail) = bytes.split_at_mut(8);
    head.copy_from_slice(&number.to_be_bytes());
    tail.copy_from_slice(&crc32fast::hash(&number.to_be_bytes()).to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_remembers_the_last_number_it_was_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commits");
        assert_eq!(Witness::open(&path).unwrap().acknowledged().unwrap(), 0);
        Witness::open(&path).unwrap().note(7);
        Witness::open(&path).unwrap().note(8);
        assert_eq!(Witness::open(&path).unwrap().acknowledged().unwrap(), 8);
    }

    #[test]
    fn a_witness_that_is_cut_or_garbled_knows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commits");
        Witness::open(&path).unwrap().note(7);
        for bytes in [&encode(7)[..11], &[0xFF; 12], b""] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(Witness::open(&path).unwrap().acknowledged().unwrap(), 0);
        }
    }
}
