//! What is revoked, ready to be looked up: 16 bytes a session.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::cmp::Ordering;

use super::prefix::{SessionPrefix, hashed};
use crate::Claims;

/// Every token of a user that was issued before an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCutoff {
    /// The user.
    pub sub: String,
    /// Tokens with an `iat` smaller than this, in seconds.
    pub before: u64,
    /// From this second on none of them is fresh.
    pub until: u64,
}

/// The entries of one list, or of several that were put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Sorted, each session once: see [`pack`].
    sessions: Vec<u128>,
    /// Sorted, each user once: a hash in front, and behind it a place in `cutoffs`.
    users: Vec<u128>,
    cutoffs: Vec<Cutoff>,
    /// A handful, each once.
    keys: Vec<String>,
}

/// A [`UserCutoff`], with a hash for a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cutoff {
    user: SessionPrefix,
    before: u64,
    until: u64,
}

impl Cutoff {
    pub(super) fn new(sub: &str, before: u64, until: u64) -> Cutoff {
        Cutoff { user: hashed(sub), before, until }
    }
}

/// The prefix in front, so that order is order of prefixes, and behind it the minute until which the entry counts.
pub(super) fn pack(prefix: SessionPrefix, until: u64) -> u128 {
    front(prefix) | u128::from(u32::try_from(until.div_ceil(60)).unwrap_or(u32::MAX))
}

fn until(entry: u128) -> u64 {
    u64::from(entry as u32).saturating_mul(60)
}

fn front(prefix: SessionPrefix) -> u128 {
    let mut bytes = [0; 16];
    if let Some(front) = bytes.first_chunk_mut() {
        *front = prefix.0;
    }
    u128::from_be_bytes(bytes)
}

/// Whether two entries are of one thing.
fn same(a: u128, b: u128) -> bool {
    a >> 32 == b >> 32
}

/// The entry of a sorted table that has this prefix.
fn find(table: &[u128], prefix: SessionPrefix) -> Option<u128> {
    let wanted = front(prefix);
    // A search by halves misses the processor's caches some eight times in a long list. WebAssembly keeps to it: the code
    // is smaller, and its checks cost so much more that nobody notices.
    let at = if cfg!(target_pointer_width = "64") { guessed(table, wanted) } else { halved(table, wanted) };
    table.get(at).copied().filter(|entry| same(*entry, wanted))
}

/// Where the first entry stands that is not below `wanted`.
fn halved(table: &[u128], wanted: u128) -> usize {
    table.partition_point(|entry| *entry < wanted)
}

/// The same. Prefixes are random, so a place in their order is nearly a place in the table: guessed, corrected by what
/// stands there, and a few steps more. A table in which that does not hold is searched by halves.
fn guessed(table: &[u128], wanted: u128) -> usize {
    const STEPS: usize = 64;
    let places = |distance: u128| ((distance >> 96).saturating_mul(table.len() as u128) >> 32) as usize;
    let guess = places(wanted);
    let Some(found) = table.get(guess) else { return halved(table, wanted) };
    let mut at = match wanted.checked_sub(*found) {
        Some(short) => guess.saturating_add(places(short)).min(table.len()),
        None => guess.saturating_sub(places(found.saturating_sub(wanted))),
    };
    for _ in 0..STEPS {
        if at.checked_sub(1).and_then(|before| table.get(before)).is_some_and(|entry| *entry >= wanted) {
            at = at.saturating_sub(1);
        } else if table.get(at).is_some_and(|entry| *entry < wanted) {
            at = at.saturating_add(1);
        } else {
            return at;
        }
    }
    halved(table, wanted)
}

/// Adds a key that is not named yet.
#[inline(never)]
pub(super) fn name(keys: &mut Vec<String>, kid: &str) {
    if !named(keys, kid) {
        keys.push(kid.to_owned());
    }
}

fn named(keys: &[String], kid: &str) -> bool {
    keys.iter().any(|key| key == kid)
}

impl Listing {
    pub(super) fn new(sessions: Vec<u128>, cutoffs: Vec<Cutoff>, keys: Vec<String>) -> Listing {
        let places = cutoffs.iter().zip(0_u32..);
        let users = places.map(|(cutoff, at)| front(cutoff.user) | u128::from(at)).collect();
        // Of two entries for one session the later one counts longer; of two for one user the one that came later says more.
        Listing {
            sessions: last_of_each(sorted(sessions)),
            users: last_of_each(sorted(users)),
            cutoffs,
            keys,
        }
    }

    /// What is still dangerous of this, and all of `later`.
    pub(super) fn with(&self, later: Listing, now: u64) -> Listing {
        let mut sessions = Vec::with_capacity(self.sessions.len().saturating_add(later.sessions.len()));
        sessions.extend(self.sessions.iter().filter(|entry| until(**entry) > now));
        sessions.extend_from_slice(&later.sessions);
        let mut cutoffs: Vec<Cutoff> = Vec::new();
        // By way of the users: an entry that was replaced does not come back when the one that replaced it has gone.
        cutoffs.extend(self.users.iter().filter_map(|user| self.cutoff(*user)).filter(|it| it.until > now));
        cutoffs.extend_from_slice(&later.cutoffs);
        let mut keys = later.keys;
        self.keys.iter().for_each(|key| name(&mut keys, key));
        Listing::new(sessions, cutoffs, keys)
    }

    pub(super) fn len(&self) -> usize {
        self.sessions.len().saturating_add(self.users.len()).saturating_add(self.keys.len())
    }

    /// What an entry of `users` stands for.
    fn cutoff(&self, user: u128) -> Option<Cutoff> {
        self.cutoffs.get(user as u32 as usize).copied()
    }

    pub(super) fn has_key(&self, kid: &str) -> bool {
        named(&self.keys, kid)
    }

    /// What of a token is listed, in words. Not compared with the clock: what was revoked stays so for as long as it is
    /// listed, and a token that is fresh no more is not asked about.
    pub(crate) fn lists(&self, kid: &str, claims: &Claims) -> Option<&'static str> {
        if !self.sessions.is_empty() && find(&self.sessions, SessionPrefix::of(&claims.sid)).is_some() {
            return Some("the session was ended");
        }
        if !self.users.is_empty()
            && let Some(user) = find(&self.users, hashed(&claims.sub))
            && self.cutoff(user).is_some_and(|cutoff| claims.iat < cutoff.before)
        {
            return Some("all sessions of the user were ended");
        }
        self.has_key(kid).then_some("the key that signed the token was revoked")
    }
}

/// Merges what is in order already, until all is: a list comes as some twenty sorted groups. The sort of the standard
/// library would be a tenth of the verifier's size in the browser.
fn sorted(mut entries: Vec<u128>) -> Vec<u128> {
    let mut merged = Vec::with_capacity(entries.len());
    loop {
        let mut rest = entries.as_slice();
        let mut runs = 0_u32;
        while !rest.is_empty() {
            let (mut a, tail) = run(rest);
            let (mut b, tail) = run(tail);
            (rest, runs) = (tail, runs.saturating_add(1));
            while let ([first, others @ ..], [second, more @ ..]) = (a, b) {
                if first.cmp(second) == Ordering::Greater {
                    merged.push(*second);
                    b = more;
                } else {
                    merged.push(*first);
                    a = others;
                }
            }
            merged.extend_from_slice(a);
            merged.extend_from_slice(b);
        }
        core::mem::swap(&mut entries, &mut merged);
        if runs <= 1 {
            return entries;
        }
        merged.clear();
    }
}

/// One entry for each prefix.
fn last_of_each(entries: Vec<u128>) -> Vec<u128> {
    let mut kept: Vec<u128> = Vec::with_capacity(entries.len());
    for entry in entries {
        match kept.last_mut() {
            Some(last) if same(*last, entry) => *last = entry,
            _ => kept.push(entry),
        }
    }
    kept
}

/// The entries at the beginning that are in order, and the rest.
fn run(entries: &[u128]) -> (&[u128], &[u128]) {
    let length = entries.array_windows().take_while(|[a, b]| a <= b).count().saturating_add(1);
    entries.split_at_checked(length).unwrap_or((entries, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(first: u8, until: u64) -> u128 {
        pack(SessionPrefix([first; 12]), until)
    }

    proptest::proptest! {
        #[test]
        fn a_guess_finds_what_a_search_by_halves_finds(
            table in proptest::collection::vec(proptest::prelude::any::<u128>(), 0..300),
            shift in 0_u32..128,
            other in proptest::prelude::any::<u128>(),
        ) {
            // Shifted, they are anything but evenly spread.
            let mut table: Vec<u128> = table.into_iter().map(|entry| entry >> shift).collect();
            table.sort_unstable();
            for wanted in table.iter().copied().chain([0, other, other >> shift, u128::MAX]) {
                proptest::prop_assert_eq!(guessed(&table, wanted), halved(&table, wanted));
            }
        }
    }

    #[test]
    fn of_two_entries_for_one_session_the_longer_counts() {
        let listing =
            Listing::new([entry(7, 60), entry(3, 60), entry(7, 600)].into(), Vec::new(), Vec::new());
        assert_eq!(listing.sessions, [entry(3, 60), entry(7, 600)]);
    }

    #[test]
    fn what_is_not_dangerous_any_more_is_left_behind() {
        let listing = Listing::new([entry(1, 60), entry(2, 120)].into(), Vec::new(), Vec::new());
        assert_eq!(listing.with(Listing::default(), 60).sessions, [entry(2, 120)]);
        assert_eq!(listing.with(Listing::default(), 59).sessions.len(), 2);
    }

    #[test]
    fn a_cutoff_that_was_replaced_does_not_come_back() {
        let twice = [Cutoff::new("ada", 10, 600), Cutoff::new("ada", 20, 60)];
        let listing = Listing::new(Vec::new(), twice.into(), Vec::new());
        assert_eq!(listing.with(Listing::default(), 59).len(), 1);
        assert_eq!(listing.with(Listing::default(), 60).len(), 0);
    }

    #[test]
    fn a_key_that_is_named_twice_is_one_entry() {
        let mut keys = Vec::new();
        ["a", "b", "a"].iter().for_each(|kid| name(&mut keys, kid));
        let listing = || Listing::new(Vec::new(), Vec::new(), keys.clone());
        assert_eq!((listing().len(), listing().with(listing(), 0).len()), (2, 2));
    }

    #[test]
    fn entries_in_any_order_are_put_in_order() {
        for length in [0, 1, 2, 3, 17, 1000] {
            let entries: Vec<u128> = (0..length).map(|n: u128| n * 7919 % 1009).collect();
            let mut expected = entries.clone();
            expected.sort_unstable();
            assert_eq!(sorted(entries), expected);
        }
    }

    #[test]
    fn a_minute_that_does_not_fit_is_the_last_one() {
        assert_eq!(until(entry(1, u64::MAX)), u64::from(u32::MAX) * 60);
        assert_eq!(until(entry(1, 61)), 120);
    }
}
