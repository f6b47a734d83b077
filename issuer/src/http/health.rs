//! `GET /healthz`, `GET /readyz`: for load balancers and supervisors.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, Version};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use super::Http;
use super::inbound::guard;

/// Whether the server is about to end, though it still serves. Copies share one state.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// From now on `/readyz` answers 503.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What load balancers ask for, and nothing else: for a listener of its own.
pub fn operations(http: Http) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .layer(from_fn_with_state(http.clone(), guard::whole_body))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::finish))
        .layer(from_fn(guard::one_host))
        .with_state(http)
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// `GET /readyz`: sessions can be opened and exchanged. `checks` has a word for each thing that is needed for it: `ok`, or
/// what is wrong.
pub(super) async fn readyz(State(http): State<Http>) -> Response {
    let store = if http.issuer.is_ready() { "ok" } else { "refuses writes" };
    // A clock that was set is told, and takes no server out of service: all of its tokens go on.
    let clock = if http.issuer.clock_leap(http.clock.now()).is_none() { "ok" } else { "leapt" };
    let checks = [("store", store), ("clock", clock)];
    let is_ready = store == "ok";
    let (status, word) = match (http.draining.has_begun(), is_ready) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        (false, true) => (StatusCode::OK, "ready"),
    };
    let checks: serde_json::Map<_, _> =
        checks.iter().map(|(name, word)| ((*name).to_owned(), json!(word))).collect();
    (status, Json(json!({ "status": word, "checks": checks }))).into_response()
}

/// Whether this is the question of a load balancer of HTTP/1.0, which names no host (RFC 9112, 3.2, demands it of 1.1).
pub(super) fn is_old_health_check(version: Version, method: &Method, path: &str) -> bool {
    version < Version::HTTP_11
        && [Method::GET, Method::HEAD].contains(method)
        && ["/healthz", "/readyz"].contains(&path)
}
