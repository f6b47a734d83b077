//! Lifetimes: those for everybody, and the stricter ones of the tables `[client.NAME]` and `[group.NAME]`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::values::{duration, in_words, number, seconds};
use super::{ConfigError, DAY};
use crate::domain::{LateExchange, Narrowing, Policy, Rules};
use crate::settings::{Settings, Stricter};

const ACCESS: RangeInclusive<u64> = 1..=30 * DAY;
const REFRESH: RangeInclusive<u64> = 1..=400 * DAY;
const ABSOLUTE: RangeInclusive<u64> = 1..=3650 * DAY;
const IDLE: u64 = 400 * DAY;
const REAUTH: u64 = 3650 * DAY;
/// A password that is demanded more often than this is typed by nobody.
const REAUTH_LEAST: u64 = 60;

/// Lifetimes for everybody and for some. How many sessions a user may have is another matter.
pub(super) fn rules(given: &Settings) -> Result<Rules, ConfigError> {
    let policy = policy(given)?;
    let clients = tables("client", &given.client, &policy)?;
    let groups = tables("group", &given.group, &policy)?;
    Ok(Rules { clients, groups, ..policy.into() })
}

fn policy(given: &Settings) -> Result<Policy, ConfigError> {
    let access = seconds("--access-ttl", given.access_ttl.as_deref().unwrap_or("15m"), ACCESS)?;
    let refresh = seconds("--refresh-ttl", given.refresh_ttl.as_deref().unwrap_or("30d"), REFRESH)?;
    let absolute = seconds("--absolute-ttl", given.absolute_ttl.as_deref().unwrap_or("365d"), ABSOLUTE)?;
    let idle = seconds("--idle-ttl", given.idle_ttl.as_deref().unwrap_or("0s"), 0..=IDLE)?;
    let reauth = seconds("--reauth-after", given.reauth_after.as_deref().unwrap_or("0s"), 0..=REAUTH)?;
    for (name, value) in [("--refresh-ttl", refresh), ("--absolute-ttl", absolute)] {
        if value < access {
            let (value, access) = (in_words(value), in_words(access));
            return Err(ConfigError(format!(
                "`{name}` is {value}, but must not be shorter than `--access-ttl`, which is {access}"
            )));
        }
    }
    if (1..REAUTH_LEAST).contains(&reauth) {
        return Err(ConfigError(format!(
            "`--reauth-after` is {}, but must be 0s (never) or at least {}",
            in_words(reauth),
            in_words(REAUTH_LEAST)
        )));
    }
    let grace = duration("--grace", given.grace.as_deref().unwrap_or("30s"), 0..=300)?;
    Ok(Policy {
        access_ttl: access,
        refresh_ttl: refresh,
        grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        jitter_percent: number("--jitter", given.jitter.as_deref().unwrap_or("5"), 0..=50)?,
        absolute_ttl: absolute,
        idle_ttl: (idle > 0).then_some(idle),
        reauth_after: (reauth > 0).then_some(reauth),
        late_exchange: late_exchange(given.late_exchange.as_deref().unwrap_or("unseen"))?,
    })
}

fn late_exchange(text: &str) -> Result<LateExchange, ConfigError> {
    match text {
        "unseen" => Ok(LateExchange::Unseen),
        "refuse" => Ok(LateExchange::Refuse),
        "allow" => Ok(LateExchange::Allow),
        other => Err(ConfigError(format!(
            "`--late-exchange` is `{}`, but must be unseen, refuse or allow",
            other.escape_debug()
        ))),
    }
}

fn tables(
    kind: &str,
    given: &BTreeMap<String, Stricter>,
    policy: &Policy,
) -> Result<BTreeMap<String, Narrowing>, ConfigError> {
    let judged = |(name, table): (&String, &Stricter)| {
        Ok((name.clone(), narrowing(&format!("[{kind}.{}]", name.escape_debug()), table, policy)?))
    };
    given.iter().map(judged).collect()
}

fn narrowing(table: &str, given: &Stricter, policy: &Policy) -> Result<Narrowing, ConfigError> {
    let value = |key: &str, text: &Option<String>, range: RangeInclusive<u64>, for_all: u64| {
        let Some(text) = text else { return Ok(None) };
        let name = format!("{key} of {table}");
        let value = seconds(&name, text, range)?;
        // It would never apply, and whoever wrote it thinks that it does.
        if value > for_all {
            return Err(ConfigError(format!(
                "`{name}` is {}, but for everybody it is {}, and the strictest wins: a table can only be stricter",
                in_words(value),
                in_words(for_all)
            )));
        }
        Ok(Some(value))
    };
    let idle = policy.idle_ttl.unwrap_or(u64::MAX);
    let reauth = policy.reauth_after.unwrap_or(u64::MAX);
    Ok(Narrowing {
        access_ttl: value("access-ttl", &given.access_ttl, ACCESS, policy.access_ttl)?,
        refresh_ttl: value("refresh-ttl", &given.refresh_ttl, REFRESH, policy.refresh_ttl)?,
        absolute_ttl: value("absolute-ttl", &given.absolute_ttl, ABSOLUTE, policy.absolute_ttl)?,
        idle_ttl: value("idle-ttl", &given.idle_ttl, 1..=IDLE, idle)?,
        reauth_after: value("reauth-after", &given.reauth_after, REAUTH_LEAST..=REAUTH, reauth)?,
    })
}
