//! What people do with their sessions besides exchanging: prove them, list them, end them.

use super::exchange::{alive, in_force};
use super::issuer::Issuer;
use super::policy::Policy;
use super::words::moment::Moment;
use super::words::refusal::{Failure, Reason};
use crate::events;
use crate::store::{EndReason, Ended, Session};

/// Sessions shown to their owner at most.
const LISTED: usize = 1000;

impl Issuer {
    /// The living session of a fresh token.
    ///
    /// # Errors
    /// [`Failure::Refused`] with the reason why the token opens nothing.
    pub fn authenticate(&self, token: &str, now: Moment) -> Result<Session, Failure> {
        self.holder(token, now, alive)
    }

    /// The same for somebody who only wants to sign out: that is possible while the password is demanded.
    ///
    /// # Errors
    /// [`Failure::Refused`] with the reason why the token opens nothing.
    pub fn authenticate_to_leave(&self, token: &str, now: Moment) -> Result<Session, Failure> {
        self.holder(token, now, in_force)
    }

    fn holder(
        &self,
        token: &str,
        now: Moment,
        judge: fn(&Session, Moment, &Policy) -> Result<(), Reason>,
    ) -> Result<Session, Failure> {
        let claims = self.genuine(token, now)?;
        let record = self.store().find(&claims.sid)?.filter(|record| record.sub == claims.sub);
        let record = record.ok_or(Failure::Refused(Reason::SessionNotFound))?;
        let policy = self.rules().of(record.client_id.as_deref(), &record.groups);
        judge(&record, now, &policy).map_err(Failure::Refused)?;
        if now.secs() >= claims.bbf {
            return Err(Failure::Refused(Reason::Stale));
        }
        Ok(record)
    }

    /// Sessions of the caller, newest first: the living ones, and those that ended, until their token is
    /// worth nothing.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub fn sessions(&self, caller: &Session, now: Moment) -> Result<Vec<Session>, Failure> {
        self.listed(&caller.sub, now)
    }

    pub(super) fn listed(&self, sub: &str, now: Moment) -> Result<Vec<Session>, Failure> {
        let mut sessions = self.store().list(sub, LISTED)?;
        sessions.retain(|session| now.secs() < session.exp);
        sessions.sort_by(|a, b| (b.created_at, &a.sid).cmp(&(a.created_at, &b.sid)));
        Ok(sessions)
    }

    /// Ends one of the caller's sessions; durable when this returns. `false`: the caller has no such living
    /// session.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn end(&self, caller: &Session, sid: &str, now: Moment) -> Result<bool, Failure> {
        if self.store().find(sid)?.is_none_or(|session| session.sub != caller.sub) {
            return Ok(false);
        }
        let ended = Ended { at: now.secs(), reason: EndReason::LoggedOut };
        let was_alive = self.store().end(sid, ended).await?;
        if was_alive {
            events::ended(sid, &caller.sub, &caller.sid, ended.reason);
        }
        Ok(was_alive)
    }

    /// Ends all sessions of the caller but this one; answers how many.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn end_others(&self, caller: &Session, now: Moment) -> Result<usize, Failure> {
        let ended = Ended { at: now.secs(), reason: EndReason::LoggedOut };
        let count = self.store().end_all(&caller.sub, Some(&caller.sid), ended).await?;
        events::others_ended(&caller.sub, &caller.sid, count, ended.reason);
        Ok(count)
    }
}
