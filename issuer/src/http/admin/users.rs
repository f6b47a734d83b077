//! `/admin/users/{sub}`

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::Http;
use super::super::error::ApiError;
use super::super::inbound::extract::JsonObject;
use super::super::login::typed_password;
use super::super::sessions::{EndedCount, SessionList, page_of};
use super::credentials::Admin;
use crate::chance;
use crate::domain::{Known, NewUser, User, UserChange, check_groups, check_id, normalise_name};

#[derive(Serialize)]
struct UserItem {
    sub: String,
    /// `None`: the user is kept elsewhere.
    username: Option<String>,
    groups: Vec<String>,
    claims_version: Option<u64>,
    disabled: bool,
    created_at: Option<u64>,
}

#[derive(Serialize)]
struct DemandedCount {
    sessions: usize,
}

fn item(user: User) -> Json<UserItem> {
    Json(UserItem {
        sub: user.sub,
        username: Some(user.name),
        groups: user.groups,
        claims_version: Some(user.claims_version),
        disabled: user.disabled,
        created_at: Some(user.created_at),
    })
}

fn known_item(sub: String, known: Known) -> Json<UserItem> {
    match known {
        Known::Here(user) => item(user),
        Known::Elsewhere { disabled } => Json(UserItem {
            sub,
            username: None,
            groups: Vec::new(),
            claims_version: None,
            disabled,
            created_at: None,
        }),
    }
}

/// `GET /admin/users/{sub}`
pub(in crate::http) async fn show(
    State(http): State<Http>,
    _: Admin,
    Path(sub): Path<String>,
) -> Result<Response, ApiError> {
    let known = http.issuer.user(&sub).await?;
    Ok(known_item(sub, known).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct AddBody {
    username: String,
    password: String,
    #[serde(default)]
    groups: Vec<String>,
}

/// `PUT /admin/users/{sub}`
pub(in crate::http) async fn add(
    State(http): State<Http>,
    Admin(client): Admin,
    Path(sub): Path<String>,
    JsonObject(body): JsonObject<AddBody>,
) -> Result<Response, ApiError> {
    check_id(&sub).map_err(|error| ApiError::bad_member("sub", &error))?;
    check_groups(&body.groups).map_err(|error| ApiError::bad_member("groups", &error))?;
    let name = normalise_name(&body.username).map_err(|error| ApiError::bad_member("username", &error))?;
    let new = NewUser {
        sub,
        name,
        password: typed_password("password", body.password)?,
        salt: chance::bytes().map_err(ApiError::no_randomness)?,
        groups: body.groups,
    };
    let user = http.issuer.add_user(&client, new, http.clock.now()).await?;
    Ok((StatusCode::CREATED, item(user)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ChangeBody {
    groups: Option<Vec<String>>,
    disabled: Option<bool>,
}

/// `PATCH /admin/users/{sub}`
pub(in crate::http) async fn change(
    State(http): State<Http>,
    Admin(client): Admin,
    Path(sub): Path<String>,
    JsonObject(body): JsonObject<ChangeBody>,
) -> Result<Response, ApiError> {
    check_id(&sub).map_err(|error| ApiError::bad_member("sub", &error))?;
    if let Some(groups) = &body.groups {
        check_groups(groups).map_err(|error| ApiError::bad_member("groups", &error))?;
    }
    let change = UserChange { groups: body.groups, disabled: body.disabled };
    let known = http.issuer.change_user(&client, &sub, change, http.clock.now()).await?;
    Ok(known_item(sub, known).into_response())
}

/// `GET /admin/users/{sub}/sessions`
pub(in crate::http) async fn list_sessions(
    State(http): State<Http>,
    _: Admin,
    Path(sub): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let page = page_of(query.as_deref())?;
    let listed = http.issuer.sessions_of(&sub, &page, http.clock.now()).await?;
    Ok(Json(SessionList::of(listed, None)).into_response())
}

/// `DELETE /admin/users/{sub}/sessions`
pub(in crate::http) async fn end_sessions(
    State(http): State<Http>,
    Admin(client): Admin,
    Path(sub): Path<String>,
) -> Result<Response, ApiError> {
    let ended = http.issuer.end_all(&client, &sub, http.clock.now()).await?;
    Ok(Json(EndedCount { ended }).into_response())
}

/// `POST /admin/users/{sub}/reauthenticate`
pub(in crate::http) async fn demand_reauth(
    State(http): State<Http>,
    Admin(client): Admin,
    Path(sub): Path<String>,
) -> Result<Response, ApiError> {
    let sessions = http.issuer.demand_reauth(&client, &sub, http.clock.now()).await?;
    Ok(Json(DemandedCount { sessions }).into_response())
}
