//! Keeps guessers away from passwords without keeping people out.
//!
//! Three counts of failed proofs, each in a table of fixed size:
//! - of one account from one address: the first few are free, then each failure doubles the pause;
//! - of one address: a bucket that refills, so that nobody tries many accounts from one place;
//! - of one account: a wider bucket, so that many places together do not guess without end.
//!
//! An account and an address from which it was signed in to before are exempt from the two buckets: whoever
//! fills them does not lock out those who were there first.
//!
//! The name counts as it was typed, whether or not there is such a user: from here, too, both look the same.

mod table;

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

use self::table::{Table, Weigh};
use super::words::moment::Moment;

/// How much guessing is put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginLimits {
    /// Failures of one account from one address before the pauses begin.
    pub free_failures: u32,
    /// The longest of those pauses; the first one takes a second.
    pub longest_pause_ms: u64,
    /// Failures of one account from one address are forgotten after this time without another.
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

/// Who tries to prove a password, and from where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    /// Normalised name of the user, or what was typed.
    pub(super) account: &'a str,
    pub(super) address: IpAddr,
}

/// Counts failed proofs of passwords.
pub struct LoginGuard {
    limits: LoginLimits,
    /// Makes places in the tables unpredictable: nobody can choose names that push others out.
    seed: [u8; 32],
    counts: Mutex<Counts>,
}

struct Counts {
    pairs: Table<Pair>,
    accounts: Table<Debt>,
    addresses: Table<Debt>,
}

/// Failures of one account from one address.
#[derive(Debug, Clone, Copy, Default)]
struct Pair {
    failures: u32,
    paused_until_ms: u64,
    last_ms: u64,
    /// Somebody knew the password here before.
    known: bool,
}

/// A bucket, as the moment when it will be full again.
#[derive(Debug, Clone, Copy, Default)]
struct Debt {
    until_ms: u64,
}

impl LoginGuard {
    /// A guard that has seen nothing yet. `seed` comes from a good source of randomness.
    pub fn new(limits: LoginLimits, seed: [u8; 32]) -> LoginGuard {
        let counts =
            Counts { pairs: Table::new(4096), accounts: Table::new(1024), addresses: Table::new(1024) };
        LoginGuard { limits, seed, counts: Mutex::new(counts) }
    }

    /// Lets an attempt pass, or tells after how many seconds it may come again.
    pub(super) fn admit(&self, attempt: Attempt<'_>, now: Moment) -> Result<(), u64> {
        let (keys, now, limits) = (self.keys(attempt), now.millis(), &self.limits);
        let mut counts = self.counts();
        let pair = counts.pairs.find(keys.pair);
        let known = pair.as_ref().is_some_and(|pair| pair.known);
        let mut wait = pair.map_or(0, |pair| pair.wait(limits, now));
        if !known {
            let address = counts.addresses.find(keys.address);
            wait = wait.max(address.map_or(0, |debt| debt.wait(limits.per_address, now)));
            let account = counts.accounts.find(keys.account);
            wait = wait.max(account.map_or(0, |debt| debt.wait(limits.per_account, now)));
        }
        if wait > 0 {
            return Err(wait.div_ceil(1000));
        }
        // Once pauses have begun, attempts go one by one: a hundred at once would be a hundred guesses for the
        // price of one.
        if let Some(pair) = counts.pairs.find(keys.pair).filter(|pair| pair.failures >= limits.free_failures)
        {
            pair.pause(limits, now);
        }
        Ok(())
    }

    /// The password was wrong, or there is no such user.
    pub(super) fn failed(&self, attempt: Attempt<'_>, now: Moment) {
        let (keys, now, limits) = (self.keys(attempt), now.millis(), &self.limits);
        let mut counts = self.counts();
        counts.addresses.change(keys.address, now, |debt| debt.charge(limits.per_address, now));
        let mut known = false;
        counts.pairs.change(keys.pair, now, |pair| {
            pair.failures = pair.failures.saturating_add(1);
            pair.last_ms = now;
            if pair.failures >= limits.free_failures {
                pair.pause(limits, now);
            }
            known = pair.known;
        });
        if !known {
            counts.accounts.change(keys.account, now, |debt| debt.charge(limits.per_account, now));
        }
    }

    /// The password was right.
    pub(super) fn succeeded(&self, attempt: Attempt<'_>, now: Moment) {
        let keys = self.keys(attempt);
        let known = Pair { known: true, last_ms: now.millis(), ..Pair::default() };
        self.counts().pairs.change(keys.pair, now.millis(), |pair| *pair = known);
    }

    fn keys(&self, attempt: Attempt<'_>) -> Keys {
        let address = network(attempt.address);
        let (account, octets) = (attempt.account.as_bytes(), address.octets());
        Keys {
            pair: self.key(1, &[&octets, account]),
            account: self.key(2, &[account]),
            address: self.key(3, &[&octets]),
        }
    }

    fn key(&self, kind: u8, parts: &[&[u8]]) -> u128 {
        let mut hash = Sha256::new_with_prefix(self.seed);
        hash.update([kind]);
        parts.iter().for_each(|part| hash.update(part));
        let hash: [u8; 32] = hash.finalize().into();
        hash.first_chunk().map_or(0, |bytes| u128::from_le_bytes(*bytes))
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // Counts are numbers; whoever panicked over them left numbers behind.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Keys {
    pair: u128,
    account: u128,
    address: u128,
}

/// An IPv6 customer has 2^64 addresses at least: the network is the neighbour, not the address.
pub(crate) fn network(address: IpAddr) -> Ipv6Addr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)),
    }
}

impl Pair {
    /// Milliseconds until the next attempt.
    fn wait(&mut self, limits: &LoginLimits, now: u64) -> u64 {
        if now.saturating_sub(self.last_ms) >= limits.forget_after_ms {
            self.failures = 0;
        }
        // A clock that was set back must not make a pause longer than pauses are.
        self.paused_until_ms = self.paused_until_ms.min(now.saturating_add(limits.longest_pause_ms));
        self.paused_until_ms.saturating_sub(now)
    }

    fn pause(&mut self, limits: &LoginLimits, now: u64) {
        let doublings = self.failures.saturating_sub(limits.free_failures).min(32);
        let pause = 1000_u64.saturating_mul(1_u64 << doublings).min(limits.longest_pause_ms);
        self.paused_until_ms = now.saturating_add(pause);
    }
}

impl Debt {
    fn wait(&mut self, bucket: Bucket, now: u64) -> u64 {
        let most = bucket.burst.saturating_mul(bucket.refill_ms);
        self.until_ms = self.until_ms.min(now.saturating_add(most));
        let room_for_one = most.saturating_sub(bucket.refill_ms);
        self.until_ms.saturating_sub(now).saturating_sub(room_for_one)
    }

    fn charge(&mut self, bucket: Bucket, now: u64) {
        let most = now.saturating_add(bucket.burst.saturating_mul(bucket.refill_ms));
        self.until_ms = self.until_ms.max(now).saturating_add(bucket.refill_ms).min(most);
    }
}

impl Weigh for Pair {
    fn weight(&self) -> u64 {
        u64::from(self.failures)
    }
}

impl Weigh for Debt {
    fn weight(&self) -> u64 {
        self.until_ms
    }
}

#[cfg(test)]
mod tests;
