//! A point in time and a share of chance, as they are handed to the rules.

/// One reading of two clocks: the wall clock, in milliseconds since 1970, which can be set, and the monotonic clock, in
/// milliseconds since an origin of its own, which cannot. Windows are judged in whole seconds, grace in milliseconds, so
/// that a grace of one second is a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    millis: u64,
    uptime_millis: u64,
}

impl Moment {
    /// From the readings of both clocks, in milliseconds.
    pub fn at(millis: u64, uptime_millis: u64) -> Moment {
        Moment { millis, uptime_millis }
    }

    /// From milliseconds since 1970, with a monotonic clock that shows the same.
    pub fn from_millis(millis: u64) -> Moment {
        Moment::at(millis, millis)
    }

    /// From seconds since 1970, with a monotonic clock that shows the same.
    pub fn from_secs(seconds: u64) -> Moment {
        Moment::from_millis(seconds.saturating_mul(1000))
    }

    /// The monotonic clock, in milliseconds. Only differences between two readings of one process mean something.
    pub fn uptime_millis(self) -> u64 {
        self.uptime_millis
    }

    /// Milliseconds since 1970.
    pub fn millis(self) -> u64 {
        self.millis
    }

    /// Whole seconds since 1970.
    pub fn secs(self) -> u64 {
        self.millis / 1000
    }
}

/// A share between nothing and (almost) everything, drawn by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction(u16);

impl Fraction {
    /// Nothing at all.
    pub const ZERO: Fraction = Fraction(0);
    /// As close to everything as it gets.
    pub const MAX: Fraction = Fraction(u16::MAX);

    /// From two random bytes.
    pub fn from_bytes(bytes: [u8; 2]) -> Fraction {
        Fraction(u16::from_le_bytes(bytes))
    }

    /// This share of `whole`, rounded down.
    pub fn of(self, whole: u64) -> u64 {
        whole.saturating_mul(u64::from(self.0)) / (u64::from(u16::MAX) + 1)
    }
}
