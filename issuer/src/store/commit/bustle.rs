//! Whether the threads that bring writes are at work.
//!
//! A sync costs the processor as much as a whole exchange, so it should be shared by many. While threads are busy with
//! requests, more writes are on their way, and the committer does best to wait for them: not for a time, but until there are
//! enough, or nobody is at work any more. Then a write that comes alone is committed as soon as the thread that brought it
//! has nothing else to do, which is at once. Until then nobody calls the committer; only when it has seen nothing for a while
//! does it ask to be called for the first write already, so that it can keep an eye on the time.
//!
//! Enough is a third of those who write at the same time: the others go on meanwhile. How many these are is looked at now and
//! then, by waiting until all of them wait.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// The part of those who write at the same time that shares a sync.
const PART: usize = 3;
/// Fewer are always waited for, and more never.
const ENOUGH: std::ops::RangeInclusive<usize> = 4..=32;
/// One commit of so many looks how many write at the same time.
const LOOK_EVERY: usize = 64;

/// A thread that is held up by something else does not hold up those who wait for their writes. The committer sleeps only
/// after nothing has come for as long.
const LONGEST: Duration = Duration::from_millis(2);

thread_local! {
    static AT_WORK: Cell<bool> = const { Cell::new(false) };
}

/// Told by the threads of a runtime when they begin to work and when they rest; asked by the committer.
#[derive(Debug, Default)]
pub struct Bustle {
    at_work: AtomicUsize,
    /// Writes that have come since the last commit began.
    come: AtomicUsize,
    /// So many are waited for.
    enough: AtomicUsize,
    commits: AtomicUsize,
    /// The committer waits until it is called.
    waiting: AtomicBool,
    /// It wants to be called for whatever comes.
    asleep: AtomicBool,
    committer: OnceLock<Thread>,
}

impl Bustle {
    /// The calling thread has something to do.
    pub fn begin(&self) {
        if !AT_WORK.replace(true) {
            self.at_work.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The calling thread has nothing to do.
    pub fn rest(&self) {
        let was_last = AT_WORK.replace(false) && self.at_work.fetch_sub(1, Ordering::SeqCst) == 1;
        if was_last && self.come.load(Ordering::SeqCst) > 0 {
            self.call();
        }
    }

    /// So many writes were queued.
    pub(super) fn bring(&self, count: usize) {
        let come = self.come.fetch_add(count, Ordering::SeqCst).saturating_add(count);
        if self.is_time_for(come) || self.asleep.load(Ordering::SeqCst) {
            self.call();
        }
    }

    /// Waits until enough writes have come, or there are some and no more are to be expected: `true`. `false`: none came
    /// for so long. For the committer's thread alone.
    pub(super) fn wait(&self, patience: Duration) -> bool {
        self.committer.get_or_init(std::thread::current);
        let looks = self.commits.load(Ordering::Relaxed).is_multiple_of(LOOK_EVERY);
        if looks {
            self.enough.store(usize::MAX, Ordering::SeqCst);
        }
        let has_come = self.wait_for_writes(patience);
        self.asleep.store(false, Ordering::SeqCst);
        self.waiting.store(false, Ordering::SeqCst);
        if !has_come {
            return false;
        }
        let come = self.come.swap(0, Ordering::SeqCst);
        self.commits.fetch_add(1, Ordering::Relaxed);
        if looks {
            let enough = (come / PART).clamp(*ENOUGH.start(), *ENOUGH.end());
            self.enough.store(enough, Ordering::SeqCst);
        }
        true
    }

    fn wait_for_writes(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        let mut until = begun + LONGEST;
        loop {
            self.waiting.store(true, Ordering::SeqCst);
            let come = self.come.load(Ordering::SeqCst);
            let now = Instant::now();
            let next_look = if come > 0 {
                if self.asleep.swap(false, Ordering::SeqCst) {
                    until = now + LONGEST;
                }
                if self.is_time_for(come) || now >= until {
                    return true;
                }
                until
            } else if now < until {
                until
            } else if !self.asleep.swap(true, Ordering::SeqCst) {
                // Whoever brought a write just now did not know: looks again before it sleeps.
                continue;
            } else if now < begun + patience {
                begun + patience
            } else {
                return false;
            };
            std::thread::park_timeout(next_look.saturating_duration_since(now));
        }
    }

    /// Whether so many writes are committed now.
    fn is_time_for(&self, come: usize) -> bool {
        self.at_work.load(Ordering::SeqCst) == 0 || come >= self.enough.load(Ordering::SeqCst)
    }

    fn call(&self) {
        if self.waiting.swap(false, Ordering::SeqCst)
            && let Some(committer) = self.committer.get()
        {
            committer.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    /// A committer that waits whenever it is asked to.
    struct Committer {
        ask: Sender<()>,
        ended: Receiver<bool>,
    }

    impl Committer {
        fn of(bustle: &Arc<Bustle>) -> Committer {
            let (ask, asked) = channel();
            let (end, ended) = channel();
            let bustle = Arc::clone(bustle);
            thread::spawn(move || asked.iter().for_each(|()| end.send(bustle.wait(PATIENCE)).unwrap()));
            Committer { ask, ended }
        }

        /// It waits, and this ends its waiting; how long that took is no concern of these tests.
        fn waits_until(&self, end: impl FnOnce()) {
            self.ask.send(()).unwrap();
            end();
            assert!(self.ended.recv_timeout(PATIENCE / 2).unwrap(), "something has come");
        }
    }

    #[test]
    fn where_nobody_is_at_work_nobody_is_waited_for() {
        let bustle = Arc::default();
        Committer::of(&bustle).waits_until(|| bustle.bring(1));
    }

    #[test]
    fn enough_writes_or_the_last_one_at_rest_end_the_waiting() {
        let bustle = Arc::new(Bustle::default());
        let committer = Committer::of(&bustle);
        bustle.begin();
        bustle.begin();
        assert_eq!(bustle.at_work.load(Ordering::SeqCst), 1, "one thread counts once");
        // The first time looks how many there are; here it is the longest time that ends it.
        bustle.bring(30);
        committer.waits_until(|| {});
        assert_eq!(bustle.enough.load(Ordering::SeqCst), 30 / PART);
        committer.waits_until(|| (0..30 / PART).for_each(|_| bustle.bring(1)));
        committer.waits_until(|| {
            bustle.bring(1);
            bustle.rest();
            bustle.rest();
        });
        assert_eq!(bustle.at_work.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_thread_that_hangs_is_not_waited_for_for_ever_even_by_a_committer_that_sleeps() {
        let bustle = Arc::new(Bustle::default());
        let committer = Committer::of(&bustle);
        bustle.begin();
        committer.waits_until(|| bustle.bring(1));
        committer.waits_until(|| {
            while !bustle.asleep.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            bustle.bring(1);
        });
    }

    #[test]
    fn where_nothing_comes_the_committer_is_told_so() {
        assert!(!Bustle::default().wait(LONGEST * 3));
    }
}
