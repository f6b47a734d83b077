//! The view in memory: what is listed, signed once for everybody who asks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use super::list::SignedList;
use crate::domain::{Issuer, Moment};
use crate::store::{RevocationLog, Revoked, RevokedSoFar, RevokedWhat};

/// Notices that a subscriber may lag behind; one that lags further is sent away and comes back with what it has.
const LAG: usize = 64;
/// Deltas that are kept signed.
const DELTAS: usize = 64;
/// Lists are signed anew after this part of the time for which they may be used ...
const REFRESH: u64 = 10;
/// ... and readers are to ask again after this part.
const POLL: u64 = 60;
/// Entries leave by the minute.
const SWEEP: u64 = 60;

/// How the feed is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedTerms {
    /// Seconds for which a list may be used.
    pub max_age: u64,
}

/// What subscribers are told.
#[derive(Debug, Clone)]
pub enum Notice {
    /// Something was revoked, or nothing was for a while.
    List(Arc<SignedList>),
    /// The groups of this user were changed: whoever exchanges gets them.
    ClaimsChanged {
        /// The user.
        sub: Arc<str>,
        /// Version of the claims.
        cv: u64,
    },
    /// The server stops.
    Closing,
}

pub(in crate::domain) struct Feed {
    log: Arc<RevocationLog>,
    state: Mutex<Option<State>>,
    notices: broadcast::Sender<Notice>,
}

struct State {
    terms: FeedTerms,
    seq: u64,
    entries: BTreeMap<u64, Revoked>,
    snapshot: Option<Arc<SignedList>>,
    /// By what they begin after.
    deltas: BTreeMap<u64, Arc<SignedList>>,
    /// Up to which subscribers were told, and when.
    published: (u64, u64),
    /// When entries whose time is over were forgotten last.
    swept: u64,
}

impl Feed {
    pub(in crate::domain) fn new(log: Arc<RevocationLog>) -> Feed {
        Feed { log, state: Mutex::new(None), notices: broadcast::channel(LAG).0 }
    }

    pub(super) fn start(&self, terms: FeedTerms, so_far: RevokedSoFar) {
        let entries = so_far.entries.into_iter().map(|entry| (entry.seq, entry)).collect();
        let (snapshot, deltas) = (None, BTreeMap::new());
        let seq = so_far.seq;
        *self.state() = Some(State { terms, seq, entries, snapshot, deltas, published: (seq, 0), swept: 0 });
    }

    pub(super) fn log(&self) -> &RevocationLog {
        &self.log
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    pub(in crate::domain) fn tell(&self, notice: Notice) {
        // Nobody listens: nobody is told.
        let _ = self.notices.send(notice);
    }

    pub(super) fn pace(&self) -> (u64, u64) {
        let max_age = self.state().as_ref().map_or(0, |state| state.terms.max_age);
        ((max_age / REFRESH).max(1), (max_age / POLL).clamp(1, 60))
    }

    pub(super) fn list(&self, since: Option<u64>, issuer: &Issuer, now: Moment) -> Option<Arc<SignedList>> {
        let mut state = self.state();
        let state = state.as_mut()?;
        state.catch_up(&self.log);
        Some(state.list(since, issuer, now))
    }

    /// Whether the session is listed as revoked.
    pub(in crate::domain) fn lists_session(&self, sid: &str) -> bool {
        let mut state = self.state();
        let Some(state) = state.as_mut() else { return false };
        state.catch_up(&self.log);
        state
            .entries
            .values()
            .any(|entry| matches!(&entry.what, RevokedWhat::Session(listed) if listed == sid))
    }

    pub(super) fn publish(&self, issuer: &Issuer, moment: Moment) {
        let now = moment.secs();
        let mut state = self.state();
        let Some(state) = state.as_mut() else { return };
        state.catch_up(&self.log);
        state.sweep(issuer, moment);
        let (seq, at) = state.published;
        let refresh = (state.terms.max_age / REFRESH).max(1);
        if (state.seq == seq && now.saturating_sub(at) < refresh) || self.notices.receiver_count() == 0 {
            return;
        }
        state.published = (state.seq, now);
        let list = state.signed(Some(seq), issuer, moment);
        self.tell(Notice::List(Arc::new(list)));
    }

    fn state(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Everything that is durable: whoever was told that a session ended finds it in the next list.
    fn catch_up(&mut self, log: &RevocationLog) {
        for entry in log.take() {
            self.seq = self.seq.max(entry.seq);
            self.entries.insert(entry.seq, entry);
        }
    }

    /// Also when no list is asked for, entries do not pile up.
    fn sweep(&mut self, issuer: &Issuer, now: Moment) {
        if now.secs().abs_diff(self.swept) >= SWEEP {
            self.swept = now.secs();
            let over = over_before(issuer, now);
            self.entries.retain(|_, entry| entry.until > over);
        }
    }

    fn list(&mut self, since: Option<u64>, issuer: &Issuer, now: Moment) -> Arc<SignedList> {
        // Of all that could be asked for, only as many lists differ as there are entries.
        let known = since.filter(|since| *since <= self.seq);
        match known.and_then(|since| self.entries.range(..=since).next_back()).map(|(seq, _)| *seq) {
            None => self.snapshot(issuer, now),
            Some(since) => self.delta(since, issuer, now),
        }
    }

    fn snapshot(&mut self, issuer: &Issuer, now: Moment) -> Arc<SignedList> {
        if let Some(snapshot) = self.snapshot.as_ref().filter(|list| self.is_current(list, now.secs())) {
            return Arc::clone(snapshot);
        }
        let snapshot = Arc::new(self.signed(None, issuer, now));
        self.snapshot = Some(Arc::clone(&snapshot));
        snapshot
    }

    fn delta(&mut self, since: u64, issuer: &Issuer, now: Moment) -> Arc<SignedList> {
        if let Some(delta) = self.deltas.get(&since).filter(|list| self.is_current(list, now.secs())) {
            return Arc::clone(delta);
        }
        let delta = Arc::new(self.signed(Some(since), issuer, now));
        if self.deltas.len() >= DELTAS {
            self.deltas.pop_first();
        }
        self.deltas.insert(since, Arc::clone(&delta));
        delta
    }

    fn signed(&self, since: Option<u64>, issuer: &Issuer, now: Moment) -> SignedList {
        let after = since.map_or(0, |since| since.saturating_add(1));
        let over = over_before(issuer, now);
        let entries = self.entries.range(after..).map(|(_, entry)| entry).filter(|entry| entry.until > over);
        SignedList::sign(issuer, entries, (since, self.seq), self.terms.max_age, now.secs())
    }

    fn is_current(&self, list: &SignedList, now: u64) -> bool {
        let refresh = (self.terms.max_age / REFRESH).max(1);
        list.seq == self.seq && now >= list.iat && now - list.iat < refresh
    }
}

/// Entries whose `until` (seconds) is not later than this are over. While the wall clock is not to be believed, none are: an
/// entry that is listed too long costs a few bytes, one that is forgotten too early opens doors.
fn over_before(issuer: &Issuer, now: Moment) -> u64 {
    issuer.clock_watch().may_forget_before(now).unwrap_or(0)
}
