//! One batch as bytes: `length, CRC-32, number, rows`, the numbers little-endian.
//!
//! The checksum also covers the name of the journal, which is random: bytes that somebody chose, as part of a name of a
//! device, say, are no record of this journal wherever they come to lie.

use crate::store::engine::Batch;

/// Length and checksum.
pub(super) const FRAME: usize = 8;
/// The number.
const NUMBER: usize = 8;

/// Which journal this is.
pub(super) type Name = [u8; 8];

/// Puts batch `number` at the end of `bytes`. `None`: it is larger than a record can be.
pub(super) fn write(name: Name, number: u64, batch: &Batch, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; FRAME]);
    bytes.extend_from_slice(&number.to_le_bytes());
    let mut bytes = postcard::to_extend(batch, bytes).ok()?;
    let (frame, body) = bytes.get_mut(start..)?.split_at_mut_checked(FRAME)?;
    let length = u32::try_from(body.len()).ok()?;
    let (for_length, for_checksum) = frame.split_at_mut_checked(FRAME / 2)?;
    for_length.copy_from_slice(&length.to_le_bytes());
    for_checksum.copy_from_slice(&checksum(name, body).to_le_bytes());
    Some(bytes)
}

/// The record that `bytes` begin with, and what comes behind it. `None`: they begin with no whole record of this journal.
pub(super) fn read(name: Name, bytes: &[u8]) -> Option<(u64, Batch, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (expected, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (body, rest) = rest.split_at_checked(length)?;
    if checksum(name, body) != u32::from_le_bytes(*expected) {
        return None;
    }
    let (number, rows) = body.split_first_chunk::<NUMBER>()?;
    match postcard::take_from_bytes(rows) {
        Ok((batch, [])) => Some((u64::from_le_bytes(*number), batch, rest)),
        _ => None,
    }
}

fn checksum(name: Name, body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&name);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Name = *b"the name";

    fn batch() -> Batch {
        Batch::from([(b"a".to_vec(), Some(b"1".to_vec())), (b"b".to_vec(), None)])
    }

    #[test]
    fn records_come_back_one_after_the_other() {
        let bytes = write(NAME, 7, &batch(), Vec::new()).unwrap();
        let bytes = write(NAME, 8, &Batch::new(), bytes).unwrap();
        let (number, rows, rest) = read(NAME, &bytes).unwrap();
        assert_eq!((number, rows), (7, batch()));
        assert_eq!(read(NAME, rest).unwrap(), (8, Batch::new(), &[][..]));
    }

    #[test]
    fn a_record_with_a_changed_byte_or_a_missing_tail_is_none_and_neither_is_one_of_another_journal() {
        let good = write(NAME, 7, &batch(), Vec::new()).unwrap();
        for position in 0..good.len() {
            let mut garbled = good.clone();
            garbled[position] ^= 0x10;
            assert!(read(NAME, &garbled).is_none(), "byte {position}");
            assert!(read(NAME, &good[..position]).is_none(), "cut at {position}");
        }
        assert!(read(*b"no names", &good).is_none());
        assert!(read(NAME, &[0; 64]).is_none(), "zeros are no record");
    }
}
