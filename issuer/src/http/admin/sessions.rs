//! `POST /admin/sessions`, `GET` and `DELETE /admin/sessions/{sid}`, `POST /admin/sessions/{sid}/proved`

use std::fmt;
use std::net::IpAddr;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::Http;
use super::super::error::ApiError;
use super::super::inbound::extract::JsonObject;
use super::super::login::short_text;
use super::super::sessions::SessionItem;
use super::super::token::token_response;
use super::credentials::{Backend, Credentials};
use crate::chance;
use crate::domain::{Authentication, ExtraClaims, Fraction, Moment, Role, Trusted, check_groups, check_id};

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
    auth_time: Option<u64>,
    #[serde(default)]
    amr: Vec<String>,
    acr: Option<String>,
    ip: Option<IpAddr>,
    user_agent: Option<String>,
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
    let client = credentials.authenticate(&http, &[Role::Sessions]).await?;
    let wanted = translate(body, http.clock.now())?;
    let sid = chance::bytes().map_err(ApiError::no_randomness)?;
    let issued = http.issuer.open_for(&client, wanted, sid, &|| http.clock.now()).await;
    Ok(token_response(&issued.map_err(ApiError::administrative)?))
}

fn translate(body: OpenBody, now: Moment) -> Result<Trusted, ApiError> {
    check_id(&body.sub).map_err(|error| ApiError::bad_member("sub", &error))?;
    if let Some(groups) = &body.groups {
        check_groups(groups).map_err(|error| ApiError::bad_member("groups", &error))?;
    }
    let extra = body.claims.map(|claims| ExtraClaims::new(&claims.0)).transpose();
    Ok(Trusted {
        sub: body.sub,
        device: body.device.map(|text| short_text("device", text)).transpose()?,
        groups: body.groups,
        scope: body.scope.map(scope).transpose()?,
        remember_me: body.remember_me.unwrap_or(false),
        extra: extra.map_err(|error| ApiError::bad_member("claims", &error))?,
        authentication: authentication(body.auth_time, body.amr, body.acr, now)?,
        address: body.ip,
        user_agent: body.user_agent.map(|text| short_text("user_agent", text)).transpose()?,
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

fn authentication(
    auth_time: Option<u64>,
    amr: Vec<String>,
    acr: Option<String>,
    now: Moment,
) -> Result<Authentication, ApiError> {
    let authentication = Authentication::new(auth_time, amr, acr, now);
    authentication.map_err(|error| ApiError::bad_request("bad_member", format!("{error}.")))
}

#[derive(Serialize)]
struct SessionDetails {
    #[serde(flatten)]
    item: SessionItem,
    sub: String,
    generation: u64,
    remember_me: bool,
    groups: Vec<String>,
    scope: Option<String>,
    amr: Vec<String>,
    acr: Option<String>,
    bound: bool,
    reauthentication_required: bool,
}

/// `GET /admin/sessions/{sid}`
pub(in crate::http) async fn show_session(
    State(http): State<Http>,
    Backend(client): Backend,
    Path(sid): Path<String>,
) -> Result<Response, ApiError> {
    let session = http.issuer.session_for(&client, &sid).await?;
    Ok(Json(SessionDetails {
        sub: session.sub.clone(),
        generation: session.generation,
        remember_me: session.remember_me,
        groups: session.groups.clone(),
        scope: session.scope.clone(),
        amr: session.amr.clone(),
        acr: session.acr.clone(),
        bound: session.binder_hash.is_some(),
        reauthentication_required: session.reauth_required,
        item: SessionItem::of(false, session),
    })
    .into_response())
}

/// `DELETE /admin/sessions/{sid}`
pub(in crate::http) async fn end_session(
    State(http): State<Http>,
    Backend(client): Backend,
    Path(sid): Path<String>,
) -> Result<Response, ApiError> {
    http.issuer.end_for(&client, &sid, http.clock.now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ProvedBody {
    auth_time: Option<u64>,
    #[serde(default)]
    amr: Vec<String>,
    acr: Option<String>,
}

/// `POST /admin/sessions/{sid}/proved`
pub(in crate::http) async fn proved(
    State(http): State<Http>,
    Backend(client): Backend,
    Path(sid): Path<String>,
    JsonObject(body): JsonObject<ProvedBody>,
) -> Result<Response, ApiError> {
    let now = http.clock.now();
    let proof = authentication(body.auth_time, body.amr, body.acr, now)?;
    let jitter = Fraction::from_bytes(chance::spread().map_err(ApiError::no_randomness)?);
    let issued = http.issuer.proved_for(&client, &sid, &proof, jitter, now).await;
    Ok(token_response(&issued.map_err(ApiError::administrative)?))
}
