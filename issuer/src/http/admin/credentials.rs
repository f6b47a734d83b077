//! Client id and secret (RFC 6749, 2.3.1).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64ct::{Base64, Encoding};

use super::super::Http;
use super::super::error::ApiError;
use crate::domain::{Client, ClientSecret, Role};

/// An id and a secret, as they were sent.
pub(super) struct Credentials {
    id: String,
    secret: ClientSecret,
}

impl Credentials {
    /// From `Authorization: Basic`, or else from the members of the body. Not from both.
    pub(super) fn of(
        headers: &HeaderMap,
        id: Option<String>,
        secret: Option<String>,
    ) -> Result<Credentials, ApiError> {
        let in_body = match (id, secret) {
            (Some(id), Some(secret)) => Some(Credentials { id, secret: ClientSecret::presented(&secret) }),
            (None, None) => None,
            _ => return Err(ApiError::client_refused()),
        };
        match (basic(headers)?, in_body) {
            (Some(_), Some(_)) => Err(ApiError::bad_request(
                "doubled_credentials",
                "Send the client's id and secret once: in the header or in the body.",
            )),
            (Some(credentials), None) | (None, Some(credentials)) => Ok(credentials),
            (None, None) => Err(ApiError::client_refused()),
        }
    }

    /// The client they belong to, if it has one of these roles.
    pub(super) async fn authenticate(&self, http: &Http, roles: &[Role]) -> Result<Client, ApiError> {
        Ok(http.issuer.clients().authenticate(&self.id, &self.secret, roles).await?)
    }
}

/// `None`: no such header. One of another scheme, or that cannot be read, is refused.
fn basic(headers: &HeaderMap) -> Result<Option<Credentials>, ApiError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().map_err(|_| ApiError::client_refused())?,
        (Some(_), Some(_)) => {
            return Err(ApiError::bad_request("doubled_authorization", "Send one Authorization header."));
        }
    };
    read_basic(value).map(Some).ok_or_else(ApiError::client_refused)
}

fn read_basic(value: &str) -> Option<Credentials> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Base64::decode_vec(encoded.trim_matches(' ')).ok()?;
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    // Both were form-encoded before they were put together.
    Some(Credentials { id: form_decoded(id)?, secret: ClientSecret::presented(&form_decoded(secret)?) })
}

fn form_decoded(text: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    match (pairs.next(), pairs.next()) {
        (Some((name, value)), None) if value.is_empty() && !text.contains('=') => Some(name.into_owned()),
        _ => None,
    }
}

/// A client with the role `admin`.
pub(in crate::http) struct Admin(pub(super) Client);

impl FromRequestParts<Http> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        Credentials::of(&parts.headers, None, None)?.authenticate(http, &[Role::Admin]).await.map(Admin)
    }
}

/// A client with the role `sessions` or `admin`.
pub(in crate::http) struct Backend(pub(super) Client);

impl FromRequestParts<Http> for Backend {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, ApiError> {
        let credentials = Credentials::of(&parts.headers, None, None)?;
        credentials.authenticate(http, &[Role::Sessions, Role::Admin]).await.map(Backend)
    }
}
