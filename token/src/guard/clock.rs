//! The one clock of this crate, for backends that do not bring their own. Everything else is handed the moment.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z. A clock before that says 0, at which no token is valid yet.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
