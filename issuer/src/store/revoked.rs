//! What was ended while its tokens were still fresh: rows of their own, written in the very batch that ends a session, so
//! that no power cut can come between the two.
//!
//! `r/<until><seq>` -> what. A row is forgotten when the clock has passed `until`. `m/revoked` counts: a `seq` is never
//! given twice, and never lies below the time in milliseconds, so that not even a restored backup goes back.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::api::StoreError;
use super::codec::{decode, encode};
use super::commit::Staging;
use super::engine::{Batch, Row};
use super::records::Session;

const REVOKED: &[u8] = b"r/";
const COUNTER: &[u8] = b"m/revoked";

/// Verifiers' clocks may be this many seconds behind, and their callers may prolong windows by as much.
const MARGIN: u64 = 60;
/// Entries leave by the minute, so that many share one.
const MINUTE: u64 = 60;
/// Up to this many sessions of one user are listed one by one, which is exact; more are one entry.
const ONE_BY_ONE: usize = 8;
/// Rows read at a time.
const PAGE: usize = 1000;

/// Something that was ended while its tokens were still fresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// Its place in the order of revocations; each has its own.
    pub seq: u64,
    /// From this second on no token of it is fresh.
    pub until: u64,
    /// What it is.
    pub what: RevokedWhat,
}

/// What was ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RevokedWhat {
    /// This session.
    Session(String),
    /// All tokens of a user that were issued before a second.
    User {
        /// The user.
        sub: String,
        /// The second.
        before: u64,
    },
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Counter {
    seq: u64,
    /// How long a token is fresh at most, in seconds. A successor can go stale before its predecessor, by chance and by
    /// design: so the dates of the current token alone do not say until when a session is dangerous.
    fresh_for: u64,
    /// The same before it was made shorter: tokens of that time can be fresh until `earlier_until` (seconds).
    earlier_fresh_for: u64,
    earlier_until: u64,
}

impl Counter {
    /// For how long (seconds) a token that exists at `at` can be fresh at most.
    fn fresh_for_at(&self, at: u64) -> u64 {
        if at < self.earlier_until { self.fresh_for.max(self.earlier_fresh_for) } else { self.fresh_for }
    }
}

/// What is on disk at a start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevokedSoFar {
    /// The last `seq` that was given.
    pub seq: u64,
    /// Entries, in the order of `until`.
    pub entries: Vec<Revoked>,
}

/// Tells whoever listens what became durable. Nothing is kept before somebody does.
#[derive(Debug, Default)]
pub struct RevocationLog {
    waiting: Mutex<Option<Vec<Revoked>>>,
    bell: Notify,
}

impl RevocationLog {
    /// From here on entries are kept until they are taken.
    pub fn listen(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Entries since the last call. Whoever was told that a session ended finds it here.
    pub fn take(&self) -> Vec<Revoked> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Completes when there is something to take.
    pub async fn rings(&self) {
        self.bell.notified().await;
    }

    /// The batch is durable.
    pub(super) fn note(&self, batch: &Batch) {
        let rows = batch.range(REVOKED.to_vec()..).take_while(|(key, _)| key.starts_with(REVOKED));
        let new: Vec<Revoked> =
            rows.filter_map(|(_, value)| value.as_deref().and_then(|value| decode(value).ok())).collect();
        if new.is_empty() {
            return;
        }
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            waiting.extend(new);
            self.bell.notify_one();
        }
    }
}

/// Whether this file writes keys of this kind.
pub(super) fn is_known(key: &[u8]) -> bool {
    key == COUNTER || key.starts_with(REVOKED)
}

/// These sessions were ended at `at`. Each is listed, also where the record says that its token is stale: the record may be
/// older than the token, in a store that was restored.
pub(super) fn list_sessions(staging: &mut Staging<'_>, ended: &[Session], at: u64) -> Result<(), StoreError> {
    if ended.is_empty() {
        return Ok(());
    }
    let mut counter = counter(|key| staging.get(key))?;
    for session in ended {
        let until = dangerous_until(session, counter, at);
        put(staging, &mut counter, RevokedWhat::Session(session.sid.clone()), until, at)?;
    }
    keep(staging, counter)
}

/// The session `sid`, of which there is no record, was ended at `at`.
pub(super) fn list_unknown(staging: &mut Staging<'_>, sid: &str, at: u64) -> Result<(), StoreError> {
    let mut counter = counter(|key| staging.get(key))?;
    let until = whole_minute(at.saturating_add(counter.fresh_for_at(at)));
    put(staging, &mut counter, RevokedWhat::Session(sid.to_owned()), until, at)?;
    keep(staging, counter)
}

/// These are all sessions of `sub` that lived, ended at `at`. One entry for many; tokens that were issued in that very
/// second are listed one by one, because the entry cannot tell them from those of a login that comes after it.
pub(super) fn list_all_of(
    staging: &mut Staging<'_>,
    sub: &str,
    ended: &[Session],
    at: u64,
) -> Result<(), StoreError> {
    if ended.len() <= ONE_BY_ONE {
        return list_sessions(staging, ended, at);
    }
    let mut counter = counter(|key| staging.get(key))?;
    let (before, same_second): (Vec<&Session>, Vec<&Session>) = ended.iter().partition(|it| it.iat < at);
    let until = before.iter().map(|session| dangerous_until(session, counter, at)).max();
    if let Some(until) = until {
        let user = RevokedWhat::User { sub: sub.to_owned(), before: at };
        put(staging, &mut counter, user, until, at)?;
    }
    keep(staging, counter)?;
    let same_second: Vec<Session> = same_second.into_iter().cloned().collect();
    list_sessions(staging, &same_second, at)
}

/// The counter goes on from here: never below the time, and with today's longest window.
pub(super) fn begin(staging: &mut Staging<'_>, now: u64, fresh_for: u64) -> Result<RevokedSoFar, StoreError> {
    let counter = counter(|key| staging.get(key))?;
    let seq = counter.seq.saturating_add(1).max(now.saturating_mul(1000));
    let (earlier_fresh_for, earlier_until) = if counter.fresh_for > fresh_for {
        let both = counter.fresh_for_at(now);
        (both, now.saturating_add(both))
    } else {
        (counter.earlier_fresh_for, counter.earlier_until)
    };
    keep(staging, Counter { seq, fresh_for, earlier_fresh_for, earlier_until })?;
    let entries = all(|after| staging.scan(REVOKED, after, PAGE))?;
    Ok(RevokedSoFar { seq, entries })
}

/// What is known without writing anything.
pub(super) fn present(
    get: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    scan: impl Fn(&[u8], Option<&[u8]>, usize) -> Result<Vec<Row>, StoreError>,
) -> Result<RevokedSoFar, StoreError> {
    let seq = counter(get)?.seq;
    Ok(RevokedSoFar { seq, entries: all(|after| scan(REVOKED, after, PAGE))? })
}

/// Forgets entries whose time was over at `before`, at most `limit`; answers how many.
pub(super) fn forget(staging: &mut Staging<'_>, before: u64, limit: usize) -> Result<usize, StoreError> {
    let mut count = 0;
    for (key, _) in staging.scan(REVOKED, None, limit)? {
        if until_of(&key).is_some_and(|until| until >= before) {
            break;
        }
        staging.remove(key);
        count += 1;
    }
    Ok(count)
}

/// Every entry there is. Which ones are over is not judged here: at a start the clock may be wrong.
fn all(scan: impl Fn(Option<&[u8]>) -> Result<Vec<Row>, StoreError>) -> Result<Vec<Revoked>, StoreError> {
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let rows = scan(after.as_deref())?;
        for (_, value) in &rows {
            entries.push(decode(value)?);
        }
        match rows.into_iter().last() {
            Some((key, _)) => after = Some(key),
            None => return Ok(entries),
        }
    }
}

fn put(
    staging: &mut Staging<'_>,
    counter: &mut Counter,
    what: RevokedWhat,
    until: u64,
    at: u64,
) -> Result<(), StoreError> {
    // One more than the time at which a feed that starts in this second begins to count.
    counter.seq = counter.seq.max(at.saturating_mul(1000)).saturating_add(1);
    let revoked = Revoked { seq: counter.seq, until, what };
    staging.put(key(until, counter.seq), encode(&revoked)?);
    Ok(())
}

/// Until when (seconds) a token of the session can be fresh: as long as one that was issued just before the end, and as
/// long as the record says.
fn dangerous_until(session: &Session, counter: Counter, at: u64) -> u64 {
    let fresh_for = counter.fresh_for_at(at).max(session.bbf.saturating_sub(session.iat));
    let last = session.bbf.max(session.iat.saturating_add(fresh_for)).max(at.saturating_add(fresh_for));
    whole_minute(last)
}

/// For how long (seconds) after its end a session can have a token that is taken for fresh.
pub(super) fn dangerous_for(staging: &Staging<'_>, at: u64) -> Result<u64, StoreError> {
    Ok(counter(|key| staging.get(key))?.fresh_for_at(at).saturating_add(MARGIN).saturating_add(MINUTE))
}

fn whole_minute(last: u64) -> u64 {
    last.saturating_add(MARGIN).div_ceil(MINUTE).saturating_mul(MINUTE)
}

fn counter(get: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>) -> Result<Counter, StoreError> {
    Ok(get(COUNTER)?.as_deref().map(decode).transpose()?.unwrap_or_default())
}

fn keep(staging: &mut Staging<'_>, counter: Counter) -> Result<(), StoreError> {
    staging.put(COUNTER.to_vec(), encode(&counter)?);
    Ok(())
}

fn key(until: u64, seq: u64) -> Vec<u8> {
    [REVOKED, &until.to_be_bytes(), &seq.to_be_bytes()].concat()
}

fn until_of(key: &[u8]) -> Option<u64> {
    let (until, _) = key.strip_prefix(REVOKED)?.split_first_chunk::<8>()?;
    Some(u64::from_be_bytes(*until))
}
