//! Keeps guessers away from passwords without keeping people out.
//!
//! Three counts of failed proofs, each in a table of fixed size:
//! - of one account from one source: the first few are free, then each failure doubles the pause. A source is an address,
//!   or a device or session of that account;
//! - of one address: a bucket that refills, so that one place does not try many accounts;
//! - of one account: a wider bucket, so that many places together do not guess without end.
//!
//! An attempt is charged when it is admitted, as if it had failed, and given back when the password was right or was never
//! looked at ([`Permit`]). An attempt that could pass if those under way turn out right waits for them.
//!
//! A known source is exempt from the two buckets: a device or a session of the account, and an address from which it was
//! signed in to before. So guessers do not lock the account's owner out by filling them.
//!
//! The name counts as it was typed, whether or not there is such a user: both look the same from outside.

mod counts;
mod device;
mod permit;
mod table;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use self::counts::{Debt, Pair, Room};
pub use self::device::{DeviceEntry, DeviceKey, Devices};
use self::permit::Outcome;
pub(super) use self::permit::Permit;
use self::table::Table;
use super::words::moment::Moment;

/// How much guessing is put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// Failures of one account from one source before the pauses begin.
    pub free_failures: u32,
    /// The longest of those pauses; the first one takes a second.
    pub longest_pause_ms: u64,
    /// Failures of one account from one source are forgotten after this time without another.
    pub forget_after_ms: u64,
    /// For one address.
    pub per_address: Bucket,
    /// For one account, from wherever.
    pub per_account: Bucket,
}

/// Failures that are put up with at once, and how long it takes until there may be one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// At once.
    pub burst: u64,
    /// Milliseconds for one.
    pub refill_ms: u64,
}

/// A proof of a password that is about to be looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    /// Normalised name of the user, or what was typed.
    pub(super) account: &'a str,
    pub(super) address: IpAddr,
    /// What shows that the account was signed in to from there before. It must have been checked.
    pub(super) known_by: Option<KnownBy<'a>>,
}

/// A source of attempts that is known wherever its address is. Its failures are counted by itself, so that a stolen one is
/// no free pass for guessing.
#[derive(Debug, Clone, Copy)]
pub(super) enum KnownBy<'a> {
    /// A valid entry of the account.
    Device(DeviceEntry),
    /// The `sid` of a living session of the account.
    Session(&'a str),
}

/// Counts failed proofs of passwords.
pub struct LoginGuard {
    shared: Arc<Shared>,
    devices: DeviceKey,
}

/// Permits hold it, too: they travel to the thread that hashes.
struct Shared {
    limits: LoginLimits,
    /// Makes places in the tables unpredictable, so that no name can be chosen that pushes another one out.
    seed: [u8; 32],
    counts: Mutex<Counts>,
    /// Tells waiting attempts that another one was decided.
    decided: Notify,
}

struct Counts {
    pairs: Table<Pair>,
    accounts: Table<Debt>,
    addresses: Table<Debt>,
}

/// The keys of an attempt.
#[derive(Clone, Copy)]
struct Keys {
    /// The account and where the attempt comes from: its device or session, or else its address.
    source: u128,
    /// The account and the address.
    pair: u128,
    account: u128,
    address: u128,
}

/// What an admitted attempt is charged to.
#[derive(Clone, Copy)]
struct Charged {
    source: u128,
    pair: u128,
    account: Option<u128>,
    address: Option<u128>,
    known: bool,
}

/// Why an attempt is not admitted now.
enum Held<'a> {
    /// Seconds until it may come again.
    Paused(u64),
    /// Completes when another attempt was decided.
    Undecided(Notified<'a>),
}

impl LoginGuard {
    /// A guard that has seen nothing yet. `seed` comes from a good source of randomness; `devices` is the same after every
    /// start.
    pub fn new(limits: LoginLimits, seed: [u8; 32], devices: DeviceKey) -> LoginGuard {
        let counts =
            Counts { pairs: Table::new(4096), accounts: Table::new(1024), addresses: Table::new(1024) };
        let shared = Shared { limits, seed, counts: Mutex::new(counts), decided: Notify::new() };
        LoginGuard { shared: Arc::new(shared), devices }
    }

    /// Lets an attempt pass, or tells after how many seconds it may come again. Waits while that depends on attempts that
    /// are under way.
    pub(super) async fn admit(&self, attempt: Attempt<'_>, now: Moment) -> Result<Permit, u64> {
        let keys = self.shared.keys(attempt);
        loop {
            match self.shared.reserve(keys, now) {
                Ok(charged) => return Ok(Permit::new(Arc::clone(&self.shared), charged)),
                Err(Held::Paused(seconds)) => return Err(seconds),
                Err(Held::Undecided(decided)) => decided.await,
            }
        }
    }
}

impl Shared {
    fn reserve(&self, keys: Keys, now: Moment) -> Result<Charged, Held<'_>> {
        let (limits, now) = (&self.limits, now.uptime_millis());
        let mut counts = self.counts();
        let by_device = keys.source != keys.pair;
        let source = counts.pairs.find(keys.source);
        let known = by_device || source.as_ref().is_some_and(|pair| pair.is_known());
        let mut room = source.map_or(Room::Free, |pair| pair.room(limits, now));
        if !known {
            let address = counts.addresses.find(keys.address);
            room = room.max(address.map_or(Room::Free, |debt| debt.room(limits.per_address, now)));
            let account = counts.accounts.find(keys.account);
            room = room.max(account.map_or(Room::Free, |debt| debt.room(limits.per_account, now)));
        }
        match room {
            Room::Paused(wait) => return Err(Held::Paused(wait.div_ceil(1000))),
            // Made under the lock: no decision can come between looking and waiting.
            Room::Undecided => return Err(Held::Undecided(self.decided.notified())),
            Room::Free => {}
        }
        let charged = Charged {
            source: keys.source,
            pair: keys.pair,
            account: (!known).then_some(keys.account),
            address: (!by_device).then_some(keys.address),
            known,
        };
        counts.pairs.change(charged.source, now, Pair::begin);
        if let Some(key) = charged.address {
            counts.addresses.change(key, now, Debt::begin);
        }
        if let Some(key) = charged.account {
            counts.accounts.change(key, now, Debt::begin);
        }
        Ok(charged)
    }

    fn settle(&self, charged: &Charged, outcome: Outcome) {
        let limits = &self.limits;
        let mut counts = self.counts();
        if let Outcome::Wrong(now) = outcome {
            let now = now.uptime_millis();
            counts.pairs.change(charged.source, now, |pair| pair.fail(limits, now));
            if let Some(key) = charged.address {
                counts.addresses.change(key, now, |debt| debt.fail(limits.per_address, now));
            }
            if let Some(key) = charged.account {
                counts.accounts.change(key, now, |debt| debt.fail(limits.per_account, now));
            }
        } else {
            if let Some(pair) = counts.pairs.find(charged.source) {
                pair.give_back();
            }
            if let Some(debt) = charged.address.and_then(|key| counts.addresses.find(key)) {
                debt.give_back();
            }
            if let Some(debt) = charged.account.and_then(|key| counts.accounts.find(key)) {
                debt.give_back();
            }
        }
        if let Outcome::Right(now) = outcome {
            let now = now.uptime_millis();
            counts.pairs.change(charged.source, now, |pair| pair.succeed(now));
            counts.pairs.change(charged.pair, now, |pair| pair.succeed(now));
        }
        drop(counts);
        self.decided.notify_waiters();
    }

    fn keys(&self, attempt: Attempt<'_>) -> Keys {
        let address = network(attempt.address);
        let (account, octets) = (attempt.account.as_bytes(), address.octets());
        let pair = self.key(1, &[&octets, account]);
        let source = match attempt.known_by {
            None => pair,
            Some(KnownBy::Device(entry)) => self.key(5, &[&entry.to_bytes(), account]),
            Some(KnownBy::Session(sid)) => self.key(4, &[sid.as_bytes(), &[0], account]),
        };
        Keys { source, pair, account: self.key(2, &[account]), address: self.key(3, &[&octets]) }
    }

    fn key(&self, kind: u8, parts: &[&[u8]]) -> u128 {
        let mut hash = Sha256::new_with_prefix(self.seed);
        hash.update([kind]);
        parts.iter().for_each(|part| hash.update(part));
        let hash: [u8; 32] = hash.finalize().into();
        hash.first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counts are numbers and stay valid when a panic interrupts a change.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one address. An IPv6 customer has 2^64 addresses at least, so the network counts.
pub(crate) fn network(address: IpAddr) -> Ipv6Addr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)),
    }
}

#[cfg(test)]
mod tests;
