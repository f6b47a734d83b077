//! The configuration: settings that were judged, with the defaults filled in. The only place that knows
//! defaults.

mod guessing;
mod lifetimes;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use self::guessing::LOGIN_LIMITS;
use crate::domain::{Cap, LoginLimits, Rules, WhenFull};
use crate::http::Network;
use crate::settings::{Place, Settings};
use crate::store::EngineKind;

const DAY: u64 = 24 * 60 * 60;

/// Everything `shelflife serve` needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Data folder.
    pub data: PathBuf,
    /// Engine of the store; `None`: the one the folder has.
    pub store: Option<EngineKind>,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// `iss`; `None`: the address that turned out.
    pub issuer: Option<String>,
    /// Earlier `iss` whose tokens are still taken.
    pub former_issuers: Vec<String>,
    /// `aud`.
    pub audience: String,
    /// Lifetimes and limits, and to whom they apply.
    pub rules: Rules,
    /// How much guessing of passwords is put up with.
    pub login_limits: LoginLimits,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// Seconds for which a list of revocations may be used.
    pub revocations_max_age: u64,
    /// Seconds for which a session that has expired is kept.
    pub keep_expired: u64,
    /// Connections at once.
    pub max_connections: usize,
    /// Connections of one address at once.
    pub max_connections_per_address: usize,
    /// Address of the listener for operations.
    pub ops_listen: Option<SocketAddr>,
    /// How long everything is still served after the first SIGTERM.
    pub drain: Duration,
    /// Whether the demo user exists.
    pub demo: bool,
}

/// A setting that cannot be; the text names it, its value and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl Config {
    /// Judges what was given on the command line, in the environment and in the file.
    ///
    /// # Errors
    /// The first setting that is out of its range or contradicts another.
    pub fn from(place: &Place, given: Settings) -> Result<Config, ConfigError> {
        let given = given.over_file(place.config.as_deref())?;
        let listen = values::address("--listen", given.listen.as_deref().unwrap_or("127.0.0.1:8080"))?;
        let demo = given.demo.unwrap_or(false);
        if demo && !listen.ip().is_loopback() {
            return Err(ConfigError(format!(
                "`--demo` is on, so `--listen` must be a loopback address like 127.0.0.1:8080, but it is \
                 {listen}: everybody knows the password of the demo user"
            )));
        }
        let max_connections =
            connections("--max-connections", given.max_connections.as_deref().unwrap_or("1024"))?;
        Ok(Config {
            data: data_of(place.data.clone().or(given.data.clone())),
            store: values::engine(place.store.as_deref().or(given.store.as_deref()))?,
            listen,
            issuer: given.issuer.as_deref().map(|text| values::issuer("--issuer", text)).transpose()?,
            former_issuers: values::former_issuers(
                given.former_issuer.clone().unwrap_or_default(),
                given.issuer.as_deref(),
            )?,
            audience: values::audience(given.audience.as_deref().unwrap_or("api"))?,
            rules: Rules {
                sessions_per_user: sessions_per_user(&given)?,
                require_client: require_client(&given)?,
                ..lifetimes::rules(&given)?
            },
            login_limits: guessing::limits(&given)?,
            trusted_proxies: values::networks(given.trusted_proxy.unwrap_or_default())?,
            cors_origins: values::origins(given.cors_origin.unwrap_or_default())?,
            revocations_max_age: values::seconds(
                "--revocations-max-age",
                given.revocations_max_age.as_deref().unwrap_or("5m"),
                1..=7 * DAY,
            )?,
            keep_expired: values::seconds(
                "--keep-expired",
                given.keep_expired.as_deref().unwrap_or("24h"),
                60 * 60..=400 * DAY,
            )?,
            max_connections,
            max_connections_per_address: match given.max_connections_per_address.as_deref() {
                Some(text) => connections("--max-connections-per-address", text)?,
                // Connections of other addresses always find a place.
                None => max_connections.saturating_sub((max_connections / 64).max(1)).max(1),
            },
            ops_listen: given
                .ops_listen
                .as_deref()
                .map(|text| values::address("--ops-listen", text))
                .transpose()?,
            drain: values::duration("--drain", given.drain.as_deref().unwrap_or("0s"), 0..=300)?,
            demo,
        })
    }
}

/// The data folder, and the engine if one is asked for, of a command that needs nothing else.
///
/// # Errors
/// When the file of `--config` has a mistake, or there is no such engine.
pub fn data_folder(place: &Place) -> Result<(PathBuf, Option<EngineKind>), ConfigError> {
    let file = Settings::default().over_file(place.config.as_deref())?;
    let engine = values::engine(place.store.as_deref().or(file.store.as_deref()))?;
    Ok((data_of(place.data.clone().or(file.data)), engine))
}

fn data_of(given: Option<PathBuf>) -> PathBuf {
    given.unwrap_or_else(|| PathBuf::from("./shelflife-data"))
}

fn require_client(given: &Settings) -> Result<bool, ConfigError> {
    let required = given.require_client.unwrap_or(false);
    if required && given.client.is_empty() {
        return Err(ConfigError(
            "`--require-client` is on, but there is no table `[client.NAME]` in the file of `--config`, so that no \
             sign-in could name one"
                .to_owned(),
        ));
    }
    Ok(required)
}

fn connections(name: &str, text: &str) -> Result<usize, ConfigError> {
    Ok(usize::try_from(values::number(name, text, 1..=65_536)?).unwrap_or(usize::MAX))
}

fn sessions_per_user(given: &Settings) -> Result<Option<Cap>, ConfigError> {
    let most = given.max_sessions.as_deref().map(|text| values::number("--max-sessions", text, 1..=10_000));
    let when_full = match given.session_limit.as_deref() {
        None | Some("unlimited") => None,
        Some("deny") => Some(WhenFull::Deny),
        Some("evict-oldest") => Some(WhenFull::EvictOldest),
        Some(other) => {
            return Err(ConfigError(format!(
                "`--session-limit` is `{}`, but must be deny, evict-oldest or unlimited",
                other.escape_debug()
            )));
        }
    };
    match (most.transpose()?, when_full) {
        (Some(most), Some(when_full)) => {
            Ok(Some(Cap { most: usize::try_from(most).unwrap_or(usize::MAX), when_full }))
        }
        (None, None) => Ok(None),
        (Some(most), None) => Err(ConfigError(format!(
            "`--max-sessions` is {most}, but has no effect while `--session-limit` is unlimited: set that to deny or \
             evict-oldest"
        ))),
        (None, Some(_)) => Err(ConfigError(
            "`--session-limit` says what happens when a user has too many sessions, but `--max-sessions` does not \
             say how many those are"
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests;
