//! `GET /sessions`, `DELETE /sessions/{sid}`, `POST /sessions/revoke-others`, `POST /logout`

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Http;
use super::error::ApiError;
use super::inbound::cookie;
use super::inbound::extract::{Caller, Leaver};
use crate::domain::Session;

#[derive(Serialize)]
pub(super) struct SessionList {
    sessions: Vec<SessionItem>,
}

impl SessionList {
    /// As `caller` sees them.
    pub(super) fn of(sessions: Vec<Session>, caller: Option<&Session>) -> SessionList {
        SessionList { sessions: sessions.into_iter().map(|session| item(session, caller)).collect() }
    }
}

#[derive(Serialize)]
struct SessionItem {
    session_id: String,
    device: Option<String>,
    created_at: u64,
    last_exchanged_at: Option<u64>,
    current: bool,
    ended_at: Option<u64>,
    reason: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct EndedCount {
    pub(super) ended: usize,
}

pub(super) async fn list(State(http): State<Http>, Caller(caller): Caller) -> Result<Response, ApiError> {
    let sessions = http.issuer.sessions(&caller, http.clock.now())?;
    Ok(Json(SessionList::of(sessions, Some(&caller))).into_response())
}

fn item(session: Session, caller: Option<&Session>) -> SessionItem {
    SessionItem {
        current: caller.is_some_and(|caller| session.sid == caller.sid),
        session_id: session.sid,
        device: session.device,
        created_at: session.created_at,
        last_exchanged_at: (session.last_exchanged_at > 0).then_some(session.last_exchanged_at),
        ended_at: session.ended.map(|ended| ended.at),
        reason: session.ended.map(|ended| ended.reason.as_str()),
    }
}

pub(super) async fn end(
    State(http): State<Http>,
    Caller(caller): Caller,
    Path(sid): Path<String>,
) -> Result<Response, ApiError> {
    if http.issuer.end(&caller, &sid, http.clock.now()).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(ApiError::new(
        StatusCode::NOT_FOUND,
        "invalid_request",
        "session_not_found",
        "You have no such session, or it has ended already.",
    ))
}

pub(super) async fn revoke_others(
    State(http): State<Http>,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    let ended = http.issuer.end_others(&caller, http.clock.now()).await?;
    Ok(Json(EndedCount { ended }).into_response())
}

pub(super) async fn logout(
    State(http): State<Http>,
    Leaver(caller): Leaver,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    http.issuer.end(&caller, &caller.sid, http.clock.now()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    let binder = cookie::binder_of(&headers);
    if binder.zip(caller.binder_hash).is_some_and(|(binder, hash)| binder.matches(&hash)) {
        cookie::clear_binder(&mut response);
    }
    Ok(response)
}
