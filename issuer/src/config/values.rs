//! Single values as people write them: read, and refused with what would be right.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::{ConfigError, DAY};
use crate::http::{Network, whole_origin};
use crate::store::EngineKind;

pub(super) fn address(name: &str, text: &str) -> Result<SocketAddr, ConfigError> {
    text.parse().map_err(|_| {
        ConfigError(format!(
            "`{name}` is `{text}`, but must be an IP address and a port, like 127.0.0.1:8080 or [::1]:0"
        ))
    })
}

pub(super) fn audience(text: &str) -> Result<String, ConfigError> {
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
pub(super) fn issuer(name: &str, text: &str) -> Result<String, ConfigError> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let acceptable = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && text.len() <= 256
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"\\<>@".contains(&byte))
        && !text.ends_with('/');
    if acceptable {
        return Ok(text.to_owned());
    }
    Err(ConfigError(format!(
        "`{name}` is `{}`, but must be an http or https URL without query, fragment and final slash, \
         like https://id.example",
        text.escape_debug()
    )))
}

/// Each as `--issuer`, and none of them the present one.
pub(super) fn former_issuers(list: Vec<String>, present: Option<&str>) -> Result<Vec<String>, ConfigError> {
    for (position, text) in list.iter().enumerate() {
        issuer("--former-issuer", text)?;
        if present == Some(text) {
            return Err(ConfigError(format!(
                "`--former-issuer` is `{text}`, but must be an earlier `--issuer`, and that is the present one"
            )));
        }
        if list.iter().take(position).any(|earlier| earlier == text) {
            return Err(ConfigError(format!("`--former-issuer` names `{text}` twice")));
        }
    }
    Ok(list)
}

/// Origins as browsers send them.
pub(super) fn origins(list: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let origin = |text: &String| {
        whole_origin(text.trim()).ok_or_else(|| {
            ConfigError(format!(
                "`--cors-origin` is `{}`, but must be one origin: scheme, host and perhaps a port, without a path, like \
                 https://app.example or capacitor://localhost",
                text.escape_debug()
            ))
        })
    };
    list.iter().map(origin).collect()
}

pub(super) fn seconds(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<u64, ConfigError> {
    let duration = duration(name, text, range)?;
    if duration.subsec_nanos() == 0 {
        return Ok(duration.as_secs());
    }
    Err(ConfigError(format!("`{name}` is `{text}`, but must be whole seconds: tokens know nothing smaller")))
}

pub(super) fn duration(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<Duration, ConfigError> {
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

pub(super) fn number(name: &str, text: &str, range: RangeInclusive<u64>) -> Result<u64, ConfigError> {
    text.trim().parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let (least, most) = range.into_inner();
        ConfigError(format!(
            "`{name}` is `{}`, but must be a whole number from {least} to {most}",
            text.escape_debug()
        ))
    })
}

/// Durations as they are written in the documentation: 400d, not 1year 1month 3days.
pub(super) fn in_words(seconds: u64) -> String {
    match seconds {
        0 => "0s".to_owned(),
        s if s % DAY == 0 => format!("{}d", s / DAY),
        s if s % 3600 == 0 => format!("{}h", s / 3600),
        s if s % 60 == 0 && s > 300 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

pub(super) fn networks(list: Vec<String>) -> Result<Vec<Network>, ConfigError> {
    let network = |text: &String| {
        text.trim().parse().map_err(|_| {
            ConfigError(format!(
                "`--trusted-proxy` is `{}`, but must be an address or a range of addresses, like 10.0.0.0/8 or \
                 2001:db8::/32, without bits behind its length",
                text.escape_debug()
            ))
        })
    };
    list.iter().map(network).collect()
}

pub(super) fn engine(given: Option<&str>) -> Result<Option<EngineKind>, ConfigError> {
    let Some(name) = given else { return Ok(None) };
    EngineKind::named(name).map(Some).ok_or_else(|| {
        ConfigError(format!("`--store` is `{}`, but must be sled or redb", name.escape_debug()))
    })
}
