//! Who may hash a password next: a queue in which each address has a fair share of the cores.
//!
//! Attempts wait in one of two lanes: those from known sources, and all others. A core that becomes free goes to the lanes
//! by turns, and within a lane to the addresses by turns, so that a flood from one address delays that address alone, and a
//! flood from many delays those who are known by one turn each.
//!
//! Memory is bounded: hashing takes 19 MiB per core, waiting a few hundred bytes per place.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::passwords::Overloaded;
use crate::domain::guard::network;

/// Attempts that may wait in each of the two lanes. At some 25 ms a hash, the last of them waits for a few seconds, which a
/// client still waits for.
pub(super) const PLACES: usize = 512;

/// Attempts of one address that may wait in a lane: a class or an office behind one address signs in at the same moment,
/// while 16 addresses are needed to fill a lane.
pub(super) const PLACES_PER_SOURCE: usize = 32;

/// Whose share of the cores an attempt takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    known: bool,
    source: Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Network(Ipv6Addr),
    Clients,
}

impl Share {
    /// The share of an address; of its network, if it is IPv6. `known`: the account was signed in to from this source before.
    pub fn of(address: IpAddr, known: bool) -> Share {
        Share { known, source: Source::Network(network(address)) }
    }

    /// The share of all clients that have proved their secret.
    pub fn of_clients() -> Share {
        Share { known: true, source: Source::Clients }
    }
}

/// Hands out the cores.
#[derive(Clone)]
pub(super) struct HashQueue(Arc<Mutex<State>>);

struct State {
    /// Cores that are free. While there is one, no attempt waits.
    free: usize,
    known: Lane,
    unknown: Lane,
    /// The lane of known sources had the last turn.
    known_had_turn: bool,
    next_id: u64,
}

#[derive(Default)]
struct Lane {
    waiting: HashMap<Source, VecDeque<Waiter>>,
    /// Sources with an attempt that waits, in the order of their turns.
    order: VecDeque<Source>,
    /// Attempts that wait, of all sources.
    count: usize,
}

struct Waiter {
    id: u64,
    start: oneshot::Sender<Core>,
}

/// The right to use one core. Dropped, it goes to the next attempt.
pub(super) struct Core(Option<HashQueue>);

/// A place in the queue. Dropped, it is free again.
struct Place {
    queue: HashQueue,
    share: Share,
    id: u64,
    start: oneshot::Receiver<Core>,
}

enum Entered {
    AtOnce(Core),
    Waits(Place),
}

impl HashQueue {
    pub(super) fn new(cores: usize) -> HashQueue {
        HashQueue(Arc::new(Mutex::new(State {
            free: cores.max(1),
            known: Lane::default(),
            unknown: Lane::default(),
            known_had_turn: false,
            next_id: 0,
        })))
    }

    /// Waits for a core.
    ///
    /// # Errors
    /// [`Overloaded`] at once when there is no place to wait at, and later when the place is needed for an address that has
    /// fewer.
    pub(super) async fn core(&self, share: Share) -> Result<Core, Overloaded> {
        match self.enter(share)? {
            Entered::AtOnce(core) => Ok(core),
            // The sender is dropped when the place is given to another attempt.
            Entered::Waits(mut place) => (&mut place.start).await.map_err(|_| Overloaded),
        }
    }

    fn enter(&self, share: Share) -> Result<Entered, Overloaded> {
        let mut state = self.state();
        if state.free > 0 {
            state.free -= 1;
            return Ok(Entered::AtOnce(Core(Some(self.clone()))));
        }
        let id = state.next_id;
        state.next_id = id.wrapping_add(1);
        let (sender, start) = oneshot::channel();
        let displaced = state.lane(share).push(share.source, Waiter { id, start: sender })?;
        drop(state);
        // Wakes the attempt that lost its place, so not under the lock.
        drop(displaced);
        Ok(Entered::Waits(Place { queue: self.clone(), share, id, start }))
    }

    /// Gives a core that became free to the next attempt whose client is still there.
    fn pass_on(&self) {
        loop {
            let mut state = self.state();
            let Some(next) = state.next() else {
                state.free = state.free.saturating_add(1);
                return;
            };
            drop(state);
            match next.start.send(Core(Some(self.clone()))) {
                Ok(()) => return,
                // Its client hung up. The core is passed on in this loop, not by the drop.
                Err(mut core) => core.0 = None,
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(queue) = self.0.take() {
            queue.pass_on();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let gone = self.queue.state().lane(self.share).remove(self.share.source, self.id);
        drop(gone);
    }
}

impl State {
    fn lane(&mut self, share: Share) -> &mut Lane {
        if share.known { &mut self.known } else { &mut self.unknown }
    }

    /// The next attempt: of the lane that did not have the last turn, if one waits there.
    fn next(&mut self) -> Option<Waiter> {
        let (known, unknown) = (&mut self.known, &mut self.unknown);
        let (first, second) = if self.known_had_turn { (unknown, known) } else { (known, unknown) };
        if let Some(waiter) = first.pop() {
            self.known_had_turn = !self.known_had_turn;
            return Some(waiter);
        }
        second.pop()
    }
}

impl Lane {
    /// Adds an attempt; answers one that has to make room for it.
    fn push(&mut self, source: Source, waiter: Waiter) -> Result<Option<Waiter>, Overloaded> {
        let own = self.waiting.get(&source).map_or(0, VecDeque::len);
        if own >= PLACES_PER_SOURCE {
            return Err(Overloaded);
        }
        let displaced = if self.count >= PLACES { Some(self.displace(own)?) } else { None };
        let waiters = self.waiting.entry(source).or_default();
        if waiters.is_empty() {
            self.order.push_back(source);
        }
        waiters.push_back(waiter);
        self.count = self.count.saturating_add(1);
        Ok(displaced)
    }

    /// Takes the newest attempt of the source with the most, if that has more than a source with one more than `own` has.
    fn displace(&mut self, own: usize) -> Result<Waiter, Overloaded> {
        let fullest = self.waiting.iter().max_by_key(|(_, waiters)| waiters.len());
        let (source, id) = fullest
            .filter(|(_, waiters)| waiters.len() > own.saturating_add(1))
            .and_then(|(source, waiters)| Some((*source, waiters.back()?.id)))
            .ok_or(Overloaded)?;
        self.remove(source, id).ok_or(Overloaded)
    }

    /// The first attempt of the source whose turn it is.
    fn pop(&mut self) -> Option<Waiter> {
        let source = *self.order.front()?;
        let id = self.waiting.get(&source)?.front()?.id;
        let waiter = self.remove(source, id);
        // If others of this source wait, it goes to the end.
        if self.waiting.contains_key(&source) {
            self.order.rotate_left(1);
        }
        waiter
    }

    fn remove(&mut self, source: Source, id: u64) -> Option<Waiter> {
        let waiters = self.waiting.get_mut(&source)?;
        let waiter = waiters.remove(waiters.iter().position(|waiter| waiter.id == id)?)?;
        self.count = self.count.saturating_sub(1);
        if waiters.is_empty() {
            self.waiting.remove(&source);
            self.order.retain(|other| *other != source);
        }
        Some(waiter)
    }
}

#[cfg(test)]
#[path = "hash_queue_tests.rs"]
mod tests;
