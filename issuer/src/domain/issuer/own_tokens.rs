//! Recognises the tokens that this process has signed.
//!
//! A token that comes back to be exchanged is, nearly always, one that was signed here a moment ago. Whoever made a
//! signature need not check it: it is enough to see that these are the very bytes. So a fingerprint of every token that
//! is signed is kept for a while, in memory of fixed size; one that was forgotten is checked like any other. Only the
//! arithmetic of the signature is spared, and nothing else: key, issuer, audience, dates and record are judged each time.

use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Places; 16 bytes each. A token that takes the place of another makes that one be checked in full.
const PLACES: usize = 1 << 18;

/// Half of a SHA-256. To find other bytes with one of these is 2^110 attempts; comparing need not take constant time,
/// because what is compared is a hash of something that only its holder knows.
type Fingerprint = [u8; 16];

/// Fingerprints of the tokens signed last.
pub(super) struct OwnTokens {
    places: Mutex<Box<[Fingerprint]>>,
}

impl OwnTokens {
    pub(super) fn new() -> OwnTokens {
        OwnTokens { places: Mutex::new(vec![[0; 16]; PLACES].into_boxed_slice()) }
    }

    /// This process has signed `token`.
    pub(super) fn remember(&self, token: &str) {
        let fingerprint = fingerprint(token);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get_mut(place_of(&fingerprint)) {
            *place = fingerprint;
        }
    }

    /// Whether these are the very bytes of a token that this process has signed. `false` also means: forgotten.
    pub(super) fn recognises(&self, token: &str) -> bool {
        let fingerprint = fingerprint(token);
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(place_of(&fingerprint)) == Some(&fingerprint)
    }
}

fn fingerprint(token: &str) -> Fingerprint {
    Sha256::digest(token).first_chunk().copied().unwrap_or_default()
}

fn place_of(fingerprint: &Fingerprint) -> usize {
    let start = fingerprint.first_chunk().copied().map_or(0, u32::from_le_bytes);
    usize::try_from(start).unwrap_or_default() % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_signed_is_recognised_and_nothing_that_differs_in_a_byte() {
        let own = OwnTokens::new();
        assert!(!own.recognises("a.b.c"));
        own.remember("a.b.c");
        assert!(own.recognises("a.b.c"));
        assert!(!own.recognises("a.b.d") && !own.recognises("a.b.c ") && !own.recognises(""));
    }

    #[test]
    fn of_many_tokens_the_later_ones_are_known() {
        let own = OwnTokens::new();
        (0..PLACES).for_each(|number| own.remember(&number.to_string()));
        let known = (0..PLACES).filter(|number| own.recognises(&number.to_string())).count();
        assert!(known > PLACES / 2, "{known}");
        assert!(own.recognises(&(PLACES - 1).to_string()));
    }
}
