//! Reports that any caller can cause as often as it likes: at most one line a second for each event and reason. The first one
//! is written with its details; those that follow are counted, and the next line tells how many there were (`repeated`).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::Level;

/// At most one line in this time for each event and reason.
const EVERY: Duration = Duration::from_secs(1);
/// Events and reasons that are told apart. Both are words of the program, so that there are far fewer.
const MOST: usize = 256;
/// The reason of all that have no place of their own.
const OTHERS: &str = "others";

static REPEATS: Mutex<Repeats> = Mutex::new(Repeats::new());

/// A report of `event` for `reason`. `None`: it was counted, nothing is to be written. `Some`: it is to be written, together
/// with the number of those that were only counted before it, if there were any.
pub(crate) fn admit(level: Level, event: &'static str, reason: &'static str) -> Option<Repeated> {
    repeats().admit(level, event, reason, Instant::now())
}

/// How many reports were counted and not written; `None`: none.
pub(crate) type Repeated = Option<u64>;

/// Writes what was counted, once a second.
pub(crate) async fn keep_telling() {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let due = repeats().take(Instant::now(), EVERY);
        due.iter().for_each(Counted::write);
    }
}

/// Writes everything that was counted: the process ends.
pub(crate) fn tell_all() {
    let due = repeats().take(Instant::now(), Duration::ZERO);
    due.iter().for_each(Counted::write);
}

fn repeats() -> MutexGuard<'static, Repeats> {
    REPEATS.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Repeats {
    reports: BTreeMap<(&'static str, &'static str), State>,
}

struct State {
    level: Level,
    written: Instant,
    count: u64,
}

/// Reports that were counted and not written.
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    level: Level,
    event: &'static str,
    reason: &'static str,
    count: u64,
}

impl Repeats {
    const fn new() -> Repeats {
        Repeats { reports: BTreeMap::new() }
    }

    fn admit(
        &mut self,
        level: Level,
        event: &'static str,
        reason: &'static str,
        now: Instant,
    ) -> Option<Repeated> {
        let is_full = self.reports.len() >= MOST && !self.reports.contains_key(&(event, reason));
        let key = if is_full { (OTHERS, OTHERS) } else { (event, reason) };
        let Some(state) = self.reports.get_mut(&key) else {
            self.reports.insert(key, State { level, written: now, count: 0 });
            return Some(None);
        };
        if now.saturating_duration_since(state.written) < EVERY {
            state.count = state.count.saturating_add(1);
            return None;
        }
        state.written = now;
        let count = std::mem::take(&mut state.count);
        Some((count > 0).then_some(count))
    }

    /// Takes the counts of those whose last line was written at least `age` ago. Those without a count are forgotten.
    fn take(&mut self, now: Instant, age: Duration) -> Vec<Counted> {
        let is_old = |state: &State| now.saturating_duration_since(state.written) >= age;
        self.reports.retain(|_, state| state.count > 0 || !is_old(state));
        let old = self.reports.iter_mut().filter(|(_, state)| is_old(state));
        old.map(|((event, reason), state)| {
            state.written = now;
            Counted { level: state.level, event, reason, count: std::mem::take(&mut state.count) }
        })
        .collect()
    }
}

impl Counted {
    fn write(&self) {
        let Counted { level, event, reason, count } = self;
        match *level {
            Level::ERROR => tracing::error!(target: "shelflife::event", event, reason, repeated = count),
            Level::WARN => tracing::warn!(target: "shelflife::event", event, reason, repeated = count),
            _ => tracing::info!(target: "shelflife::event", event, reason, repeated = count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn of(count: u64) -> Counted {
        Counted { level: Level::WARN, event: "login_failed", reason: "bad_credentials", count }
    }

    #[test]
    fn one_line_a_second_is_written_and_the_next_one_tells_how_many_were_not() {
        let (mut repeats, start) = (Repeats::new(), Instant::now());
        let mut admit = |millis| {
            repeats.admit(Level::WARN, "login_failed", "bad_credentials", start + MILLISECOND * millis)
        };
        let lines: Vec<Repeated> = (0..=2500).filter_map(&mut admit).collect();
        assert_eq!(lines, [None, Some(999), Some(999)]);
        assert_eq!(repeats.take(start + MILLISECOND * 2999, EVERY), []);
        assert_eq!(repeats.take(start + MILLISECOND * 3000, EVERY), [of(500)]);
    }

    #[test]
    fn what_was_counted_is_told_though_nothing_follows_and_then_forgotten() {
        let (mut repeats, start) = (Repeats::new(), Instant::now());
        for _ in 0..3 {
            repeats.admit(Level::WARN, "login_failed", "bad_credentials", start);
        }
        assert_eq!(repeats.take(start, EVERY), [], "a line was written in this second");
        assert_eq!(repeats.take(start + EVERY, EVERY), [of(2)]);
        assert_eq!(repeats.take(start + EVERY * 2, EVERY), []);
        assert!(repeats.reports.is_empty());
    }

    #[test]
    fn reasons_are_counted_apart_in_bounded_memory() {
        let (mut repeats, now) = (Repeats::new(), Instant::now());
        assert_eq!(repeats.admit(Level::WARN, "a", "x", now), Some(None));
        assert_eq!(repeats.admit(Level::WARN, "a", "y", now), Some(None));
        assert_eq!(repeats.admit(Level::WARN, "b", "y", now), Some(None));
        assert_eq!(repeats.admit(Level::WARN, "b", "y", now), None);
        for number in 0..2 * MOST {
            let reason: &'static str = Box::leak(number.to_string().into_boxed_str());
            repeats.admit(Level::WARN, "a", reason, now);
        }
        assert_eq!(repeats.reports.len(), MOST + 1);
    }
}
