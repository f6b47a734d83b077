//! Twelve bytes for a session id.

use sha2::{Digest, Sha256};

use crate::base64url;

/// Bytes that stand for a session in a list. 96 of 128 random bits: among 2^20 listed and 2^40 living sessions two are
/// mistaken for each other with a chance of one in 2^36, and issuers draw the ids, so nobody can aim.
pub const PREFIX_BYTES: usize = 12;

/// What stands for a session in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionPrefix(pub [u8; PREFIX_BYTES]);

impl SessionPrefix {
    /// The beginning of an id that is 16 bytes in base64url, as ours are; of any other, the beginning of its SHA-256.
    pub fn of(sid: &str) -> SessionPrefix {
        let random = if sid.len() == 22 { base64url::decode(sid) } else { None };
        random
            .as_deref()
            .and_then(<[u8]>::first_chunk)
            .map_or_else(|| hashed(sid), |start| SessionPrefix(*start))
    }
}

/// What stands for any other name.
pub(super) fn hashed(name: &str) -> SessionPrefix {
    SessionPrefix(Sha256::digest(name.as_bytes()).first_chunk().copied().unwrap_or_default())
}
