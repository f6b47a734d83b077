//! `POST /login`

use std::net::IpAddr;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;

use super::Http;
use super::error::ApiError;
use super::inbound::address::ClientAddress;
use super::inbound::extract::JsonObject;
use super::inbound::{cookie, device};
use super::token::token_response;
use crate::chance;
use crate::domain::{Devices, LoggedIn, Login, LoginDraw, Password};

const MAX_PASSWORD_BYTES: usize = 1024;
const MAX_TEXT_BYTES: usize = 128;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginBody {
    username: String,
    password: String,
    client_id: Option<String>,
    device: Option<String>,
    remember_me: Option<bool>,
    binder: Option<BinderKind>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum BinderKind {
    None,
    Cookie,
}

pub(super) async fn login(
    State(http): State<Http>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    JsonObject(body): JsonObject<LoginBody>,
) -> Result<Response, ApiError> {
    let login = translate(body, address, user_agent_of(&headers), device::devices_of(&headers))?;
    if login.bound {
        cookie::check_origin(&headers, &http)?;
    }
    let sid = chance::bytes().map_err(ApiError::no_randomness)?;
    let binder = chance::bytes().map_err(ApiError::no_randomness)?;
    let draw = LoginDraw { sid, binder };
    let LoggedIn { issued, devices } = http.issuer.login(login, draw, &|| http.clock.now()).await?;
    let mut response = token_response(&issued);
    device::set_devices(&mut response, &devices);
    cookie::set_binder(&mut response, &issued, &headers);
    Ok(response)
}

fn translate(
    body: LoginBody,
    address: IpAddr,
    user_agent: Option<String>,
    devices: Devices,
) -> Result<Login, ApiError> {
    Ok(Login {
        username: body.username,
        password: typed_password("password", body.password)?,
        client_id: body.client_id.map(|text| short_text("client_id", text)).transpose()?,
        device: body.device.map(|text| short_text("device", text)).transpose()?,
        remember_me: body.remember_me.unwrap_or(false),
        bound: body.binder == Some(BinderKind::Cookie),
        address,
        user_agent,
        devices,
    })
}

/// Bounded before anybody hashes it.
pub(super) fn typed_password(name: &'static str, text: String) -> Result<Password, ApiError> {
    let password = Password::new(text);
    if password.len() <= MAX_PASSWORD_BYTES {
        return Ok(password);
    }
    Err(ApiError::bad_request("bad_member", format!("`{name}` may have {MAX_PASSWORD_BYTES} bytes at most.")))
}

pub(super) fn short_text(name: &'static str, text: String) -> Result<String, ApiError> {
    let acceptable = (1..=MAX_TEXT_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    if acceptable {
        return Ok(text);
    }
    let rule = format!("`{name}` must have 1 to {MAX_TEXT_BYTES} bytes and no control characters.");
    Err(ApiError::bad_request("bad_member", rule))
}

/// What the device says it is, as far as it is short and printable: to be shown in the list of sessions.
fn user_agent_of(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().filter(|c| !c.is_control()).take(MAX_TEXT_BYTES).collect())
        .filter(|text: &String| !text.is_empty())
}
