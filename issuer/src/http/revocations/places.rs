//! Who may listen to the stream: bounded as a whole, for each address, and for listeners without a token.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::client_network;

/// Listeners to the stream at a time, and how it is kept alive.
#[derive(Clone)]
pub struct Subscribers {
    limits: Limits,
    pub(super) heartbeat: Duration,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Clone, Copy)]
struct Limits {
    all: usize,
    per_address: usize,
    anonymous: usize,
}

#[derive(Default)]
struct Taken {
    all: usize,
    anonymous: usize,
    /// How many there are of each network that counts.
    by_network: HashMap<Ipv6Addr, usize>,
}

/// A place, free again when it is dropped.
pub(super) struct Place {
    taken: Arc<Mutex<Taken>>,
    network: Option<Ipv6Addr>,
    anonymous: bool,
}

impl Subscribers {
    /// At most `most` at a time, from wherever; each hears something every `heartbeat`.
    pub fn new(most: usize, heartbeat: Duration) -> Subscribers {
        let limits = Limits { all: most, per_address: most, anonymous: most };
        Subscribers { limits, heartbeat, taken: Arc::default() }
    }

    /// At most an eighth of them for one address (in IPv6 for one network of 64 bits), and at most half of them without a
    /// token; at least one each.
    #[must_use]
    pub fn shared_out(mut self) -> Subscribers {
        self.limits.per_address = (self.limits.all / 8).max(1);
        self.limits.anonymous = (self.limits.all / 2).max(1);
        self
    }

    /// A place for a listener; `None`: there is none for it. Without an address only the other bounds count.
    pub(super) fn take(&self, address: Option<IpAddr>, anonymous: bool) -> Option<Place> {
        let network = address.map(client_network);
        let mut taken = lock(&self.taken);
        let of_network = network.and_then(|network| taken.by_network.get(&network)).copied().unwrap_or(0);
        if taken.all >= self.limits.all
            || of_network >= self.limits.per_address
            || anonymous && taken.anonymous >= self.limits.anonymous
        {
            return None;
        }
        taken.all += 1;
        taken.anonymous += usize::from(anonymous);
        if let Some(network) = network {
            taken.by_network.insert(network, of_network + 1);
        }
        Some(Place { taken: Arc::clone(&self.taken), network, anonymous })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        taken.all = taken.all.saturating_sub(1);
        taken.anonymous = taken.anonymous.saturating_sub(usize::from(self.anonymous));
        if let Some(network) = self.network
            && let Some(count) = taken.by_network.get_mut(&network)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.by_network.remove(&network);
            }
        }
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(number: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, number]))
    }

    #[test]
    fn no_address_takes_more_than_its_share_and_listeners_without_a_token_leave_half() {
        let subscribers = Subscribers::new(16, Duration::from_secs(15)).shared_out();
        let mut held: Vec<Place> = (0..2).map(|_| subscribers.take(from(1), true).unwrap()).collect();
        assert!(subscribers.take(from(1), true).is_none() && subscribers.take(from(1), false).is_none());
        held.extend((2..8).map(|number| subscribers.take(from(number), true).unwrap()));
        assert!(subscribers.take(from(9), true).is_none(), "half of the places");
        held.extend((9..17).map(|number| subscribers.take(from(number), false).unwrap()));
        assert!(subscribers.take(from(17), false).is_none(), "all places");
        held.truncate(1);
        assert!(subscribers.take(from(1), true).is_some());
        held.clear();
        assert!(lock(&subscribers.taken).by_network.is_empty());
    }

    #[test]
    fn few_places_are_shared_out_as_well() {
        let subscribers = Subscribers::new(2, Duration::from_secs(15)).shared_out();
        let anonymous = subscribers.take(from(1), true);
        assert!(anonymous.is_some() && subscribers.take(from(2), true).is_none());
        assert!(subscribers.take(from(2), false).is_some());
    }
}
