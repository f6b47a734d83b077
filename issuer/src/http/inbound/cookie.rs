//! Cookie mode: the token stays in the page's hands, the binder secret lives in a cookie that no script can
//! read.
//!
//! Each bound session has a cookie of its own, named after its id: several sign-ins, several apps and several ports of one
//! host share the cookies of a browser. Cookies are bytes: a cookie of a neighbour that is not text hides none of ours, and a
//! name is ours only byte for byte.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::super::Http;
use super::super::error::ApiError;
use super::super::origin::origin_of;
use crate::domain::{Binder, Genuine, Issued};

/// `__Host-` makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2). The beginning of the session id
/// follows.
const PREFIX: &str = "__Host-shelflife-binder-";
/// The one name that earlier programs gave to the cookie of every session; still read.
const EARLIER_NAME: &str = "__Host-shelflife-binder";
/// Characters of the session id in the name.
const ID_CHARACTERS: usize = 12;
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict; Path=/";
/// As long as browsers keep a cookie at most: 400 days. The session's own dates decide, not the cookie's.
const MAX_AGE: u64 = 400 * 24 * 60 * 60;
/// Binder cookies that a browser keeps at most: all of them travel with every request.
const MOST: usize = 8;
/// Values of one name that are looked at.
const MOST_OF_ONE_NAME: usize = 4;

/// Binder secrets that came along for one session.
#[derive(Default)]
pub(in crate::http) struct Binders {
    /// The secrets, of whichever of the two names.
    pub(in crate::http) secrets: Vec<Binder>,
    /// Those that came under the earlier name.
    earlier: Vec<Binder>,
}

/// The binder secrets for the session of `token`. Nothing is looked at for a session that is not bound.
///
/// # Errors
/// When such cookies come from a page of a foreign origin.
pub(in crate::http) fn binders_of(
    headers: &HeaderMap,
    http: &Http,
    token: &Genuine,
) -> Result<Binders, ApiError> {
    if token.binder_hash().is_none() {
        return Ok(Binders::default());
    }
    let own = of_name(headers, &name_of(&token.claims().sid));
    let earlier = of_name(headers, EARLIER_NAME);
    let secrets: Vec<Binder> = own.into_iter().chain(earlier.iter().cloned()).collect();
    if !secrets.is_empty() {
        check_origin(headers, http)?;
    }
    Ok(Binders { secrets, earlier })
}

fn name_of(sid: &str) -> String {
    format!("{PREFIX}{}", sid.get(..ID_CHARACTERS).unwrap_or(sid))
}

fn of_name(headers: &HeaderMap, name: &str) -> Vec<Binder> {
    let values = cookies(headers).filter(|(found, _)| *found == name.as_bytes());
    let secrets = values.filter_map(|(_, value)| std::str::from_utf8(value).ok()).map(Binder::presented);
    secrets.take(MOST_OF_ONE_NAME).collect()
}

/// Names and values of all cookies, in the order they were sent, which is that of their age (RFC 6265, 5.4).
pub(in crate::http) fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    lines.flat_map(|line| line.split(|byte| *byte == b';')).filter_map(|pair| {
        let at = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = pair.split_at_checked(at)?;
        Some((trimmed(name), trimmed(value.get(1..)?)))
    })
}

/// Without space and tab at the ends, and nothing else.
fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

/// Where cookies are at play, a page of a foreign origin gets nothing. No `Origin`: not a page.
pub(in crate::http) fn check_origin(headers: &HeaderMap, http: &Http) -> Result<(), ApiError> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let own = origin_of(http.issuer.name());
            let known = http.cors_origins.iter().map(String::as_str).chain(own.as_deref());
            known.map(str::as_bytes).any(|known| origin.as_bytes() == known)
        }
        (Some(_), Some(_)) => false,
    };
    if allowed {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "invalid_request",
        "origin_refused",
        "Pages of this origin may not use sessions that are bound to a cookie.",
    ))
}

/// Hands out the binder secret of a session that was just opened. Where the browser has as many as it may, the oldest go.
pub(in crate::http) fn set_binder(response: &mut Response, issued: &Issued, headers: &HeaderMap) {
    let Some(binder) = &issued.binder else { return };
    let name = name_of(&issued.session_id);
    let kept: Vec<&str> = cookies(headers)
        .filter_map(|(name, _)| std::str::from_utf8(name).ok())
        .filter(|kept| kept.starts_with(PREFIX) && *kept != name)
        .filter(|kept| kept.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)))
        .collect();
    let surplus = kept.len().saturating_add(1).saturating_sub(MOST);
    kept.iter().take(surplus).for_each(|oldest| clear(response, oldest));
    set(response, &name, binder, issued);
}

/// After an exchange: a secret that came under the earlier name gets the name of its session.
pub(in crate::http) fn rename_binder(
    response: &mut Response,
    issued: &Issued,
    token: &Genuine,
    binders: &Binders,
) {
    let Some(hash) = token.binder_hash() else { return };
    if let Some(binder) = binders.earlier.iter().find(|binder| binder.matches(hash)) {
        set(response, &name_of(&issued.session_id), binder, issued);
        clear(response, EARLIER_NAME);
    }
}

/// Takes the cookie of a session away. Only when that session is dead, and only if the cookie is its own.
pub(in crate::http) fn clear_binder(response: &mut Response, token: &Genuine, headers: &HeaderMap) {
    let Some(hash) = token.binder_hash() else { return };
    for name in [&name_of(&token.claims().sid), EARLIER_NAME] {
        if of_name(headers, name).iter().any(|binder| binder.matches(hash)) {
            clear(response, name);
        }
    }
}

fn set(response: &mut Response, name: &str, binder: &Binder, issued: &Issued) {
    // A session that is not remembered ends with the browser, and so does its cookie.
    let remembered = issued.refresh_expires_in > issued.expires_in;
    let max_age = if remembered { format!("; Max-Age={MAX_AGE}") } else { String::new() };
    append(response, &format!("{name}={}; {ATTRIBUTES}{max_age}", binder.reveal()));
}

fn clear(response: &mut Response, name: &str) {
    append(response, &format!("{name}=; {ATTRIBUTES}; Max-Age=0"));
}

fn append(response: &mut Response, cookie: &str) {
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(lines: &[&[u8]], name: &str) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        of_name(&headers, name).iter().map(|binder| binder.reveal().to_owned()).collect()
    }

    #[test]
    fn a_cookie_is_ours_byte_for_byte_and_a_neighbour_that_is_no_text_hides_none() {
        let found = |line: &[u8]| named(&[line], EARLIER_NAME);
        assert_eq!(found(b"a=1;\t__Host-shelflife-binder=x ; b=2"), ["x"]);
        assert_eq!(found(b"a=\xC3\xA9\xFF; __Host-shelflife-binder=x"), ["x"]);
        for foreign in [
            &b"\xA0__Host-shelflife-binder=x"[..],
            b"\xE2\x80\x80__Host-shelflife-binder=x",
            b"__host-shelflife-binder=x",
            b"__Host-shelflife-binder\xA0=x",
            b"__Host-shelflife-binder-abc=x",
            b"__Host-shelflife-binder",
        ] {
            assert!(found(foreign).is_empty(), "{foreign:?}");
        }
    }

    #[test]
    fn two_lines_of_cookies_are_both_read() {
        let lines: [&[u8]; 2] = [b"__Host-shelflife-binder=x", b"__Host-shelflife-binder=y"];
        assert_eq!(named(&lines, EARLIER_NAME), ["x", "y"]);
    }

    #[test]
    fn the_name_holds_the_first_twelve_characters_of_the_session_id() {
        assert_eq!(name_of("0123456789abcdef"), "__Host-shelflife-binder-0123456789ab");
        assert_eq!(name_of("short"), "__Host-shelflife-binder-short");
    }
}
