//! Cookie mode: the token stays in the page's hands, the binder secret lives in a cookie that no script can
//! read.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use super::super::Http;
use super::super::error::ApiError;
use crate::domain::{Binder, Issued};

/// `__Host-` makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis, 4.1.3.2).
const NAME: &str = "__Host-shelflife-binder";
const ATTRIBUTES: &str = "HttpOnly; Secure; SameSite=Strict; Path=/";
/// As long as browsers keep a cookie at most: 400 days. The session's own dates decide, not the cookie's.
const MAX_AGE: u64 = 400 * 24 * 60 * 60;

/// The binder secret that came along. Two of them are none: nobody can tell which one is meant.
pub(in crate::http) fn binder_of(headers: &HeaderMap) -> Option<Binder> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut binders = cookies
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == NAME);
    match (binders.next(), binders.next()) {
        (Some((_, value)), None) => Some(Binder::presented(value)),
        _ => None,
    }
}

/// Where cookies are at play, a page of a foreign origin gets nothing. No `Origin`: not a page.
pub(in crate::http) fn check_origin(headers: &HeaderMap, http: &Http) -> Result<(), ApiError> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let allowed = match (origins.next(), origins.next()) {
        (None, _) => true,
        (Some(origin), None) => {
            let own = http.issuer.name();
            http.cors_origins.iter().map(String::as_str).chain([own]).any(|known| origin == known)
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

/// Hands out the binder secret of a session that was just opened.
pub(in crate::http) fn set_binder(response: &mut Response, issued: &Issued) {
    let Some(binder) = &issued.binder else { return };
    // A session that is not remembered ends with the browser, and so does its cookie.
    let remembered = issued.refresh_expires_in > issued.expires_in;
    let max_age = if remembered { format!("; Max-Age={MAX_AGE}") } else { String::new() };
    append(response, &format!("{NAME}={}; {ATTRIBUTES}{max_age}", binder.reveal()));
}

/// Takes the cookie away. Only for the session it belongs to, and only when that is dead.
pub(in crate::http) fn clear_binder(response: &mut Response) {
    append(response, &format!("{NAME}=; {ATTRIBUTES}; Max-Age=0"));
}

fn append(response: &mut Response, cookie: &str) {
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
