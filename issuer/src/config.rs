//! The configuration: settings that were judged, with the defaults filled in. The only place that knows
//! defaults.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::Policy;
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
    /// `aud`.
    pub audience: String,
    /// Lifetimes and limits.
    pub policy: Policy,
    /// Origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// Connections at once.
    pub max_connections: usize,
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
        let listen = address(given.listen.as_deref().unwrap_or("127.0.0.1:8080"))?;
        let demo = given.demo.unwrap_or(false);
        if demo && !listen.ip().is_loopback() {
            return Err(ConfigError(format!(
                "`--demo` is on, so `--listen` must be a loopback address like 127.0.0.1:8080, but it is \
                 {listen}: everybody knows the password of the demo user"
            )));
        }
        Ok(Config {
            data: data_of(place.data.clone().or(given.data.clone())),
            store: engine(place.store.as_deref().or(given.store.as_deref()))?,
            listen,
            issuer: given.issuer.as_deref().map(issuer).transpose()?,
            audience: audience(given.audience.as_deref().unwrap_or("api"))?,
            policy: policy(&given)?,
            cors_origins: origins(given.cors_origin.unwrap_or_default())?,
            max_connections: usize::try_from(number(
                "--max-connections",
                given.max_connections.as_deref().unwrap_or("1024"),
                1..=65_536,
            )?)
            .unwrap_or(usize::MAX),
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
    let engine = engine(place.store.as_deref().or(file.store.as_deref()))?;
    Ok((data_of(place.data.clone().or(file.data)), engine))
}

fn engine(given: Option<&str>) -> Result<Option<EngineKind>, ConfigError> {
    let Some(name) = given else { return Ok(None) };
    EngineKind::named(name).map(Some).ok_or_else(|| {
        ConfigError(format!("`--store` is `{}`, but must be sled or redb", name.escape_debug()))
    })
}

fn data_of(given: Option<PathBuf>) -> PathBuf {
    given.unwrap_or_else(|| PathBuf::from("./shelflife-data"))
}

fn policy(given: &Settings) -> Result<Policy, ConfigError> {
    let access = seconds("--access-ttl", given.access_ttl.as_deref().unwrap_or("15m"), 1..=30 * DAY)?;
    let refresh = seconds("--refresh-ttl", given.refresh_ttl.as_deref().unwrap_or("30d"), 1..=400 * DAY)?;
    let absolute =
        seconds("--absolute-ttl", given.absolute_ttl.as_deref().unwrap_or("365d"), 1..=3650 * DAY)?;
    let idle = seconds("--idle-ttl", given.idle_ttl.as_deref().unwrap_or("0s"), 0..=400 * DAY)?;
    for (name, value) in [("--refresh-ttl", refresh), ("--absolute-ttl", absolute)] {
        if value < access {
            let (value, access) = (in_words(value), in_words(access));
            return Err(ConfigError(format!(
                "`{name}` is {value}, but must not be shorter than `--access-ttl`, which is {access}"
            )));
        }
    }
    let grace = duration("--grace", given.grace.as_deref().unwrap_or("30s"), 0..=300)?;
    Ok(Policy {
        access_ttl: access,
        refresh_ttl: refresh,
        grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        jitter_percent: number("--jitter", given.jitter.as_deref().unwrap_or("5"), 0..=50)?,
        absolute_ttl: absolute,
        idle_ttl: (idle > 0).then_some(idle),
    })
}

fn address(text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError(format!(
            "`--listen` is `{text}`, but must be an IP address and a port, like 127.0.0.1:8080 or [::1]:0"
        ))
    })
}

fn audience(text: &str) -> Result<String, ConfigError> {
    if (1..=256).contains(&text.len()) && !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(ConfigError(format!(
        "`--audience` is `{}`, but must have 1 to 256 bytes and no control characters",
        text.escape_debug()
    )))
}

/// Compared byte for byte in every token, and the beginning of every link (RFC 8414, 2: no query, no
/// fragment).
fn issuer(text: &str) -> Result<String, ConfigError> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let acceptable = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && text.len() <= 256
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"\\<>@".contains(&byte))
        && !text.ends_with('/');
    if acceptable {
        return Ok(text.to_owned());
    }
    Err(ConfigError(format!(
        "`--issuer` is `{}`, but must be an http or https URL without query, fragment and final slash, \
         like https://id.example",
        text.escape_debug()
    )))
}

fn origins(list: Vec<String>) -> Result<Vec<String>, ConfigError> {
    for origin in &list {
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        // Browsers send origins in lower case; anything else would never match.
        let acceptable = host.is_some_and(|host| !host.is_empty())
            && host.is_some_and(|host| {
                host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-:[]".contains(&b))
            });
        if !acceptable {
            return Err(ConfigError(format!(
                "`--cors-origin` is `{}`, but must be one origin as browsers send it, scheme, host and port in \
                 lower case, like https://app.example",
                origin.escape_debug()
            )));
        }
    }
    Ok(list)
}

fn seconds(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<u64, ConfigError> {
    let duration = duration(name, text, range)?;
    if duration.subsec_nanos() == 0 {
        return Ok(duration.as_secs());
    }
    Err(ConfigError(format!("`{name}` is `{text}`, but must be whole seconds: tokens know nothing smaller")))
}

fn duration(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<Duration, ConfigError> {
    let parsed = humantime::parse_duration(text.trim()).ok();
    let (least, most) = (Duration::from_secs(*range.start()), Duration::from_secs(*range.end()));
    parsed.filter(|duration| (least..=most).contains(duration)).ok_or_else(|| {
        let (least, most) = (in_words(*range.start()), in_words(*range.end()));
        ConfigError(format!(
            "`{name}` is `{}`, but must be a duration from {least} to {most}, like 90s, 15m, 12h or 30d",
            text.escape_debug()
        ))
    })
}

fn number(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<u64, ConfigError> {
    text.trim().parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let (least, most) = range.into_inner();
        ConfigError(format!(
            "`{name}` is `{}`, but must be a whole number from {least} to {most}",
            text.escape_debug()
        ))
    })
}

/// Durations as they are written in the documentation: 400d, not 1year 1month 3days.
fn in_words(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        s if s % DAY == 0 => format!("{}d", s / DAY),
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 && s > 300 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(change: impl FnOnce(&mut Settings)) -> Result<Config, ConfigError> {
        let mut settings = Settings::default();
        change(&mut settings);
        Config::from(&Place::default(), settings)
    }

    fn file(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shelflife.toml");
        std::fs::write(&path, text).unwrap();
        let settings = Settings { access_ttl: Some("2m".into()), ..Settings::default() };
        Config::from(&Place { config: Some(path), ..Place::default() }, settings)
    }

    #[test]
    fn nothing_given_is_a_working_configuration() {
        let config = with(|_| {}).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!((config.policy.access_ttl, config.policy.refresh_ttl), (900, 30 * DAY));
        assert_eq!((config.policy.grace_ms, config.policy.jitter_percent), (30_000, 5));
        assert_eq!((config.audience.as_str(), config.policy.absolute_ttl), ("api", 365 * DAY));
    }

    #[test]
    fn every_mistake_names_the_setting_its_value_and_what_is_allowed() {
        let mistakes = [
            (with(|s| s.grace = Some("301s".into())), ["--grace", "301s", "300s"]),
            (with(|s| s.access_ttl = Some("0s".into())), ["--access-ttl", "0s", "30d"]),
            (with(|s| s.access_ttl = Some("soon".into())), ["--access-ttl", "soon", "1s"]),
            (with(|s| s.access_ttl = Some("1500ms".into())), ["--access-ttl", "1500ms", "whole seconds"]),
            (with(|s| s.refresh_ttl = Some("401d".into())), ["--refresh-ttl", "401d", "400d"]),
            (with(|s| s.refresh_ttl = Some("1m".into())), ["--refresh-ttl", "60s", "--access-ttl"]),
            (with(|s| s.jitter = Some("-1".into())), ["--jitter", "-1", "50"]),
            (with(|s| s.listen = Some("localhost".into())), ["--listen", "localhost", "127.0.0.1:8080"]),
            (
                with(|s| s.issuer = Some("https://id.example/".into())),
                ["--issuer", "id.example/", "final slash"],
            ),
            (with(|s| s.audience = Some(String::new())), ["--audience", "``", "1 to 256"]),
            (with(|s| s.cors_origin = Some(vec!["*".into()])), ["--cors-origin", "*", "one origin"]),
        ];
        for (result, expected) in mistakes {
            let text = result.unwrap_err().to_string();
            for word in expected {
                assert!(text.contains(word), "{word} in {text}");
            }
        }
    }

    #[test]
    fn the_demo_user_exists_on_loopback_only() {
        let demo = |listen: &str| with(|s| (s.demo, s.listen) = (Some(true), Some(listen.into())));
        assert!(demo("127.0.0.1:0").unwrap().demo);
        assert!(demo("[::1]:0").unwrap().demo);
        assert!(demo("0.0.0.0:0").unwrap_err().to_string().contains("--demo"));
    }

    #[test]
    fn flags_win_over_the_file_and_the_file_over_defaults() {
        let config =
            file("access-ttl = \"5m\"\ngrace = \"1s\"\njitter = 0\ncors_origin = [\"http://a.example\"]")
                .unwrap();
        assert_eq!(
            (config.policy.access_ttl, config.policy.grace_ms, config.policy.jitter_percent),
            (120, 1000, 0)
        );
        assert_eq!(config.cors_origins, ["http://a.example"]);
    }

    #[test]
    fn a_file_with_a_word_that_is_no_setting_is_refused_with_that_word() {
        let text = file("acess-ttl = \"5m\"").unwrap_err().to_string();
        assert!(text.contains("acess-ttl") && text.contains("shelflife.toml"), "{text}");
    }
}
