//! Extractors: they check size and shape, and say what is wrong without repeating what was sent.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use super::super::Http;
use super::super::error::ApiError;
use crate::domain::Session;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// A JSON object. `T` should deny unknown members; doubled ones are refused by serde.
pub(in crate::http) struct JsonObject<T>(pub(in crate::http) T);

impl<T: DeserializeOwned> FromRequest<Http> for JsonObject<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Http) -> Result<Self, ApiError> {
        let body = body_of(JSON, request).await?;
        // serde would take an array for a struct, member by member.
        if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            return Err(malformed("The body must be a JSON object."));
        }
        serde_json::from_slice(&body).map(JsonObject).map_err(|error| describe(&error))
    }
}

/// serde names the member, which helps, or quotes the value, which may be a password.
fn describe(error: &serde_json::Error) -> ApiError {
    let text = error.to_string();
    let names_a_member =
        ["unknown field", "missing field", "duplicate field"].iter().any(|start| text.starts_with(start));
    if names_a_member && text.len() <= 512 {
        malformed(format!("The JSON object was not understood: {text}."))
    } else if error.is_data() {
        malformed(format!("A member of the JSON object has the wrong type: column {}.", error.column()))
    } else {
        malformed(format!("The body is not valid JSON: line {}, column {}.", error.line(), error.column()))
    }
}

fn malformed(description: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::bad_request("malformed_body", description)
}

/// A form as it arrived.
pub(in crate::http) struct Form(Bytes);

impl FromRequest<Http> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Http) -> Result<Self, ApiError> {
        body_of(FORM, request).await.map(Form)
    }
}

impl Form {
    /// Its parameters, in the order they were sent, borrowed where nothing had to be decoded.
    pub(in crate::http) fn parameters(&self) -> Result<impl Iterator<Item = Parameter<'_>>, ApiError> {
        let text = std::str::from_utf8(&self.0).map_err(|_| malformed("The form is not UTF-8."))?;
        Ok(text.split('&').filter(|pair| !pair.is_empty()).map(parameter))
    }
}

/// Name and value.
type Parameter<'a> = (Cow<'a, str>, Cow<'a, str>);

/// What form_urlencoded makes of a pair. It goes through every byte several times, and a token has hundreds of them, none
/// of which is encoded.
fn parameter(pair: &str) -> Parameter<'_> {
    if is_encoded(pair)
        && let Some(decoded) = form_urlencoded::parse(pair.as_bytes()).next()
    {
        return decoded;
    }
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (name.into(), value.into())
}

/// Looks to the end even if something was found: so the compiler compares many bytes at once. It gives that up where this
/// becomes a part of something larger.
#[inline(never)]
fn is_encoded(text: &str) -> bool {
    text.bytes().fold(0, |found, byte| found | u8::from(byte == b'%') | u8::from(byte == b'+')) != 0
}

/// The body, if it says that it is of this type and the address carries no parameters of its own.
async fn body_of(kind: &'static str, request: Request) -> Result<Bytes, ApiError> {
    if request.uri().query().is_some() {
        return Err(ApiError::bad_request(
            "query_refused",
            "Parameters belong into the body, not into the address.",
        ));
    }
    if !is_of_type(request.headers(), kind) {
        return Err(ApiError::wrong_content_type(kind));
    }
    // Bounded already, by `guard::whole_body`.
    let body = request.into_body().collect().await.map_err(|_| malformed("The body could not be read."))?;
    Ok(body.to_bytes())
}

/// Exactly one `Content-Type`, of this type; UTF-8 is the only charset it may name.
fn is_of_type(headers: &HeaderMap, kind: &str) -> bool {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (kinds.next(), kinds.next()) else { return false };
    let Ok(only) = only.to_str() else { return false };
    let mut pieces = only.split(';').map(str::trim);
    pieces.next().is_some_and(|essence| essence.eq_ignore_ascii_case(kind))
        && pieces.all(|parameter| {
            parameter.eq_ignore_ascii_case("charset=utf-8")
                || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
        })
}

/// The living session of whoever calls, proved by a fresh token.
pub(in crate::http) struct Caller(pub(in crate::http) Session);

impl FromRequestParts<Http> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers)?;
        http.issuer.authenticate(token, http.clock.now()).await.map(Caller).map_err(ApiError::protected)
    }
}

pub(in crate::http) fn bearer(headers: &HeaderMap) -> Result<&str, ApiError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(ApiError::bad_request("doubled_authorization", "Send one Authorization header."));
    }
    let value = first.and_then(|value| value.to_str().ok()).ok_or_else(ApiError::token_missing)?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(ApiError::token_missing());
    }
    match token.trim_matches(' ') {
        "" => Err(ApiError::bearer_empty()),
        token => Ok(token),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As the library reads it; `None`: not UTF-8.
    fn by_the_library(body: &[u8]) -> Option<Vec<(String, String)>> {
        let pairs = form_urlencoded::parse(body);
        std::str::from_utf8(body).ok()?;
        Some(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    fn by_us(body: &[u8]) -> Option<Vec<(String, String)>> {
        let form = Form(Bytes::copy_from_slice(body));
        let pairs = form.parameters().ok()?;
        Some(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    #[test]
    fn odd_forms_are_read_as_the_library_reads_them() {
        for body in [
            "",
            "&",
            "&&",
            "a",
            "=",
            "a=",
            "=b",
            "a=b=c",
            "a==",
            "&a=1&&b=2&",
            "a=%",
            "a=%z",
            "a=%zz",
            "a=%ff",
            "a=%C3%A9",
            "%61=%62",
            "a+b=c+d",
            "+",
            "%",
            "%26=%3D",
            "a=é",
            "a=%26b=1&c",
            "a=1&a=2",
            "%%61",
            "a=\0",
            "%3D=b",
            "é%C3",
            "a=%2",
            "a=%2+",
            "=+=",
            "a=b#c",
            "a;b=c",
        ] {
            assert_eq!(by_us(body.as_bytes()), by_the_library(body.as_bytes()), "{body:?}");
        }
        assert_eq!(by_us(b"a=\xff"), None);
    }

    #[test]
    fn what_is_not_encoded_is_not_copied() {
        let form = Form(Bytes::from_static(b"grant_type=refresh_token&refresh_token=a.b-c_d.e"));
        let pairs: Vec<_> = form.parameters().unwrap().collect();
        assert_eq!(pairs.len(), 2);
        for (name, value) in pairs {
            assert!(matches!((name, value), (Cow::Borrowed(_), Cow::Borrowed(_))));
        }
    }

    proptest! {
        #[test]
        fn every_form_is_read_as_the_library_reads_it(
            text in "([a-z=&%+.é\0]|%[0-9a-fA-F]{2}|%[a-z]){0,40}",
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            prop_assert_eq!(by_us(text.as_bytes()), by_the_library(text.as_bytes()));
            prop_assert_eq!(by_us(&bytes), by_the_library(&bytes));
        }
    }
}
