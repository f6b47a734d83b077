//! What happened, for the audit: one structured line each, with ids and reasons, never a secret.

use crate::store::{EndReason, Session};

/// Something about a session that somebody may want to look up later.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    LoggedIn,
    Exchanged,
    Repeated,
    ReuseDetected,
    StoreWasRolledBack,
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Event::LoggedIn => "login_ok",
            Event::Exchanged => "exchanged",
            Event::Repeated => "exchange_repeated",
            Event::ReuseDetected => "reuse_detected",
            Event::StoreWasRolledBack => "store_rolled_back",
        }
    }
}

/// Writes an event about `session`.
pub(crate) fn session(event: Event, session: &Session) {
    let name = event.name();
    let (sid, sub, generation) = (&session.sid, &session.sub, session.generation);
    match event {
        Event::ReuseDetected | Event::StoreWasRolledBack => {
            tracing::warn!(target: "shelflife::event", event = name, sid, sub, generation);
        }
        Event::Exchanged | Event::Repeated => {
            tracing::debug!(target: "shelflife::event", event = name, sid, sub, generation);
        }
        Event::LoggedIn => {
            tracing::info!(target: "shelflife::event", event = name, sid, sub, generation);
        }
    }
}

/// A sign-in failed. The name that was typed is not written: people type passwords there.
pub(crate) fn login_failed(sub: Option<&str>, reason: &'static str) {
    tracing::warn!(target: "shelflife::event", event = "login_failed", sub = sub.unwrap_or("unknown"), reason);
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
