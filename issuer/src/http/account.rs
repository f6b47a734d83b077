//! `POST /password`, `POST /step-up`

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Http;
use super::error::ApiError;
use super::inbound::address::ClientAddress;
use super::inbound::cookie;
use super::inbound::extract::{Caller, JsonObject, bearer};
use super::login::typed_password;
use super::sessions::EndedCount;
use super::token::token_response;
use crate::chance;
use crate::domain::{Failure, Fraction, PasswordRequest, StepUp};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PasswordBody {
    current_password: String,
    new_password: String,
}

pub(super) async fn password(
    State(http): State<Http>,
    ClientAddress(address): ClientAddress,
    Caller(caller): Caller,
    JsonObject(body): JsonObject<PasswordBody>,
) -> Result<Response, ApiError> {
    let request = PasswordRequest {
        current: typed_password("current_password", body.current_password)?,
        new: typed_password("new_password", body.new_password)?,
        salt: chance::bytes().map_err(ApiError::no_randomness)?,
        address,
    };
    let changed = http.issuer.change_password(&caller, request, &|| http.clock.now()).await;
    let ended = changed.map_err(proof_failed)?;
    Ok(Json(EndedCount { ended }).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepUpBody {
    password: String,
}

/// Takes a stale token as well: it is an exchange that asks for more.
pub(super) async fn step_up(
    State(http): State<Http>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    JsonObject(body): JsonObject<StepUpBody>,
) -> Result<Response, ApiError> {
    let now = http.clock.now();
    let token = http.issuer.recognise(bearer(&headers)?, now).map_err(ApiError::protected)?;
    let binders = cookie::binders_of(&headers, &http, &token)?;
    let jitter = Fraction::from_bytes(chance::spread().map_err(ApiError::no_randomness)?);
    let password = typed_password("password", body.password)?;
    let request = StepUp { binders: &binders.secrets, password, address };
    let stepped_up = http.issuer.step_up(&token, &request, jitter, &|| http.clock.now()).await;
    let issued = stepped_up.map_err(proof_failed)?;
    let mut response = token_response(&issued);
    cookie::rename_binder(&mut response, &issued, &token, &binders);
    Ok(response)
}

/// 401 would say that the token opens nothing, and clients would go and exchange it.
fn proof_failed(failure: Failure) -> ApiError {
    match failure {
        Failure::BadCredentials => ApiError::wrong_password(),
        other => ApiError::protected(other),
    }
}
