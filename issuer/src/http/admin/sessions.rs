//! `POST /admin/sessions`

use std::fmt;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::super::Http;
use super::super::error::ApiError;
use super::super::inbound::extract::JsonObject;
use super::super::login::short_text;
use super::super::token::token_response;
use super::credentials::Credentials;
use crate::chance;
use crate::domain::{ExtraClaims, Role, Trusted, check_id, check_new_groups, check_new_id};

const MAX_SCOPE_BYTES: usize = 512;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OpenBody {
    client_id: Option<String>,
    client_secret: Option<String>,
    sub: String,
    device: Option<String>,
    groups: Option<Vec<String>>,
    scope: Option<String>,
    remember_me: Option<bool>,
    claims: Option<Members>,
}

/// An object of any members, none of them twice.
struct Members(Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Members, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands there twice"));
            }
        }
        Ok(Members(members))
    }
}

pub(in crate::http) async fn open(
    State(http): State<Http>,
    headers: HeaderMap,
    JsonObject(mut body): JsonObject<OpenBody>,
) -> Result<Response, ApiError> {
    let credentials = Credentials::of(&headers, body.client_id.take(), body.client_secret.take())?;
    let client = credentials.authenticate(&http, Role::Sessions)?;
    let wanted = translate(body)?;
    if let Err(error) = check_new_id(&wanted.sub)
        && !http.issuer.knows_subject(&wanted.sub)?
    {
        return Err(ApiError::bad_member("sub", &error));
    }
    let sid = chance::bytes().map_err(ApiError::no_randomness)?;
    let issued = http.issuer.open_for(&client, wanted, sid, http.clock.now()).await;
    Ok(token_response(&issued.map_err(ApiError::administrative)?))
}

fn translate(body: OpenBody) -> Result<Trusted, ApiError> {
    check_id(&body.sub).map_err(|error| ApiError::bad_member("sub", &error))?;
    if let Some(groups) = &body.groups {
        check_new_groups(groups).map_err(|error| ApiError::bad_member("groups", &error))?;
    }
    let extra = body.claims.map(|claims| ExtraClaims::new(&claims.0)).transpose();
    Ok(Trusted {
        sub: body.sub,
        device: body.device.map(|text| short_text("device", text)).transpose()?,
        groups: body.groups,
        scope: body.scope.map(scope).transpose()?,
        remember_me: body.remember_me.unwrap_or(false),
        extra: extra.map_err(|error| ApiError::bad_member("claims", &error))?,
    })
}

/// Words with one space between them (RFC 6749, 3.3).
fn scope(text: String) -> Result<String, ApiError> {
    let in_word = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    let acceptable = text.len() <= MAX_SCOPE_BYTES
        && text.split(' ').all(|word| !word.is_empty() && word.bytes().all(in_word));
    if acceptable {
        return Ok(text);
    }
    let rule =
        "up to 512 bytes: words of ASCII without quotation marks and backslashes, one space between them";
    Err(ApiError::bad_member("scope", &rule))
}
