//! `GET /revocations/stream`: for those who want to know at once. Server-sent events, as the HTML standard has them.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until};

use super::super::Http;
use super::super::error::ApiError;
use super::super::inbound::address::ClientAddress;
use super::super::inbound::extract::bearer;
use super::{body, sequence, since_of};
use crate::domain::{Issuer, Notice, Session, SignedList};

/// How long those who find no place should wait, in seconds.
const RETRY_AFTER: &str = "10";
/// Longer than any token is fresh.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Without a token: revocations. With the token of a session: also what changes for its user, until that token goes stale.
pub(in crate::http) async fn stream(
    State(http): State<Http>,
    ClientAddress(address): ClientAddress,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let since = match headers.get("last-event-id") {
        // What the client has seen since it was given its address.
        Some(id) => Some(sequence(id.to_str().unwrap_or_default())?),
        None => since_of(query.as_deref())?,
    };
    let now = http.clock.now();
    let caller = match headers.contains_key(header::AUTHORIZATION) {
        true => {
            let session =
                http.issuer.authenticate(bearer(&headers)?, now).await.map_err(ApiError::protected)?;
            Some(Holder { issuer: Arc::clone(&http.issuer), session })
        }
        false => None,
    };
    // A proxy of ours that names no client stands for many.
    let is_proxy = http.trusted_proxies.iter().any(|proxy| proxy.contains(address));
    let place = http.subscribers.take((!is_proxy).then_some(address), caller.is_none());
    let place = place.ok_or_else(|| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "too_many_subscribers",
            "As many listen to the stream as are allowed. Ask `/revocations` now and then instead.",
        )
        .with(header::RETRY_AFTER, RETRY_AFTER)
    })?;
    // Subscribe before reading the list, so that no entry is missed.
    let notices = http.issuer.notices();
    let first = http.issuer.revocations(since, now)?;
    let (pieces, body) = body::channel(place);
    let fresh_for = caller.as_ref().map(|caller| caller.session.bbf.saturating_sub(now.secs()));
    let fresh_for = fresh_for.map(Duration::from_secs);
    let subscriber = Subscriber { pieces, notices, caller, heartbeat: http.subscribers.heartbeat };
    tokio::spawn(subscriber.run(first, fresh_for.unwrap_or(FOR_EVER)));
    let kind = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    // Some proxies collect what they pass on unless told otherwise. And where the stream ends, so does the connection: its end
    // is noticed by clients that know nothing of chunks.
    Ok((kind, [("x-accel-buffering", "no"), ("connection", "close")], body).into_response())
}

struct Subscriber {
    pieces: mpsc::Sender<Bytes>,
    notices: broadcast::Receiver<Notice>,
    caller: Option<Holder>,
    heartbeat: Duration,
}

/// The user whose stream this is.
struct Holder {
    issuer: Arc<Issuer>,
    session: Session,
}

impl Holder {
    /// A session that cannot be read now is not over for that.
    async fn is_over(&self) -> bool {
        self.issuer.lives(&self.session.sid).await.is_ok_and(|lives| !lives)
    }
}

impl Subscriber {
    /// Until it goes away, is too slow, the session of its user ends, or the server stops. A client comes back with the id of
    /// the last event it got.
    async fn run(mut self, first: Arc<SignedList>, stay: Duration) {
        let end = sleep_until(Instant::now() + stay);
        tokio::pin!(end);
        let mut heartbeat = interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut event = list_event(&first);
        let mut was_list = true;
        loop {
            // Never waits for a slow reader: it is cut off when nothing more fits.
            for piece in event {
                if self.pieces.try_send(piece).is_err() {
                    return;
                }
            }
            if let (true, Some(caller)) = (was_list, &self.caller)
                && caller.is_over().await
            {
                return;
            }
            was_list = false;
            event = tokio::select! {
                () = self.pieces.closed() => return,
                () = &mut end => return,
                _ = heartbeat.tick() => vec![Bytes::from_static(b":\n\n")],
                notice = self.notices.recv() => match notice {
                    Ok(Notice::List(list)) => {
                        was_list = true;
                        list_event(&list)
                    }
                    Ok(Notice::ClaimsChanged { sub, cv }) => self.claims_event(&sub, cv),
                    Ok(Notice::Closing) | Err(_) => return,
                },
            };
        }
    }

    fn claims_event(&self, sub: &str, cv: u64) -> Vec<Bytes> {
        let concerned = self.caller.as_ref().is_some_and(|caller| caller.session.sub == sub);
        let event = || format!("event: claims-changed\ndata: {{\"cv\":{cv}}}\n\n").into();
        concerned.then(event).into_iter().collect()
    }
}

fn list_event(list: &Arc<SignedList>) -> Vec<Bytes> {
    let head = format!("event: revocations\nid: {}\ndata: ", list.seq);
    vec![head.into(), body::text_of(list), Bytes::from_static(b"\n\n")]
}

#[cfg(test)]
mod tests {
    use super::super::Subscribers;
    use super::*;

    fn list(seq: u64) -> Arc<SignedList> {
        Arc::new(SignedList { text: "a.b.c".to_owned(), seq, iat: 0, since: None })
    }

    #[tokio::test]
    async fn one_who_does_not_read_is_cut_off_when_nothing_more_fits_and_nobody_waits_for_it() {
        let subscribers = Subscribers::new(1, Duration::from_secs(15));
        let place = subscribers.take(None, true).unwrap();
        let (pieces, body) = body::channel(place);
        let (tell, notices) = broadcast::channel(64);
        let heartbeat = Duration::from_secs(15);
        let subscriber = Subscriber { pieces, notices, caller: None, heartbeat };
        let run = tokio::spawn(subscriber.run(list(0), FOR_EVER));
        for seq in 1..=32 {
            let _ = tell.send(Notice::List(list(seq)));
        }
        tokio::time::timeout(Duration::from_secs(5), run).await.expect("it was not cut off").unwrap();
        drop(body);
    }

    #[tokio::test]
    async fn one_who_lags_too_far_behind_is_sent_away() {
        let subscribers = Subscribers::new(1, Duration::from_secs(15));
        let place = subscribers.take(None, true).unwrap();
        let (pieces, _body) = body::channel(place);
        let (tell, notices) = broadcast::channel(1);
        for seq in 1..=3 {
            let _ = tell.send(Notice::List(list(seq)));
        }
        let subscriber = Subscriber { pieces, notices, caller: None, heartbeat: Duration::from_secs(15) };
        tokio::time::timeout(Duration::from_secs(5), subscriber.run(list(0), FOR_EVER)).await.unwrap();
    }
}
