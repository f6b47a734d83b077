//! Where a request comes from: the other end of the connection, or, when that is a proxy of ours, what it says.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::super::Http;

const FORWARDED_FOR: &str = "x-forwarded-for";
/// What proxies add to requests.
const FORWARDING: [&str; 4] = [FORWARDED_FOR, "x-forwarded-host", "x-forwarded-proto", "forwarded"];
/// Proxies in a row; who writes more of them has something else in mind.
const MAX_HOPS: usize = 32;

/// The other end of the connection. The server puts it beside every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// A range of addresses, like `10.0.0.0/8`; a single address is a range of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// Bits that count.
    length: u32,
}

/// It is not a range of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadNetwork;

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Network, BadNetwork> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| BadNetwork)?;
        let most = width(address);
        let length = match length {
            None => most,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
                digits.parse().map_err(|_| BadNetwork)?
            }
            Some(_) => return Err(BadNetwork),
        };
        // Bits behind the length would be ignored; whoever wrote them meant something else.
        let stray = bits(address) & !mask(most, length);
        if length > most || stray != 0 || address != address.to_canonical() {
            return Err(BadNetwork);
        }
        Ok(Network { address, length })
    }
}

impl Network {
    /// Whether the address, in its canonical form, lies in it.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let width = width(address);
        width == self::width(self.address)
            && (bits(address) ^ bits(self.address)) & mask(width, self.length) == 0
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The `length` highest of `width` bits.
fn mask(width: u32, length: u32) -> u128 {
    let host_bits = width.saturating_sub(length);
    let all = u128::MAX.checked_shr(128_u32.saturating_sub(width)).unwrap_or(0);
    all & u128::MAX.checked_shl(host_bits).unwrap_or(0)
}

/// The address a request comes from.
pub(in crate::http) struct ClientAddress(pub(in crate::http) IpAddr);

impl FromRequestParts<Http> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Infallible> {
        // Without a server in front, in a test for instance, everybody is one neighbour.
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.0);
        if http.trusted_proxies.is_empty() && parts.headers.contains_key(FORWARDED_FOR) {
            warn_once(peer);
        }
        Ok(ClientAddress(client_address(peer, &parts.headers, &http.trusted_proxies)))
    }
}

/// Behind a proxy that is not named, everybody is one neighbour, and one who guesses slows all others down.
fn warn_once(peer: IpAddr) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            event = "forwarding_ignored",
            %peer,
            "a request came with `X-Forwarded-For`, but no `--trusted-proxy` is set: if {peer} is a proxy of yours, \
             name it"
        );
    }
}

/// Behind a proxy clients reach the issuer under another name than the address it listens on, and refuse tokens that name
/// that address.
pub(super) fn warn_of_proxy(headers: &HeaderMap, issuer: &str) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    let came = FORWARDING.iter().find(|name| headers.contains_key(**name));
    if let Some(header) = came
        && !WARNED.swap(true, Ordering::Relaxed)
    {
        tracing::warn!(
            event = "issuer_behind_proxy",
            header,
            "a request came by way of a proxy, but tokens name {issuer} as their issuer: set `--issuer` to the URL that \
             clients use"
        );
    }
}

/// Goes back from the nearest hop to the first one that is not a proxy of ours. What stands further left was
/// written by strangers.
fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let trusted = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let mut nearest = peer.to_canonical();
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    let hops = lines.iter().rev().flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for hop in hops.take(MAX_HOPS) {
        if !trusted(nearest) {
            break;
        }
        match hop_address(hop.trim()) {
            Some(address) => nearest = address,
            None => break,
        }
    }
    nearest
}

/// Some proxies write the port as well.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let address = bare.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(peer: &str, lines: &[&str]) -> String {
        let proxies: Vec<Network> =
            ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"].map(|text| text.parse().unwrap()).into();
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        client_address(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn a_stranger_is_who_it_is_whatever_it_writes() {
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen("192.0.2.8", &["198.51.100.1"]), "192.0.2.8");
    }

    #[test]
    fn a_proxy_of_ours_is_believed_about_its_neighbour_and_nobody_beyond() {
        assert_eq!(seen("10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("::ffff:10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["6.6.6.6, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["6.6.6.6, 198.51.100.1, 192.0.2.7"]), "198.51.100.1");
        assert_eq!(seen("10.1.2.3", &["6.6.6.6", "198.51.100.1,10.9.9.9"]), "198.51.100.1");
        assert_eq!(seen("2001:db8::1", &["[2001:4::9]:443"]), "2001:4::9");
        assert_eq!(seen("10.1.2.3", &["198.51.100.1:4711"]), "198.51.100.1");
    }

    #[test]
    fn what_cannot_be_read_leaves_the_last_address_that_could() {
        assert_eq!(seen("10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(seen("10.1.2.3", &["198.51.100.1, unknown"]), "10.1.2.3");
        assert_eq!(seen("10.1.2.3", &["x, 192.0.2.7"]), "192.0.2.7");
        assert_eq!(seen("10.1.2.3", &[&"10.0.0.1,".repeat(1000)]), "10.1.2.3");
    }

    #[test]
    fn a_network_is_an_address_and_the_bits_that_count() {
        for text in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "192.0.2.7", "192.0.2.7/32", "2001:db8::/32"] {
            assert!(text.parse::<Network>().is_ok(), "{text}");
        }
        for text in
            ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "10.0.0", "a/8", "::ffff:10.0.0.0/104"]
        {
            assert_eq!(text.parse::<Network>(), Err(BadNetwork), "{text}");
        }
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("203.0.113.9".parse().unwrap()) && !all.contains("2001::1".parse().unwrap()));
    }
}
