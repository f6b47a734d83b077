//! `POST /oauth/token` (RFC 6749, 6): the exchange.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Http;
use super::error::ApiError;
use super::inbound::cookie;
use super::inbound::extract::Form;
use crate::chance;
use crate::domain::{Exchange, Failure, Fraction, Issued};

pub(super) async fn token(
    State(http): State<Http>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, ApiError> {
    let grant = Grant::from_form(form)?;
    let binder = cookie::binder_of(&headers);
    if binder.is_some() {
        cookie::check_origin(&headers, &http)?;
    }
    let jitter = Fraction::from_bytes(chance::bytes().map_err(ApiError::no_randomness)?);
    let now = http.clock.now();
    let request = Exchange {
        token: &grant.refresh_token,
        binder,
        client_id: grant.client_id.as_deref(),
        scope: grant.scope.as_deref(),
    };
    match http.issuer.exchange(&request, jitter, now).await {
        Ok(issued) => Ok(token_response(&issued)),
        Err(failure) => {
            let session_is_dead = matches!(failure, Failure::Refused(reason) if reason.is_final());
            let mut response = ApiError::from(failure).into_response();
            if let Some(binder) = request.binder.filter(|_| session_is_dead)
                && http.issuer.is_bound_by(request.token, &binder, now)
            {
                cookie::clear_binder(&mut response);
            }
            Ok(response)
        }
    }
}

/// Bytes of a token response besides the tokens, about.
const AROUND_TOKENS: usize = 256;

struct Grant {
    refresh_token: String,
    client_id: Option<String>,
    scope: Option<String>,
}

impl Grant {
    fn from_form(form: Vec<(String, String)>) -> Result<Grant, ApiError> {
        let (mut grant_type, mut refresh_token, mut client_id, mut scope) = (None, None, None, None);
        for (name, value) in form {
            let slot = match name.as_str() {
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

/// The token response that every OAuth client library understands (RFC 6749, 5.1).
#[derive(Serialize)]
struct TokenResponse<'a> {
    token_type: &'static str,
    access_token: &'a str,
    expires_in: u64,
    /// The same string: a client keeps one thing.
    refresh_token: &'a str,
    refresh_expires_in: u64,
    session_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

/// Kept out of caches by `guard::finish`.
pub(super) fn token_response(issued: &Issued) -> Response {
    let response = TokenResponse {
        token_type: "Bearer",
        access_token: &issued.token,
        expires_in: issued.expires_in,
        refresh_token: &issued.token,
        refresh_expires_in: issued.refresh_expires_in,
        session_id: &issued.session_id,
        scope: issued.scope.as_deref(),
    };
    // The token stands in it twice; a buffer that grows as it is written would be copied five times.
    let mut body = Vec::with_capacity(issued.token.len().saturating_mul(2).saturating_add(AROUND_TOKENS));
    match serde_json::to_writer(&mut body, &response) {
        Ok(()) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(_) => ApiError::from(Failure::Internal("a token response could not be written")).into_response(),
    }
}
