//! How much guessing of passwords is put up with. SECURITY.md says what it means for people.

use super::values::{duration, number};
use super::{ConfigError, DAY};
use crate::domain::{Bucket, LoginLimits};
use crate::settings::Settings;

/// Unless something else is said.
pub const LOGIN_LIMITS: LoginLimits = LoginLimits {
    free_failures: 5,
    longest_pause_ms: 15 * 60 * 1000,
    forget_after_ms: 60 * 60 * 1000,
    per_address: Bucket { burst: 50, refill_ms: 10_000 },
    per_account: Bucket { burst: 100, refill_ms: 36_000 },
};

pub(super) fn limits(given: &Settings) -> Result<LoginLimits, ConfigError> {
    let mut limits = LOGIN_LIMITS;
    if let Some(text) = &given.free_failures {
        let count = number("--free-failures", text, 0..=100)?;
        limits.free_failures = u32::try_from(count).unwrap_or(u32::MAX);
    }
    if let Some(text) = &given.longest_pause {
        limits.longest_pause_ms = milliseconds("--longest-pause", text, 1, DAY)?;
    }
    if let Some(text) = &given.forget_failures {
        limits.forget_after_ms = milliseconds("--forget-failures", text, 60, 30 * DAY)?;
    }
    if let Some(text) = &given.failures_per_address {
        limits.per_address = bucket("--failures-per-address", text)?;
    }
    if let Some(text) = &given.failures_per_account {
        limits.per_account = bucket("--failures-per-account", text)?;
    }
    if limits.forget_after_ms < limits.longest_pause_ms {
        return Err(ConfigError(format!(
            "`--forget-failures` is {}s, but must not be shorter than `--longest-pause`, which is {}s: whoever waits \
             for a pause to pass would begin anew",
            limits.forget_after_ms / 1000,
            limits.longest_pause_ms / 1000
        )));
    }
    Ok(limits)
}

fn milliseconds(name: &str, text: &str, least: u64, most: u64) -> Result<u64, ConfigError> {
    Ok(u64::try_from(duration(name, text, least..=most)?.as_millis()).unwrap_or(u64::MAX))
}

/// `50/10s`: fifty at once, and one more every ten seconds.
fn bucket(name: &str, text: &str) -> Result<Bucket, ConfigError> {
    let (burst, refill) = text.split_once('/').ok_or_else(|| {
        ConfigError(format!(
            "`{name}` is `{}`, but must be a number, a slash and a duration, like 50/10s: fifty at once, then one more \
             every ten seconds",
            text.escape_debug()
        ))
    })?;
    Ok(Bucket {
        burst: number(name, burst, 1..=1_000_000)?,
        refill_ms: milliseconds(name, refill, 0, DAY)?.max(1),
    })
}
