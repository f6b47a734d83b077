//! Where the time comes from. The domain is only ever handed a [`Moment`].

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::domain::Moment;

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// What the clocks show.
    fn now(&self) -> Moment;
}

/// Origin of the monotonic clock of this process.
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The clocks of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Moment {
        // A clock before 1970 is as good as 1970: every token is then fresh for long, none is wrongly
        // expired.
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        let uptime = Instant::now().saturating_duration_since(*ORIGIN);
        Moment::at(millis, u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX))
    }
}

/// Clocks that stand still until they are moved; for tests.
#[derive(Debug, Default)]
pub struct ManualClock {
    millis: AtomicU64,
    uptime_millis: AtomicU64,
}

impl ManualClock {
    /// A wall clock that shows `seconds` since 1970, in a process that has just started.
    pub fn at(seconds: u64) -> ManualClock {
        ManualClock { millis: AtomicU64::new(seconds.saturating_mul(1000)), uptime_millis: AtomicU64::new(0) }
    }

    /// Time passes: both clocks move forward.
    pub fn advance_millis(&self, millis: u64) {
        self.uptime_millis.fetch_add(millis, Ordering::SeqCst);
        self.millis.fetch_add(millis, Ordering::SeqCst);
    }

    /// The wall clock is set, forward or back, while no time passes.
    pub fn leap_millis(&self, millis: i64) {
        let leap = |shown: u64| Some(shown.saturating_add_signed(millis));
        let _ = self.millis.fetch_update(Ordering::SeqCst, Ordering::SeqCst, leap);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        let [millis, uptime] = [&self.millis, &self.uptime_millis].map(|clock| clock.load(Ordering::SeqCst));
        Moment::at(millis, uptime)
    }
}
