//! `GET /sessions`, `DELETE /sessions/{sid}`, `POST /sessions/revoke-others`, `POST /sessions/seen`, `POST /logout`

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::Http;
use super::error::ApiError;
use super::inbound::cookie;
use super::inbound::extract::{Caller, bearer};
use crate::domain::{Listed, Page, Session};

/// Sessions of a page, unless another number is asked for.
const LIMIT: usize = 100;
const MOST: usize = 1000;

#[derive(Serialize)]
pub(super) struct SessionList {
    sessions: Vec<SessionItem>,
    /// To be given as `after`.
    next: Option<String>,
}

impl SessionList {
    /// As `caller` sees them.
    pub(super) fn of(listed: Listed, caller: Option<&Session>) -> SessionList {
        let is_current = |session: &Session| caller.is_some_and(|caller| session.sid == caller.sid);
        SessionList {
            sessions: listed.sessions.into_iter().map(|it| SessionItem::of(is_current(&it), it)).collect(),
            next: listed.next.map(|(created_at, sid)| format!("{created_at}.{sid}")),
        }
    }
}

/// A session as it is shown to its user and to operators. Times are Unix seconds.
#[derive(Serialize)]
pub(super) struct SessionItem {
    session_id: String,
    device: Option<String>,
    created_at: u64,
    last_exchanged_at: Option<u64>,
    current: bool,
    ended_at: Option<u64>,
    reason: Option<&'static str>,
    client_id: Option<String>,
    expires_at: u64,
    auth_time: u64,
    address: Option<String>,
    user_agent: Option<String>,
}

impl SessionItem {
    pub(super) fn of(current: bool, session: Session) -> SessionItem {
        SessionItem {
            current,
            session_id: session.sid,
            device: session.device,
            created_at: session.created_at,
            last_exchanged_at: (session.last_exchanged_at > 0).then_some(session.last_exchanged_at),
            ended_at: session.ended.map(|ended| ended.at),
            reason: session.ended.map(|ended| ended.reason.as_str()),
            client_id: session.client_id,
            expires_at: session.exp,
            auth_time: session.auth_time,
            address: session.address,
            user_agent: session.user_agent,
        }
    }
}

#[derive(Serialize)]
pub(super) struct EndedCount {
    pub(super) ended: usize,
}

pub(super) async fn list(
    State(http): State<Http>,
    RawQuery(query): RawQuery,
    Caller(caller): Caller,
) -> Result<Response, ApiError> {
    let page = page_of(query.as_deref())?;
    let listed = http.issuer.sessions(&caller, &page, http.clock.now()).await?;
    Ok(Json(SessionList::of(listed, Some(&caller))).into_response())
}

/// `limit` and `after` of an address; nothing else may stand there.
pub(super) fn page_of(query: Option<&str>) -> Result<Page, ApiError> {
    let (mut limit, mut after) = (None, None);
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let doubled = match name.as_ref() {
            "limit" => limit.replace(limit_of(&value)?).is_some(),
            "after" => after.replace(place_of(&value)?).is_some(),
            _ => {
                return Err(ApiError::bad_request(
                    "unknown_parameter",
                    "This address knows the parameters `limit` and `after` alone.",
                ));
            }
        };
        if doubled {
            return Err(ApiError::bad_request("doubled_parameter", "Send each parameter once."));
        }
    }
    Ok(Page { after, limit: limit.unwrap_or(LIMIT) })
}

fn limit_of(text: &str) -> Result<usize, ApiError> {
    let number = text.parse().ok().filter(|number| (1..=MOST).contains(number));
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    number.filter(|_| digits).ok_or_else(|| {
        ApiError::bad_request("bad_limit", format!("`limit` must be a whole number from 1 to {MOST}."))
    })
}

fn place_of(text: &str) -> Result<(u64, String), ApiError> {
    let place = text.split_once('.').and_then(|(created_at, sid)| Some((created_at.parse().ok()?, sid)));
    let place = place.filter(|(_, sid)| (1..=128).contains(&sid.len()));
    place.map(|(created_at, sid)| (created_at, sid.to_owned())).ok_or_else(|| {
        ApiError::bad_request("bad_after", "`after` must be what an answer before has given as `next`.")
    })
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

/// The client says that the token it sends has arrived.
pub(super) async fn seen(State(http): State<Http>, headers: HeaderMap) -> Result<Response, ApiError> {
    http.issuer.seen(bearer(&headers)?, http.clock.now()).await.map_err(ApiError::protected)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Takes every token that has not expired: signing out always works.
pub(super) async fn logout(State(http): State<Http>, headers: HeaderMap) -> Result<Response, ApiError> {
    let now = http.clock.now();
    let token = http.issuer.recognise(bearer(&headers)?, now).map_err(ApiError::protected)?;
    http.issuer.sign_out(&token, now).await.map_err(ApiError::protected)?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    cookie::clear_binder(&mut response, &token, &headers);
    Ok(response)
}
