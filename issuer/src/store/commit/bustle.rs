//! Whether the threads that bring writes are at work.
//!
//! A sync costs the processor as much as a whole exchange, so it should be shared by many. While threads are busy with
//! requests, more writes are on their way, and the committer does best to wait for them: not for a time, but until there are
//! enough, or nobody is at work any more. Then a write that comes alone is committed as soon as the thread that brought it
//! has nothing else to do, which is at once.
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

/// A thread that is held up by something else does not hold up those who wait for their writes.
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
    /// The committer sleeps until it is called.
    waiting: AtomicBool,
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
        if AT_WORK.replace(false) && self.at_work.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.call();
        }
    }

    /// A write was queued.
    pub(super) fn bring(&self) {
        let come = self.come.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        if come == self.enough.load(Ordering::SeqCst) {
            self.call();
        }
    }

    /// Waits until enough writes have come, or no more are to be expected. For the committer's thread alone.
    pub(super) fn wait(&self) {
        self.committer.get_or_init(std::thread::current);
        let looks = self.commits.fetch_add(1, Ordering::Relaxed).is_multiple_of(LOOK_EVERY);
        if looks {
            self.enough.store(usize::MAX, Ordering::SeqCst);
        }
        let until = Instant::now() + LONGEST;
        loop {
            self.waiting.store(true, Ordering::SeqCst);
            let now = Instant::now();
            let goes_on = self.at_work.load(Ordering::SeqCst) > 0
                && self.come.load(Ordering::SeqCst) < self.enough.load(Ordering::SeqCst)
                && now < until;
            if !goes_on {
                break;
            }
            std::thread::park_timeout(until - now);
        }
        self.waiting.store(false, Ordering::SeqCst);
        let come = self.come.swap(0, Ordering::SeqCst);
        if looks {
            let enough = (come / PART).clamp(*ENOUGH.start(), *ENOUGH.end());
            self.enough.store(enough, Ordering::SeqCst);
        }
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
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;

    /// A committer that waits, and what ends its waiting; how long that took is no concern of these tests.
    fn waited(bustle: &Arc<Bustle>, end: impl FnOnce(&Bustle)) {
        let (done, ended) = channel();
        let waiting = thread::spawn({
            let bustle = Arc::clone(bustle);
            move || {
                bustle.wait();
                done.send(()).unwrap();
            }
        });
        end(bustle);
        ended.recv_timeout(Duration::from_secs(20)).unwrap();
        waiting.join().unwrap();
    }

    #[test]
    fn where_nobody_is_at_work_nobody_is_waited_for() {
        waited(&Arc::default(), |_| {});
    }

    #[test]
    fn enough_writes_or_the_last_one_at_rest_end_the_waiting() {
        let bustle = Arc::new(Bustle::default());
        bustle.begin();
        bustle.begin();
        assert_eq!(bustle.at_work.load(Ordering::SeqCst), 1, "one thread counts once");
        // The first time looks how many there are; here it is the longest time that ends it.
        waited(&bustle, |bustle| (0..30).for_each(|_| bustle.bring()));
        let enough = bustle.enough.load(Ordering::SeqCst);
        assert!((4..=10).contains(&enough), "{enough} of up to 30");
        waited(&bustle, |bustle| (0..enough).for_each(|_| bustle.bring()));
        bustle.rest();
        bustle.rest();
        assert_eq!(bustle.at_work.load(Ordering::SeqCst), 0);
        waited(&bustle, |_| {});
    }

    #[test]
    fn a_thread_that_hangs_is_not_waited_for_for_ever() {
        let bustle = Arc::new(Bustle::default());
        bustle.begin();
        waited(&bustle, |_| {});
    }
}
