//! What anyone may know: keys and metadata.

use axum::Json;
use axum::extract::State;
use axum::http::header;
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

fn cacheable(body: Json<serde_json::Value>) -> Response {
    ([(header::CACHE_CONTROL, CACHE)], body).into_response()
}
