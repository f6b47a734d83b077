//! `GET /revocations`: for those who ask now and then.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::super::Http;
use super::super::error::ApiError;
use super::body::text_of;
use super::since_of;

const CONTENT_TYPE: &str = "application/revocations+jwt";

pub(in crate::http) async fn snapshot(
    State(http): State<Http>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let since = since_of(query.as_deref())?;
    let list = http.issuer.revocations(since, http.clock.now())?;
    let (_, poll) = http.issuer.feed_pace();
    let tag = format!("\"{}\"", list.tag());
    let known = is_known(&headers, &tag);
    let cache = [(header::ETAG, tag), (header::CACHE_CONTROL, format!("public, max-age={poll}"))];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, cache).into_response());
    }
    Ok((cache, [(header::CONTENT_TYPE, CONTENT_TYPE)], text_of(&list)).into_response())
}

/// Whether `If-None-Match` names the list (RFC 9110, 13.1.2): compared weakly, as it asks.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}
