//! Which connections there are, and which of them has to make room for another one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::activity::{Activity, Order};
use crate::domain::client_network;
use crate::events;
use crate::http::Network;

/// How often a connection that waits looks for one that has become silent.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The connections of a listener, bounded as a whole and for each address.
pub(super) struct Places {
    most: usize,
    per_address: usize,
    exempt: Vec<Network>,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Default)]
struct State {
    connections: HashMap<u64, Connection>,
    /// How many there are of each network that is not exempt.
    counts: HashMap<Ipv6Addr, usize>,
    last_id: u64,
}

struct Connection {
    /// `None`: it is exempt.
    network: Option<Ipv6Addr>,
    activity: Arc<Activity>,
}

/// Why there is no place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The address has as many as it may have, and all of them are busy.
    Address,
    /// All places are taken, by connections that are busy.
    All,
}

/// A place, free again when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    id: u64,
    pub(super) activity: Arc<Activity>,
}

impl Places {
    /// `most` places, at most `per_address` of them for one address (one network of 64 bits in IPv6) that is not in `exempt`.
    pub(super) fn new(most: usize, per_address: usize, exempt: &[Network]) -> Arc<Places> {
        Arc::new(Places {
            most,
            per_address,
            exempt: exempt.to_vec(),
            state: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// A place for a connection of `address`. Where there is none, the connection that has been silent for longest is told
    /// to make room: one of the same address when that has as many as it may have, else one of the address that has most.
    pub(super) fn take(self: &Arc<Places>, address: IpAddr) -> Result<Place, NoPlace> {
        let address = address.to_canonical();
        let is_exempt = self.exempt.iter().any(|network| network.contains(address));
        let network = (!is_exempt).then(|| client_network(address));
        let mut state = self.lock();
        let mut full = None;
        if network.is_some_and(|network| state.count(network) >= self.per_address) {
            let id = state.longest_silent_of(network).ok_or(NoPlace::Address)?;
            state.make_room(id);
            full = Some("per_address");
        } else if state.connections.len() >= self.most {
            let id = state.longest_silent_of_most().ok_or(NoPlace::All)?;
            state.make_room(id);
            full = Some("all");
        }
        let place = self.insert(&mut state, network);
        drop(state);
        if let Some(reason) = full {
            events::connection_made_room(address, reason);
        }
        Ok(place)
    }

    /// The same, once there is one; `None` when the address may have no more.
    pub(super) async fn wait(self: &Arc<Places>, address: IpAddr) -> Option<Place> {
        loop {
            match self.take(address) {
                Ok(place) => return Some(place),
                Err(NoPlace::Address) => return None,
                Err(NoPlace::All) => {
                    let _ = tokio::time::timeout(LOOK_AGAIN, self.freed.notified()).await;
                }
            }
        }
    }

    /// Tells all connections.
    pub(super) fn tell_all(&self, order: Order) {
        self.lock().connections.values().for_each(|connection| connection.activity.tell(order));
    }

    fn insert(self: &Arc<Places>, state: &mut State, network: Option<Ipv6Addr>) -> Place {
        state.last_id = state.last_id.wrapping_add(1);
        let (id, activity) = (state.last_id, Activity::new());
        state.connections.insert(id, Connection { network, activity: Arc::clone(&activity) });
        if let Some(network) = network {
            *state.counts.entry(network).or_default() += 1;
        }
        Place { places: Arc::clone(self), id, activity }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn count(&self, network: Ipv6Addr) -> usize {
        self.counts.get(&network).copied().unwrap_or(0)
    }

    fn longest_silent_of(&self, network: Option<Ipv6Addr>) -> Option<u64> {
        let all = self.connections.iter().filter(|(_, connection)| connection.network == network);
        let silent = all.filter_map(|(id, connection)| Some((connection.activity.silent_since()?, *id)));
        silent.min().map(|(_, id)| id)
    }

    /// Those that are exempt come last: a proxy's connections stand for many clients.
    fn longest_silent_of_most(&self) -> Option<u64> {
        let silent = self.connections.iter().filter_map(|(id, connection)| {
            let since = connection.activity.silent_since()?;
            let count = connection.network.map_or(0, |network| self.count(network));
            // Networks with the same count are told apart by who has been silent for longest.
            Some((std::cmp::Reverse(count), since, *id))
        });
        silent.min().map(|(_, _, id)| id)
    }

    /// The place is free at once, though the connection takes a moment to end.
    fn make_room(&mut self, id: u64) {
        if let Some(connection) = self.remove(id) {
            connection.activity.tell(Order::MakeRoom);
        }
    }

    fn remove(&mut self, id: u64) -> Option<Connection> {
        let connection = self.connections.remove(&id)?;
        if let Some(network) = connection.network
            && let Some(count) = self.counts.get_mut(&network)
        {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(&network);
            }
        }
        Some(connection)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().remove(self.id);
        self.places.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn ids(places: &[&Place]) -> Vec<u64> {
        places.iter().map(|place| place.id).collect()
    }

    fn held(places: &Places) -> Vec<u64> {
        let mut held: Vec<u64> = places.lock().connections.keys().copied().collect();
        held.sort_unstable();
        held
    }

    fn busy(place: &Place) {
        place.activity.begin(false);
    }

    #[test]
    fn an_address_at_its_bound_gives_up_the_connection_that_is_silent_for_longest() {
        let places = Places::new(10, 2, &[]);
        let (one, two) = ("192.0.2.1", "192.0.2.2");
        let other = places.take(address(two)).unwrap();
        let [first, second] = [0; 2].map(|_| places.take(address(one)).unwrap());
        let third = places.take(address(one)).unwrap();
        assert_eq!(held(&places), ids(&[&other, &second, &third]));
        busy(&second);
        let fourth = places.take(address("::ffff:192.0.2.1")).unwrap();
        assert_eq!(held(&places), ids(&[&other, &second, &fourth]));
        busy(&fourth);
        assert_eq!(places.take(address(one)).err(), Some(NoPlace::Address));
        // That of a connection that had to make room was given away already.
        drop((first, third));
        assert_eq!(held(&places), ids(&[&other, &second, &fourth]));
        drop(second);
        assert!(places.take(address(one)).is_ok());
    }

    #[test]
    fn when_all_places_are_taken_the_address_with_most_connections_gives_one_up() {
        let places = Places::new(4, 3, &[]);
        let honest = places.take(address("192.0.2.1")).unwrap();
        let [first, second, third] = [0; 3].map(|_| places.take(address("192.0.2.2")).unwrap());
        let next = places.take(address("192.0.2.3")).unwrap();
        assert_eq!(held(&places), ids(&[&honest, &second, &third, &next]));
        [&second, &third].into_iter().for_each(busy);
        // The address with most of them has none that is silent.
        let last = places.take(address("192.0.2.4")).unwrap();
        assert_eq!(held(&places), ids(&[&second, &third, &next, &last]));
        [&next, &last].into_iter().for_each(busy);
        assert_eq!(places.take(address("192.0.2.5")).err(), Some(NoPlace::All));
        drop(first);
        assert_eq!(places.take(address("192.0.2.5")).err(), Some(NoPlace::All));
    }

    #[test]
    fn proxies_have_no_bound_of_their_own_and_are_the_last_to_make_room() {
        let places = Places::new(3, 1, &["10.0.0.0/8".parse().unwrap()]);
        let [one, two] = [0; 2].map(|_| places.take(address("10.1.2.3")).unwrap());
        let client = places.take(address("192.0.2.1")).unwrap();
        let next = places.take(address("192.0.2.2")).unwrap();
        assert_eq!(held(&places), ids(&[&one, &two, &next]));
        busy(&next);
        let last = places.take(address("192.0.2.3")).unwrap();
        assert_eq!(held(&places), ids(&[&two, &next, &last]));
        drop(client);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let places = Places::new(9, 1, &[]);
        let one = places.take(address("2001:db8::1")).unwrap();
        let two = places.take(address("2001:db8::ffff:2")).unwrap();
        assert_eq!(held(&places), ids(&[&two]));
        let other = places.take(address("2001:db8:0:1::1")).unwrap();
        assert_eq!(held(&places), ids(&[&two, &other]));
        drop(one);
    }

    #[tokio::test]
    async fn one_that_waits_gets_the_place_of_the_first_connection_that_becomes_silent() {
        let places = Places::new(1, 1, &[]);
        let only = places.take(address("192.0.2.1")).unwrap();
        busy(&only);
        let waiting = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.wait(address("192.0.2.2")).await.map(|place| place.id) }
        });
        tokio::task::yield_now().await;
        let activity = Arc::clone(&only.activity);
        drop(super::super::activity::ResponseBody { body: (), activity });
        assert!(tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap().is_some());
        drop(only);
    }
}
