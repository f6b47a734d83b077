//! `GET /revocations`, `GET /revocations/stream`: what is revoked while its tokens are still fresh, for everybody who judges
//! tokens offline.

mod body;
mod events;
mod places;
mod snapshot;

use std::time::Duration;

pub(super) use self::events::stream;
pub use self::places::Subscribers;
pub(super) use self::snapshot::snapshot;
use super::Http;
use super::error::ApiError;
use crate::supervise::supervise;

/// Revocations that come together go out together.
const GATHERING: Duration = Duration::from_millis(20);

/// Publishes revocations until it is dropped. Without this subscribers hear nothing.
pub async fn keep_publishing(http: Http) {
    supervise("publish revocations", || publish(http.clone())).await;
}

async fn publish(http: Http) {
    let (refresh, _) = http.issuer.feed_pace();
    let pause = Duration::from_secs(refresh.min(60));
    loop {
        tokio::select! {
            () = http.issuer.revocations_wait() => tokio::time::sleep(GATHERING).await,
            () = tokio::time::sleep(pause) => {}
        }
        http.issuer.publish_revocations(http.clock.now());
    }
}

/// The `since` of an address; nothing else may stand there.
fn since_of(query: Option<&str>) -> Result<Option<u64>, ApiError> {
    let mut since = None;
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        if name != "since" {
            return Err(ApiError::bad_request(
                "unknown_parameter",
                "This address knows the parameter `since` alone.",
            ));
        }
        if since.replace(sequence(&value)?).is_some() {
            return Err(ApiError::bad_request("doubled_parameter", "Send `since` once."));
        }
    }
    Ok(since)
}

fn sequence(text: &str) -> Result<u64, ApiError> {
    let digits = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| {
        ApiError::bad_request("bad_since", "`since` must be a sequence number: up to 16 digits.")
    })
}
