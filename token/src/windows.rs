//! The two windows of a token: fresh from `iat` to `bbf`, stale from `bbf` to `exp`.

/// In which of its windows a genuine token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// `now < bbf`: opens resources.
    Fresh,
    /// `bbf <= now < exp`: opens nothing, can be exchanged.
    Stale,
    /// `now >= exp`: worth nothing.
    Expired,
}

impl State {
    /// The state as it appears in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Fresh => "fresh",
            State::Stale => "stale",
            State::Expired => "expired",
        }
    }
}

/// The dates of a token, in seconds since the epoch, in order: `iat <= bbf <= exp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    bbf: u64,
    exp: u64,
}

impl Windows {
    /// Takes the three dates of a token; `None` when they are out of order.
    pub const fn new(iat: u64, bbf: u64, exp: u64) -> Option<Windows> {
        if iat <= bbf && bbf <= exp { Some(Windows { bbf, exp }) } else { None }
    }

    /// Where `now` falls. Half-open on purpose: at `bbf` a token is stale, at `exp` it is expired (RFC 7519, 4.1.4:
    /// "on or after"). A `tolerance` in seconds prolongs both windows; 0 is the rule, more is the caller's choice.
    pub const fn state(&self, now: u64, tolerance: u64) -> State {
        if now < self.bbf.saturating_add(tolerance) {
            State::Fresh
        } else if now < self.exp.saturating_add(tolerance) {
            State::Stale
        } else {
            State::Expired
        }
    }

    /// Seconds until the token goes stale; 0 when it has. Says nothing of tolerance: a client should exchange in time.
    pub const fn fresh_for(&self, now: u64) -> u64 {
        self.bbf.saturating_sub(now)
    }

    /// Seconds until the token expires; 0 when it has. A fresh token may be exchanged too.
    pub const fn exchangeable_for(&self, now: u64) -> u64 {
        self.exp.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_begins_exactly_at_its_date() {
        let windows = Windows::new(100, 200, 300).unwrap();
        for (now, state) in [
            (0, State::Fresh),
            (199, State::Fresh),
            (200, State::Stale),
            (299, State::Stale),
            (300, State::Expired),
            (u64::MAX, State::Expired),
        ] {
            assert_eq!(windows.state(now, 0), state, "at {now}");
        }
    }

    #[test]
    fn a_token_that_is_not_remembered_is_never_stale() {
        let windows = Windows::new(100, 200, 200).unwrap();
        assert_eq!(windows.state(199, 0), State::Fresh);
        assert_eq!(windows.state(200, 0), State::Expired);
    }

    #[test]
    fn dates_out_of_order_are_no_windows() {
        assert_eq!(Windows::new(101, 100, 300), None);
        assert_eq!(Windows::new(100, 301, 300), None);
        assert!(Windows::new(7, 7, 7).is_some());
    }

    #[test]
    fn tolerance_prolongs_without_overflowing() {
        let windows = Windows::new(0, 10, u64::MAX).unwrap();
        assert_eq!(windows.state(12, 3), State::Fresh);
        assert_eq!(windows.state(13, 3), State::Stale);
        assert_eq!(windows.state(13, u64::MAX), State::Fresh);
        assert_eq!(windows.fresh_for(11), 0);
    }
}
