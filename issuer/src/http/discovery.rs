//! What anyone may know: keys, metadata, health.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Http;

/// Verifiers keep keys this long; a new key is announced before it signs.
const CACHE: &str = "public, max-age=300";

/// `GET /.well-known/jwks.json` (RFC 7517, 5)
pub(super) async fn jwks(State(http): State<Http>) -> Response {
    cacheable(Json(json!({ "keys": http.issuer.public_jwks() })))
}

/// `GET /.well-known/oauth-authorization-server` (RFC 8414). Addresses come from the configuration, never
/// from `Host`.
pub(super) async fn metadata(State(http): State<Http>) -> Response {
    let issuer = http.issuer.name();
    cacheable(Json(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth/token"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "revocations_endpoint": format!("{issuer}/revocations"),
        "revocations_stream_endpoint": format!("{issuer}/revocations/stream"),
        "grant_types_supported": ["refresh_token"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
    })))
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// `GET /readyz`: sessions can be opened and exchanged.
pub(super) async fn readyz(State(http): State<Http>) -> Response {
    if http.issuer.is_ready() {
        return Json(json!({ "status": "ready" })).into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "the store refuses writes" }))).into_response()
}

fn cacheable(body: Json<serde_json::Value>) -> Response {
    ([(header::CACHE_CONTROL, CACHE)], body).into_response()
}
