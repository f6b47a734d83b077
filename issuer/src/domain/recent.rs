//! What this process remembers of the current generation of sessions: whether its token was seen, and when it was made.
//!
//! A hint in memory of fixed size, and never a write. Forgetting makes the issuer more lenient, not wrong: a generation that
//! is not known here counts as never seen, and its grace is judged by the wall clock.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::exchange::Recent;
use super::words::moment::Moment;
use crate::store::Session;

/// Sessions that are remembered at most; 32 bytes each.
const PLACES: usize = 1 << 16;

/// Remembers the last generation of sessions.
pub(super) struct RecentGenerations {
    /// Makes places unpredictable.
    hasher: RandomState,
    places: Mutex<Box<[Entry]>>,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    /// Hash of the session id; 0: free.
    key: u64,
    generation: u64,
    /// Monotonic clock at the rotation, and one more: 0 is not known.
    rotated_at: u64,
    seen: bool,
}

impl RecentGenerations {
    pub(super) fn new() -> RecentGenerations {
        let places = vec![Entry::default(); PLACES].into_boxed_slice();
        RecentGenerations { hasher: RandomState::new(), places: Mutex::new(places) }
    }

    /// The token of `session` was made by a rotation at `now`, and has not been seen.
    pub(super) fn rotated(&self, session: &Session, now: Moment) {
        let rotated_at = now.uptime_millis().saturating_add(1);
        self.change(session, |entry| {
            *entry = Entry { key: entry.key, generation: session.generation, rotated_at, seen: false };
        });
    }

    /// The token of `session` was shown to this issuer.
    pub(super) fn seen(&self, session: &Session) {
        self.change(session, |entry| {
            if entry.generation != session.generation {
                *entry = Entry { key: entry.key, generation: session.generation, rotated_at: 0, seen: false };
            }
            entry.seen = true;
        });
    }

    /// What is known of the current generation of `session`.
    pub(super) fn of(&self, session: &Session, now: Moment) -> Recent {
        let key = self.key(session);
        let places = self.places();
        let entry = places.get(place_of(key)).copied().unwrap_or_default();
        if entry.key != key || entry.generation != session.generation {
            return Recent::default();
        }
        let rotated_at = entry.rotated_at.checked_sub(1);
        let since_rotation = rotated_at.map(|rotated_at| now.uptime_millis().saturating_sub(rotated_at));
        Recent { seen: entry.seen, since_rotation }
    }

    /// Changes the entry of a session, unless a later generation is known already: answers can overtake each other.
    fn change(&self, session: &Session, change: impl FnOnce(&mut Entry)) {
        let key = self.key(session);
        let mut places = self.places();
        let Some(entry) = places.get_mut(place_of(key)) else { return };
        if entry.key != key {
            *entry = Entry { key, ..Entry::default() };
        }
        if entry.generation <= session.generation {
            change(entry);
        }
    }

    fn key(&self, session: &Session) -> u64 {
        self.hasher.hash_one(&session.sid).max(1)
    }

    fn places(&self) -> MutexGuard<'_, Box<[Entry]>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place_of(key: u64) -> usize {
    usize::try_from(key % PLACES as u64).unwrap_or_default()
}
