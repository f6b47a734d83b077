//! `POST /oauth/token` (RFC 6749, 6): the exchange.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Http;
use super::error::ApiError;
use super::inbound::address::ClientAddress;
use super::inbound::cookie;
use super::inbound::extract::Form;
use crate::chance;
use crate::domain::{Exchange, Failure, Fraction, Issued};

pub(super) async fn token(
    State(http): State<Http>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, ApiError> {
    let grant = Grant::from_form(&form)?;
    let now = http.clock.now();
    let token = http.issuer.recognise(&grant.refresh_token, now)?;
    let binders = cookie::binders_of(&headers, &http, &token)?;
    let jitter = Fraction::from_bytes(chance::spread().map_err(ApiError::no_randomness)?);
    let request = Exchange {
        binders: &binders.secrets,
        client_id: grant.client_id.as_deref(),
        scope: grant.scope.as_deref(),
        address,
    };
    match http.issuer.exchange(&token, &request, jitter, now).await {
        Ok(issued) => {
            let mut response = token_response(&issued);
            cookie::rename_binder(&mut response, &issued, &token, &binders);
            Ok(response)
        }
        Err(failure) => {
            let session_is_dead = matches!(failure, Failure::Refused(reason) if reason.is_final());
            let mut response = ApiError::from(failure).into_response();
            if session_is_dead {
                cookie::clear_binder(&mut response, &token, &headers);
            }
            Ok(response)
        }
    }
}

/// Bytes of a token response besides the tokens, about.
const AROUND_TOKENS: usize = 256;

struct Grant<'a> {
    refresh_token: Cow<'a, str>,
    client_id: Option<Cow<'a, str>>,
    scope: Option<Cow<'a, str>>,
}

impl Grant<'_> {
    fn from_form(form: &Form) -> Result<Grant<'_>, ApiError> {
        let (mut grant_type, mut refresh_token, mut client_id, mut scope) = (None, None, None, None);
        for (name, value) in form.parameters()? {
            let slot = match name.as_ref() {
                "grant_type" => &mut grant_type,
                "refresh_token" => &mut refresh_token,
                "client_id" => &mut client_id,
                "scope" => &mut scope,
                _ => {
                    return Err(ApiError::bad_request(
                        "unknown_parameter",
                        "The form has a parameter that is not known here.",
                    ));
                }
            };
            if slot.replace(value).is_some() {
                return Err(ApiError::bad_request("doubled_parameter", "The form has a parameter twice."));
            }
        }
        match grant_type.as_deref() {
            Some("refresh_token") => {}
            Some(_) => {
                return Err(ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "unsupported_grant_type",
                    "unsupported_grant_type",
                    "The only `grant_type` here is `refresh_token`.",
                ));
            }
            None => return Err(missing("`grant_type` is missing.")),
        }
        let refresh_token = refresh_token.ok_or_else(|| missing("`refresh_token` is missing."))?;
        Ok(Grant { refresh_token, client_id, scope })
    }
}

fn missing(description: &'static str) -> ApiError {
    ApiError::bad_request("missing_parameter", description)
}

/// The token response that every OAuth client library understands (RFC 6749, 5.1). Kept out of caches by `guard::finish`.
pub(super) fn token_response(issued: &Issued) -> Response {
    match token_body(issued) {
        Ok(body) => {
            let mut response = Response::new(Body::from(body));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(_) => ApiError::from(Failure::Internal("a token response could not be written")).into_response(),
    }
}

fn token_body(issued: &Issued) -> Result<Vec<u8>, serde_json::Error> {
    // The token stands in it twice; a buffer that grows as it is written would be copied five times.
    let mut body = Vec::with_capacity(issued.token.len().saturating_mul(2).saturating_add(AROUND_TOKENS));
    body.extend_from_slice(br#"{"token_type":"Bearer","access_token":"#);
    write_text(&mut body, &issued.token)?;
    body.extend_from_slice(br#","expires_in":"#);
    serde_json::to_writer(&mut body, &issued.expires_in)?;
    // The same string: a client keeps one thing.
    body.extend_from_slice(br#","refresh_token":"#);
    write_text(&mut body, &issued.token)?;
    body.extend_from_slice(br#","refresh_expires_in":"#);
    serde_json::to_writer(&mut body, &issued.refresh_expires_in)?;
    body.extend_from_slice(br#","session_id":"#);
    write_text(&mut body, &issued.session_id)?;
    if let Some(scope) = &issued.scope {
        body.extend_from_slice(br#","scope":"#);
        write_text(&mut body, scope)?;
    }
    body.push(b'}');
    Ok(body)
}

/// A text as serde_json writes it. That one goes byte by byte, and a token is long; what has nothing to escape is copied.
fn write_text(body: &mut Vec<u8>, text: &str) -> Result<(), serde_json::Error> {
    // To the end even if one is found: so the compiler compares many bytes at once.
    let escapes = text.bytes().fold(false, |found, byte| found | matches!(byte, 0..=0x1F | b'"' | b'\\'));
    if escapes {
        return serde_json::to_writer(body, text);
    }
    body.push(b'"');
    body.extend_from_slice(text.as_bytes());
    body.push(b'"');
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct TokenResponse<'a> {
        token_type: &'static str,
        access_token: &'a str,
        expires_in: u64,
        refresh_token: &'a str,
        refresh_expires_in: u64,
        session_id: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        scope: Option<&'a str>,
    }

    proptest! {
        #[test]
        fn a_token_response_is_what_serde_makes_of_it(
            token in "[A-Za-z0-9_-]{0,80}(\\.[A-Za-z0-9_-]{0,400}){2}|.{0,20}",
            session_id in "[A-Za-z0-9_-]{22}|.{0,20}",
            scope in proptest::option::of("[a-z]{1,9}( [a-z]{1,9})?|(.|[\0-\u{1f}\"\\\\\u{7f}\u{2028}]){0,20}"),
            (expires_in, refresh_expires_in) in any::<(u64, u64)>(),
        ) {
            let response = TokenResponse {
                token_type: "Bearer",
                access_token: &token,
                expires_in,
                refresh_token: &token,
                refresh_expires_in,
                session_id: &session_id,
                scope: scope.as_deref(),
            };
            let expected = serde_json::to_string(&response).unwrap();
            let issued = Issued { token: token.clone(), session_id: session_id.clone(), expires_in, refresh_expires_in,
                scope: scope.clone(), binder: None };
            prop_assert_eq!(String::from_utf8(token_body(&issued).unwrap()).unwrap(), expected);
        }
    }
}
