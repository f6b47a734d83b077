//! A map of fixed size: a key has a few places it may be in, and when all are taken the lightest goes.

/// Places for one key.
const WAYS: usize = 8;

/// How much would be lost with a value.
pub(super) trait Weigh: Default {
    fn weight(&self) -> u64;
}

pub(super) struct Table<V> {
    sets: Vec<[Slot<V>; WAYS]>,
}

#[derive(Default)]
struct Slot<V> {
    /// `None`: this place is free.
    key: Option<u128>,
    since_ms: u64,
    value: V,
}

impl<V: Weigh> Table<V> {
    /// A table for eight times `sets` keys.
    pub(super) fn new(sets: usize) -> Table<V> {
        Table { sets: (0..sets.max(1)).map(|_| Default::default()).collect() }
    }

    pub(super) fn find(&mut self, key: u128) -> Option<&mut V> {
        let slot = self.set(key)?.iter_mut().find(|slot| slot.key == Some(key));
        slot.map(|slot| &mut slot.value)
    }

    /// Changes the value of `key`. A new one takes a free place, or that of the lightest and then the oldest.
    pub(super) fn change(&mut self, key: u128, now_ms: u64, change: impl FnOnce(&mut V)) {
        let rank = |slot: &Slot<V>| match slot.key {
            Some(taken) if taken == key => (0, 0, 0),
            None => (1, 0, 0),
            Some(_) => (2, slot.value.weight(), slot.since_ms),
        };
        let Some(slot) = self.set(key).and_then(|set| set.iter_mut().min_by_key(|slot| rank(slot))) else {
            return;
        };
        if slot.key != Some(key) {
            *slot = Slot { key: Some(key), since_ms: now_ms, value: V::default() };
        }
        change(&mut slot.value);
    }

    fn set(&mut self, key: u128) -> Option<&mut [Slot<V>; WAYS]> {
        // The remainder is smaller than a length, so it is one.
        let place = usize::try_from(key % self.sets.len() as u128).unwrap_or(0);
        self.sets.get_mut(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Number(u64);

    impl Weigh for Number {
        fn weight(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn a_full_set_gives_up_its_lightest_and_then_its_oldest() {
        let mut table = Table::new(1);
        for key in 0..WAYS as u64 {
            table.change(u128::from(key), key, |number: &mut Number| number.0 = 5);
        }
        table.change(3, 99, |number| number.0 = 1);
        table.change(100, 100, |number| number.0 = 5);
        assert!(table.find(3).is_none() && table.find(0).is_some() && table.find(100).is_some());
        table.change(101, 101, |number| number.0 = 5);
        assert!(table.find(0).is_none() && table.find(101).is_some());
    }

    #[test]
    fn a_million_keys_take_no_more_room_than_there_is() {
        let mut table = Table::new(16);
        for key in 0..1_000_000_u128 {
            table.change(key, 0, |number: &mut Number| number.0 += 1);
        }
        assert_eq!(table.sets.len() * WAYS, 128);
    }
}
