//! Bytes on disk: the layout of keys, and records as `layout version, postcard, CRC-32`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::api::StoreError;

/// The largest record the store writes or reads. What the domain accepts stays far below.
pub const MAX_RECORD_BYTES: usize = 8 * 1024;

/// Version of the record layout.
const LAYOUT: u8 = 3;
/// Bytes of the fields that were added to the longest record since each earlier layout, from layout 1 on. Fields are added
/// at the end of a record and begin as nothing, which is written as zeros.
const ADDED_SINCE: [usize; 2] = [7, 5];
const CHECKSUM_BYTES: usize = 4;

/// `s/<sid>` -> session
pub(super) const SESSIONS: &[u8] = b"s/";
/// `p/<sid>` -> how far exchanges have carried this session since its record was written
pub(super) const PROGRESS: &[u8] = b"p/";
/// `u/<name>` -> user
pub(super) const USERS: &[u8] = b"u/";
/// `i/<sub>` -> name of the user
pub(super) const USER_IDS: &[u8] = b"i/";
/// `c/<id>` -> client
pub(super) const CLIENTS: &[u8] = b"c/";
/// `n/<length of sub><sub><inverted time of sign-in><sid>` -> nothing: the sessions of an owner, newest first
pub(super) const OWNED: &[u8] = b"n/";
/// `f/<length of sub><sub><end><sid>` -> nothing: the sessions of an owner that have ended, oldest end first
pub(super) const ENDED: &[u8] = b"f/";
/// `o/<length of sub><sub><sid>` -> nothing: the sessions of an owner as earlier programs kept them
pub(super) const OWNED_UNORDERED: &[u8] = b"o/";
/// `d/<sub>` -> lockout of a user who is kept elsewhere
pub(super) const LOCKOUTS: &[u8] = b"d/";
/// `e/<time><sid>` -> nothing: this session is not to be purged before that time. A lower bound: an exchange
/// does not touch it, so that it stays one write, and the purge moves the entry on when it comes by.
pub(super) const EXPIRIES: &[u8] = b"e/";
/// Identity of this store, compared with the marker beside it.
pub(super) const STORE_ID: &[u8] = b"m/id";
/// Number of commits this store has seen; part of every batch.
pub(super) const COMMITS: &[u8] = b"m/commits";
/// Present while an import is under way: the store is not whole.
pub(super) const IMPORTING: &[u8] = b"m/importing";

/// Whether this program writes keys of this kind.
pub(super) fn is_known(key: &[u8]) -> bool {
    super::revoked::is_known(key)
        || [STORE_ID, COMMITS, IMPORTING].contains(&key)
        || [SESSIONS, PROGRESS, USERS, USER_IDS, CLIENTS, OWNED, OWNED_UNORDERED, ENDED, LOCKOUTS, EXPIRIES]
            .iter()
            .any(|kind| key.starts_with(kind))
}

pub(super) fn session_key(sid: &str) -> Vec<u8> {
    [SESSIONS, sid.as_bytes()].concat()
}

pub(super) fn progress_key(sid: &str) -> Vec<u8> {
    [PROGRESS, sid.as_bytes()].concat()
}

pub(super) fn user_key(name: &str) -> Vec<u8> {
    [USERS, name.as_bytes()].concat()
}

pub(super) fn client_key(id: &str) -> Vec<u8> {
    [CLIENTS, id.as_bytes()].concat()
}

pub(super) fn user_id_key(sub: &str) -> Vec<u8> {
    [USER_IDS, sub.as_bytes()].concat()
}

/// The length makes the prefix of one owner never a prefix of another's.
fn prefix_of(kind: &[u8], sub: &str) -> Vec<u8> {
    let length = u32::try_from(sub.len()).unwrap_or(u32::MAX);
    [kind, &length.to_be_bytes(), sub.as_bytes()].concat()
}

pub(super) fn owned_prefix(sub: &str) -> Vec<u8> {
    prefix_of(OWNED, sub)
}

pub(super) fn owned_key(sub: &str, created_at: u64, sid: &str) -> Vec<u8> {
    let mut key = owned_prefix(sub);
    key.extend_from_slice(&(!created_at).to_be_bytes());
    key.extend_from_slice(sid.as_bytes());
    key
}

pub(super) fn ended_prefix(sub: &str) -> Vec<u8> {
    prefix_of(ENDED, sub)
}

pub(super) fn ended_key(sub: &str, ended_at: u64, sid: &str) -> Vec<u8> {
    let mut key = ended_prefix(sub);
    key.extend_from_slice(&ended_at.to_be_bytes());
    key.extend_from_slice(sid.as_bytes());
    key
}

/// The session of a key of [`OWNED_UNORDERED`].
pub(super) fn unordered_sid(key: &[u8]) -> Option<&str> {
    let (length, rest) = key.strip_prefix(OWNED_UNORDERED)?.split_first_chunk::<4>()?;
    let sid = rest.get(usize::try_from(u32::from_be_bytes(*length)).ok()?..)?;
    std::str::from_utf8(sid).ok()
}

/// The time and the session behind the prefix of an owner; the time of [`owned_key`] is inverted.
pub(super) fn time_and_sid<'a>(key: &'a [u8], prefix: &[u8]) -> Option<(u64, &'a str)> {
    let (time, sid) = key.strip_prefix(prefix)?.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*time), std::str::from_utf8(sid).ok()?))
}

pub(super) fn lockout_key(sub: &str) -> Vec<u8> {
    [LOCKOUTS, sub.as_bytes()].concat()
}

pub(super) fn expiry_key(exp: u64, sid: &str) -> Vec<u8> {
    [EXPIRIES, &exp.to_be_bytes(), sid.as_bytes()].concat()
}

/// The time and the session of an expiry key.
pub(super) fn split_expiry_key(key: &[u8]) -> Option<(u64, &str)> {
    let (time, sid) = key.strip_prefix(EXPIRIES)?.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*time), std::str::from_utf8(sid).ok()?))
}

pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, StoreError> {
    let mut bytes = postcard::to_extend(record, vec![LAYOUT])
        .map_err(|_| StoreError::Damaged("it cannot be written in this layout"))?;
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(StoreError::TooLarge(bytes.len()));
    }
    Ok(bytes)
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(StoreError::Damaged("it is too long"));
    }
    let (body, checksum) =
        bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(StoreError::Damaged("it is too short"))?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(StoreError::Damaged("its checksum does not match"));
    }
    let (layout, record) = body.split_first().ok_or(StoreError::Damaged("it is too short"))?;
    let unreadable = StoreError::Damaged("its fields cannot be read");
    match *layout {
        LAYOUT => match postcard::take_from_bytes(record) {
            Ok((value, [])) => Ok(value),
            _ => Err(unreadable),
        },
        earlier @ 1..LAYOUT => {
            let added = ADDED_SINCE.get(usize::from(earlier) - 1).copied().unwrap_or_default();
            let mut padded = record.to_vec();
            padded.resize(record.len().saturating_add(added), 0);
            match postcard::take_from_bytes(&padded) {
                Ok((value, rest)) if rest.len() <= added => Ok(value),
                _ => Err(unreadable),
            }
        }
        _ => Err(StoreError::Damaged("its layout is of another version of this program")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::records::{EndReason, Ended};

    #[test]
    fn a_record_comes_back_as_it_was_written() {
        let ended = Ended { at: 7, reason: EndReason::ReuseDetected };
        assert_eq!(decode::<Ended>(&encode(&ended).unwrap()).unwrap(), ended);
    }

    #[test]
    fn a_record_of_an_earlier_layout_is_read_with_nothing_in_the_fields_added_since() {
        #[derive(Serialize)]
        struct Before {
            name: String,
        }
        #[derive(Debug, PartialEq, serde::Deserialize)]
        struct Today {
            name: String,
            flag: bool,
            text: Option<String>,
        }
        let today = Today { name: "ada".into(), flag: false, text: None };
        for layout in 1..LAYOUT {
            let mut bytes = encode(&Before { name: "ada".into() }).unwrap();
            bytes.truncate(bytes.len() - CHECKSUM_BYTES);
            bytes[0] = layout;
            bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
            assert_eq!(decode::<Today>(&bytes).unwrap(), today, "layout {layout}");
        }
    }

    #[test]
    fn any_changed_byte_or_missing_tail_is_noticed() {
        let bytes = encode(&Ended { at: 1_800_000_000, reason: EndReason::LoggedOut }).unwrap();
        for position in 0..bytes.len() {
            let mut garbled = bytes.clone();
            garbled[position] ^= 0x10;
            assert!(decode::<Ended>(&garbled).is_err(), "byte {position}");
            assert!(decode::<Ended>(&bytes[..position]).is_err(), "cut at {position}");
        }
    }

    #[test]
    fn a_record_that_is_too_large_is_refused_before_it_is_written() {
        let error = encode(&"x".repeat(MAX_RECORD_BYTES)).unwrap_err();
        assert!(matches!(error, StoreError::TooLarge(_)));
    }

    #[test]
    fn one_owner_is_never_the_prefix_of_another() {
        assert!(!owned_key("ab", 1, "c").starts_with(&owned_prefix("a")));
    }

    #[test]
    fn the_newest_session_of_an_owner_comes_first() {
        assert!(owned_key("a", 2, "x") < owned_key("a", 1, "a"));
        assert_eq!(time_and_sid(&owned_key("a", 7, "x"), &owned_prefix("a")), Some((!7, "x")));
    }
}
