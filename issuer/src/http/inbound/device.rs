//! The cookie by which a device is known that an account was signed in on before. It opens nothing: it keeps guessers
//! elsewhere from holding up this device.

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64ct::{Base64UrlUnpadded, Encoding};

use super::cookie::cookies;
use crate::domain::{DeviceEntry, Devices};

/// `__Host-` makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2).
const NAME: &[u8] = b"__Host-shelflife-device";
/// 400 days, the longest that browsers keep a cookie.
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=34560000";
/// Between two entries; not a character of base64url.
const SEPARATOR: char = '.';

/// The entries that came along. What is garbled is left out.
pub(in crate::http) fn devices_of(headers: &HeaderMap) -> Devices {
    let values = cookies(headers).filter(|(name, _)| *name == NAME).map(|(_, value)| value);
    Devices::new(values.flat_map(|value| value.split(|byte| *byte == SEPARATOR as u8)).filter_map(entry))
}

fn entry(text: &[u8]) -> Option<DeviceEntry> {
    let mut bytes = [0; DeviceEntry::LENGTH];
    let whole =
        Base64UrlUnpadded::decode(text, &mut bytes).is_ok_and(|read| read.len() == DeviceEntry::LENGTH);
    whole.then(|| DeviceEntry::from_bytes(bytes))
}

/// Hands out the entries that the browser keeps from now on.
pub(in crate::http) fn set_devices(response: &mut Response, devices: &Devices) {
    let mut cookie = format!("{}=", String::from_utf8_lossy(NAME));
    for (place, entry) in devices.entries().iter().enumerate() {
        if place > 0 {
            cookie.push(SEPARATOR);
        }
        cookie.push_str(&Base64UrlUnpadded::encode_string(&entry.to_bytes()));
    }
    cookie.push_str("; ");
    cookie.push_str(ATTRIBUTES);
    if let Ok(mut value) = HeaderValue::from_str(&cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(bytes: &[u8]) -> Devices {
        Devices::new(bytes.iter().map(|byte| DeviceEntry::from_bytes([*byte; DeviceEntry::LENGTH])))
    }

    fn sent(lines: &[&[u8]]) -> Devices {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        devices_of(&headers)
    }

    #[test]
    fn what_was_set_comes_back_whatever_other_cookies_there_are() {
        let mut response = Response::default();
        set_devices(&mut response, &devices(&[1, 2, 3, 4]));
        let set = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        let (pair, attributes) = set.split_once("; ").unwrap();
        assert_eq!(attributes, ATTRIBUTES);
        for line in
            [pair.to_owned(), format!("a=b;{pair}"), format!("a=b; \t{pair} ;c"), format!(";;={pair};{pair}")]
        {
            assert_eq!(sent(&[line.as_bytes()]), devices(&[1, 2, 3, 4]), "{line}");
        }
        let odd = [b"name=\xff\xfe; ".as_slice(), pair.as_bytes()].concat();
        assert_eq!(sent(&[&odd]), devices(&[1, 2, 3, 4]));
        assert_eq!(sent(&[b"x=\xe9", pair.as_bytes()]), devices(&[1, 2, 3, 4]));
    }

    #[test]
    fn of_a_garbled_cookie_what_can_be_read_counts_and_four_at_most() {
        let text = |byte| Base64UrlUnpadded::encode_string(&[byte; DeviceEntry::LENGTH]);
        let cookie = |value: &str| format!("__Host-shelflife-device={value}").into_bytes();
        assert_eq!(sent(&[&cookie(&format!("{}.x.{}..", text(1), text(2)))]), devices(&[1, 2]));
        let many: Vec<_> = (0..40).map(text).collect();
        assert_eq!(sent(&[&cookie(&many.join("."))]), devices(&[0, 1, 2, 3]));
        for none in
            ["", ".", "\u{a0}", &text(1)[1..], &format!("{}A", text(1)), &format!("\u{a0}{}", text(1))]
        {
            assert_eq!(sent(&[&cookie(none)]), devices(&[]), "{none:?}");
        }
        let other = [b"a__Host-shelflife-device=".as_slice(), text(1).as_bytes()].concat();
        assert_eq!(sent(&[&other]), devices(&[]));
        let shout = [b"__HOST-shelflife-device=".as_slice(), text(1).as_bytes()].concat();
        assert_eq!(sent(&[&shout]), devices(&[]));
        assert_eq!(sent(&[]), devices(&[]));
    }
}
