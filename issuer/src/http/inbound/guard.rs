//! What happens to every request before a handler sees it, and to every response after.

use std::any::Any;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use super::super::Http;
use super::super::error::ApiError;
use super::super::health::is_old_health_check;
use super::address::warn_of_proxy;

/// The largest body.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// Refuses a request without exactly one `Host` (RFC 9112, 3.2), of any HTTP version; but a health check of HTTP/1.0
/// need not have one.
pub(in crate::http) async fn one_host(request: Request, next: Next) -> Response {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if !host.is_empty() => next.run(request).await,
        (None, _) if is_old_health_check(request.version(), request.method(), request.uri().path()) => {
            next.run(request).await
        }
        _ => ApiError::bad_request("bad_host", "A request needs exactly one Host header.").into_response(),
    }
}

/// Takes the whole body in, so that nothing behind this waits for a client.
pub(in crate::http) async fn whole_body(State(http): State<Http>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    if http.issuer_is_address {
        warn_of_proxy(&parts.headers, http.issuer.name());
    }
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > MAX_BODY_BYTES as u64)
    {
        return too_large().into_response();
    }
    let body = Limited::new(body, MAX_BODY_BYTES).collect();
    match tokio::time::timeout(http.body_timeout, body).await {
        Ok(Ok(body)) => next.run(Request::from_parts(parts, Body::from(body.to_bytes()))).await,
        Ok(Err(error)) if error.is::<LengthLimitError>() => too_large().into_response(),
        Ok(Err(_)) => {
            ApiError::bad_request("bad_body", "The body did not arrive as it was announced.").into_response()
        }
        Err(_) => ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "invalid_request",
            "body_timeout",
            "The body took too long to arrive.",
        )
        .with(header::CONNECTION, "close")
        .into_response(),
    }
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "invalid_request",
        "body_too_large",
        "A body may have 16384 bytes at most.",
    )
    .with(header::CONNECTION, "close")
}

/// Makes refusals of the router JSON like all others, and keeps everything out of caches that does not say
/// otherwise.
pub(in crate::http) async fn finish(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !json && (response.status().is_client_error() || response.status().is_server_error()) {
        response = refused_by_router(response);
    }
    let headers = response.headers_mut();
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn refused_by_router(response: Response) -> Response {
    let status = response.status();
    let (reason, description) = match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "This address does not know that method."),
        _ => ("refused", "The request was refused."),
    };
    let mut error = ApiError::new(status, "invalid_request", reason, description);
    if let Some(allow) = response.headers().get(header::ALLOW).and_then(|allow| allow.to_str().ok()) {
        error = error.with(header::ALLOW, allow);
    }
    error.into_response()
}

/// A bug in a handler costs one request, not the server. The hook that every panic calls writes it to the log.
pub(in crate::http) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiError::panicked().into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_is_a_json_500() {
        async fn broken() -> Response {
            panic!("a bug")
        }
        let app = Router::new()
            .route("/", get(broken))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(finish));
        let response = app.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&body["error"], &body["reason"]), (&"server_error".into(), &"internal".into()));
    }
}
