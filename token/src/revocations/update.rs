//! Taking a list over, or refusing it and keeping what is known.

use alloc::sync::Arc;

use super::code::{RevocationCode, RevocationError};
use super::document::{self, Document};
use super::table::Listing;
use crate::{Code, Refusal, VerifiedToken, Verifier};

/// What a caller decides about lists of revocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationOptions {
    /// Seconds after `iat` for which a list is up to date. Default: what the list says (`max_age`).
    pub max_age: Option<u64>,
    /// What happens to fresh tokens when there is no list that is up to date. Default [`WhenOutdated::Open`].
    pub when_outdated: WhenOutdated,
    /// Length of a list in bytes, at most. Default 16 MiB, some 700 000 sessions.
    pub max_bytes: usize,
}

/// What happens to fresh tokens when there is no list of revocations that is up to date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenOutdated {
    /// They are judged with what is known. What is known to be revoked is refused all the same.
    #[default]
    Open,
    /// They are refused with `revocations-unavailable`.
    Shut,
}

impl Default for RevocationOptions {
    fn default() -> RevocationOptions {
        RevocationOptions { max_age: None, when_outdated: WhenOutdated::Open, max_bytes: 16 * 1024 * 1024 }
    }
}

/// What is known after a list was taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Sequence number.
    pub seq: u64,
    /// Entries: sessions, users and keys.
    pub entries: usize,
    /// Whether anything is otherwise than before, besides the age.
    pub changed: bool,
}

/// What is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationState {
    /// Sequence number.
    pub seq: u64,
    /// When the issuer signed the latest list, in seconds.
    pub issued_at: u64,
    /// Entries: sessions, users and keys.
    pub entries: usize,
}

/// What a verifier knows of revocations. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Revocations {
    options: RevocationOptions,
    known: Option<Known>,
    /// Grows with every change of the listing, so that an answer from before can be told.
    version: u64,
}

#[derive(Clone, Debug)]
struct Known {
    seq: u64,
    issued_at: u64,
    max_age: u64,
    listing: Arc<Listing>,
}

impl Revocations {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Why a genuine token is revoked, if it is.
    pub(crate) fn lists(&self, token: &VerifiedToken) -> Option<&'static str> {
        self.known.as_ref()?.listing.lists(&token.kid, &token.claims)
    }

    /// Whether fresh tokens may be judged with what is known.
    pub(crate) fn suffice(&self, now: u64) -> Result<(), Refusal> {
        let up_to_date = || {
            self.known.as_ref().is_some_and(|known| {
                let max_age = self.options.max_age.unwrap_or(known.max_age);
                now <= known.issued_at.saturating_add(max_age)
            })
        };
        if self.options.when_outdated == WhenOutdated::Open || up_to_date() {
            return Ok(());
        }
        let why = match &self.known {
            Some(_) => "the list of revocations is too old",
            None => "there is no list of revocations yet",
        };
        Err(Refusal::new(Code::RevocationsUnavailable, &[why]))
    }

    fn take(&mut self, list: Document, now: u64) -> Result<bool, RevocationError> {
        let Document { seq, iat, max_age, since, listing, .. } = list;
        let next = match (&self.known, since) {
            (Some(known), _) if seq < known.seq => {
                return Err(RevocationError::new(
                    RevocationCode::GoingBack,
                    "a list with a greater `seq` is known",
                ));
            }
            (Some(known), _) if seq == known.seq => {
                if iat > known.issued_at {
                    self.known = Some(Known { issued_at: iat, max_age, ..known.clone() });
                }
                return Ok(false);
            }
            (Some(known), Some(since)) if since <= known.seq => known.listing.with(listing, now),
            (_, Some(0)) | (_, None) => listing,
            (_, Some(_)) => {
                return Err(RevocationError::new(
                    RevocationCode::Gap,
                    "the delta begins after what is known: fetch the snapshot",
                ));
            }
        };
        self.known = Some(Known { seq, issued_at: iat, max_age, listing: Arc::new(next) });
        self.version = self.version.saturating_add(1);
        Ok(true)
    }
}

impl Verifier {
    /// With these decisions about lists of revocations.
    #[must_use]
    pub fn with_revocations(mut self, options: RevocationOptions) -> Verifier {
        self.revocations.options = options;
        self
    }

    /// Takes over a snapshot or a delta that the issuer signed (`GET /revocations`, or an event of its stream). From here
    /// on fresh tokens it lists are `revoked`.
    ///
    /// # Errors
    /// When the list is refused: then what was known before stays in force.
    pub fn update_revocations(&mut self, list: &str, now: u64) -> Result<Applied, RevocationError> {
        let options = self.revocations.options;
        let list = document::read(list, options.max_bytes, &self.keys)?;
        if list.iss != self.issuer {
            return Err(RevocationError::new(RevocationCode::WrongIssuer, "`iss` is another issuer"));
        }
        // Whoever stole a key does not get to say what is revoked, nor that it is not this key.
        let known = self.revocations.known.as_ref();
        if known.is_some_and(|known| known.listing.has_key(&list.kid)) || list.listing.has_key(&list.kid) {
            return Err(document::UNKNOWN_KEY);
        }
        if list.iat > now.saturating_add(self.limits.clock_tolerance) {
            return Err(RevocationError::new(
                RevocationCode::NotYetValid,
                "`iat` is ahead of the clock: is a clock wrong?",
            ));
        }
        if now > list.iat.saturating_add(options.max_age.unwrap_or(list.max_age)) {
            return Err(RevocationError::new(RevocationCode::TooOld, "the list is older than it may be"));
        }
        let changed = self.revocations.take(list, now)?;
        let state = self.revocations();
        let (seq, entries) = state.map_or((0, 0), |state| (state.seq, state.entries));
        Ok(Applied { seq, entries, changed })
    }

    /// What is known of revocations; `None` before the first list.
    pub fn revocations(&self) -> Option<RevocationState> {
        self.revocations.known.as_ref().map(|known| RevocationState {
            seq: known.seq,
            issued_at: known.issued_at,
            entries: known.listing.len(),
        })
    }

    /// Knows what `other`, a verifier for the same issuer, knows of revocations: for a change of keys.
    pub fn inherit_revocations(&mut self, other: &Verifier) {
        if other.issuer == self.issuer {
            self.revocations.known.clone_from(&other.revocations.known);
            self.revocations.version = self.revocations.version.saturating_add(1);
        }
    }
}
