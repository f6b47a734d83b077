//! Origins as browsers write them (RFC 6454, 6.2): scheme and host in lower case, no default port, nothing behind them.

use std::net::Ipv6Addr;

/// The origin of a URL: `https://id.example` of `https://ID.Example:443/auth`. `None`: the text has no scheme and host, or
/// has a user or characters that no browser sends in an origin (a name with other letters than those of ASCII is written in
/// its `xn--` form).
pub(crate) fn origin_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let scheme = scheme_of(scheme)?;
    let (host, port) = split_port(authority)?;
    let host = host_of(host)?;
    let default = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let port = match port {
        None | Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => Some(digits.parse::<u16>().ok()?),
        Some(_) => return None,
    };
    match port.filter(|port| Some(*port) != default) {
        Some(port) => Some(format!("{scheme}://{host}:{port}")),
        None => Some(format!("{scheme}://{host}")),
    }
}

/// The same for a text that is an origin and no more.
pub(crate) fn whole_origin(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("://")?;
    if rest.contains(['/', '?', '#']) { None } else { origin_of(text) }
}

/// RFC 3986, 3.1.
fn scheme_of(text: &str) -> Option<String> {
    let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let goes_on = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    (begins && goes_on).then(|| text.to_ascii_lowercase())
}

fn split_port(authority: &str) -> Option<(&str, Option<&str>)> {
    match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let host = authority.get(..address.len().saturating_add(2))?;
            match port {
                "" => Some((host, None)),
                port => Some((host, Some(port.strip_prefix(':')?))),
            }
        }
        None => match authority.split_once(':') {
            Some((host, port)) => Some((host, Some(port))),
            None => Some((authority, None)),
        },
    }
}

fn host_of(text: &str) -> Option<String> {
    if let Some(address) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().ok()?;
        return Some(match address.segments() {
            // Browsers write these in hexadecimal as well.
            [0, 0, 0, 0, 0, 0xffff, high, low] => format!("[::ffff:{high:x}:{low:x}]"),
            _ => format!("[{address}]"),
        });
    }
    let acceptable = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    (acceptable && !text.is_empty()).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_of_a_url_is_what_browsers_send() {
        for (url, origin) in [
            ("https://ID.Example:443/auth", "https://id.example"),
            ("https://id.example", "https://id.example"),
            ("HTTP://id.example:80", "http://id.example"),
            ("http://id.example:443?a#b", "http://id.example:443"),
            ("https://id.example:0443/", "https://id.example"),
            ("https://id.example:/", "https://id.example"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://[2001:DB8:0::1]:80/x", "http://[2001:db8::1]"),
            ("http://[::ffff:1.2.3.4]", "http://[::ffff:102:304]"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("app://.", "app://."),
            ("app://-", "app://-"),
            ("Tauri://Localhost:443", "tauri://localhost:443"),
        ] {
            assert_eq!(origin_of(url).as_deref(), Some(origin), "{url}");
        }
    }

    #[test]
    fn what_has_no_origin_is_none() {
        for text in [
            "null",
            "*",
            "",
            "https",
            "://a",
            "https://",
            "https:///a",
            "https://a@b",
            "https://a b",
            "https://*.a",
            "https://a:b",
            "https://a:65536",
            "https://[::1",
            "https://[::1]8",
            "https://[a]",
            "1a://b",
            "file:///x",
            "https://\u{e9}.example",
            "https://a:1:2",
            "data:text/html,x",
            "https://a\\b",
        ] {
            assert_eq!(origin_of(text), None, "{text}");
        }
        for text in ["https://a/", "https://a/b", "https://a?b", "https://a#"] {
            assert_eq!(whole_origin(text), None, "{text}");
        }
        assert_eq!(whole_origin("https://A:443").as_deref(), Some("https://a"));
    }
}
