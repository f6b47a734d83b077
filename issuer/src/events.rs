//! What happened, for the audit: one structured line each, with ids and reasons, never a secret.

use std::net::IpAddr;

use crate::store::{EndReason, Session};

/// Something about a session that somebody may want to look up later.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Exchanged,
    Repeated,
    StoreWasRolledBack,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Event::Exchanged => "exchanged",
            Event::Repeated => "exchange_repeated",
            Event::StoreWasRolledBack => "store_rolled_back",
        }
    }
}

/// Writes an event about `session`.
pub(crate) fn session(event: Event, session: &Session) {
    let name = event.name();
    let (sid, sub, generation) = (&session.sid, &session.sub, session.generation);
    match event {
        Event::StoreWasRolledBack => {
            tracing::warn!(target: "shelflife::event", event = name, sid, sub, generation);
        }
        Event::Exchanged | Event::Repeated => {
            tracing::debug!(target: "shelflife::event", event = name, sid, sub, generation);
        }
    }
}

/// Somebody signed in.
pub(crate) fn logged_in(sid: &str, sub: &str, address: IpAddr) {
    tracing::info!(target: "shelflife::event", event = "login_ok", sid, sub, %address);
}

/// A password was not accepted, or proved in vain. The name that was typed is not written: people type passwords
/// there.
pub(crate) fn login_failed(sub: Option<&str>, address: IpAddr, reason: &'static str) {
    let sub = sub.unwrap_or("unknown");
    tracing::warn!(target: "shelflife::event", event = "login_failed", sub, %address, reason);
}

/// A password was proved again in the middle of a session.
pub(crate) fn stepped_up(sid: &str, sub: &str, address: IpAddr) {
    tracing::info!(target: "shelflife::event", event = "stepped_up", sid, sub, %address);
}

/// A user changed the password; `count` other sessions ended.
pub(crate) fn password_changed(sub: &str, by: &str, address: IpAddr, count: usize) {
    tracing::info!(target: "shelflife::event", event = "password_changed", sub, by, %address, count);
}

/// A session was ended to make room for another one of the same user.
pub(crate) fn evicted(sid: &str, sub: &str, by: &str) {
    tracing::info!(target: "shelflife::event", event = "session_ended", sid, sub, by, reason = "evicted");
}

/// A backend opened a session for a user it has authenticated.
pub(crate) fn opened_by_client(sid: &str, sub: &str, client: &str) {
    tracing::info!(target: "shelflife::event", event = "opened_by_client", sid, sub, client);
}

/// A backend did not get the session it wanted.
pub(crate) fn opening_refused(sub: &str, client: &str, reason: &'static str) {
    tracing::warn!(target: "shelflife::event", event = "opening_refused", sub, client, reason);
}

/// A backend did something to a user; `count` sessions were affected.
pub(crate) fn by_client(event: &'static str, sub: &str, client: &str, count: usize) {
    tracing::info!(target: "shelflife::event", event, sub, client, count);
}

/// A backend was not who it said, or may not do what it wanted. An id that was not proved is not written.
pub(crate) fn client_refused(client: &str, reason: &'static str) {
    tracing::warn!(target: "shelflife::event", event = "client_refused", client, reason);
}

/// An exchange was refused. `sid` and `sub` are known only when the signature held.
pub(crate) fn exchange_refused(sid: &str, sub: &str, generation: u64, reason: &'static str) {
    tracing::info!(target: "shelflife::event", event = "exchange_refused", sid, sub, generation, reason);
}

/// A session was ended on request: by itself, or by another one of the same user.
pub(crate) fn ended(sid: &str, sub: &str, by: &str, reason: EndReason) {
    let name = if sid == by { "logged_out" } else { "session_ended" };
    tracing::info!(target: "shelflife::event", event = name, sid, sub, by, reason = reason.as_str());
}

/// All sessions of a user but one were ended on its request.
pub(crate) fn others_ended(sub: &str, by: &str, count: usize, reason: EndReason) {
    let reason = reason.as_str();
    tracing::info!(target: "shelflife::event", event = "other_sessions_ended", sub, by, count, reason);
}

/// A parent was exchanged again after its grace, and its successor, which was never seen, is displaced: the answer was lost, or
/// the token was copied.
pub(crate) fn late_exchange(session: &Session, address: IpAddr) {
    let (sid, sub, generation) = (&session.sid, &session.sub, session.generation);
    tracing::warn!(target: "shelflife::event", event = "late_exchange", sid, sub, generation, %address);
}

/// A spent token was shown: the session has ended for both of its holders. `presented` is the generation that was shown.
pub(crate) fn reuse_detected(session: &Session, presented: u64, address: IpAddr) {
    let (sid, sub, generation) = (&session.sid, &session.sub, session.generation);
    tracing::warn!(target: "shelflife::event", event = "reuse_detected", sid, sub, generation, presented, %address);
}

/// The wall clock was set, by so many milliseconds against the monotonic clock.
pub(crate) fn clock_leapt(by_ms: i64) {
    tracing::warn!(
        target: "shelflife::event",
        event = "clock_leapt",
        by_ms,
        "nothing is deleted before both clocks have agreed for an hour"
    );
}
