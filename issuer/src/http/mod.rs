//! HTTP: translates requests for the domain and its answers back. Decides nothing.
//!
//! The way of a request: one `Host` -> CORS -> the whole body, bounded -> extractor (shape) -> handler
//! (translate) -> domain -> response. Every refusal is JSON.

mod account;
mod admin;
mod discovery;
mod error;
mod inbound;
mod login;
mod origin;
mod revocations;
mod sessions;
mod token;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

pub use self::inbound::address::{BadNetwork, Network, Peer};
use self::inbound::guard;
pub use self::revocations::{Subscribers, keep_publishing};
use crate::clock::Clock;
use crate::domain::Issuer;

/// How long a browser may remember the answer to a preflight.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(600);

/// What an event stream is resumed with.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// What the handlers share.
#[derive(Clone)]
pub struct Http {
    /// The domain.
    pub issuer: Arc<Issuer>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Origins whose pages may call, written as browsers send them.
    pub cors_origins: Arc<[String]>,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Arc<[Network]>,
    /// How long a body may take to arrive.
    pub body_timeout: Duration,
    /// Who may listen to the stream of revocations.
    pub subscribers: Subscribers,
}

/// All routes with everything around them.
pub fn app(http: Http) -> Router {
    let cors = cors(&http.cors_origins);
    Router::new()
        .route("/login", post(login::login))
        .route("/oauth/token", post(token::token))
        .route("/logout", post(sessions::logout))
        .route("/sessions", get(sessions::list))
        .route("/sessions/seen", post(sessions::seen))
        .route("/sessions/revoke-others", post(sessions::revoke_others))
        .route("/sessions/{sid}", delete(sessions::end))
        .route("/password", post(account::password))
        .route("/step-up", post(account::step_up))
        .route("/admin/sessions", post(admin::open))
        .route("/admin/sessions/{sid}", get(admin::show_session).delete(admin::end_session))
        .route("/admin/sessions/{sid}/proved", post(admin::proved))
        .route("/admin/users/{sub}", get(admin::show).put(admin::add).patch(admin::change))
        .route("/admin/users/{sub}/sessions", get(admin::list_sessions).delete(admin::end_sessions))
        .route("/admin/users/{sub}/reauthenticate", post(admin::demand_reauth))
        .route("/revocations", get(revocations::snapshot))
        .route("/revocations/stream", get(revocations::stream))
        .route("/.well-known/jwks.json", get(discovery::jwks))
        .route("/.well-known/oauth-authorization-server", get(discovery::metadata))
        .route("/healthz", get(discovery::healthz))
        .route("/readyz", get(discovery::readyz))
        .layer(from_fn_with_state(http.clone(), guard::whole_body))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn(guard::finish))
        .layer(cors)
        .layer(from_fn(guard::one_host))
        .with_state(http)
}

/// Exactly the listed origins; with none, no page of another origin may call.
fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH, LAST_EVENT_ID])
        // The binder cookie has to travel.
        .allow_credentials(true)
        .expose_headers([header::WWW_AUTHENTICATE, header::RETRY_AFTER, header::DATE, header::ETAG])
        .max_age(PREFLIGHT_MAX_AGE)
}
