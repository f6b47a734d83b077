//! What users do with their sessions besides exchanging: prove them, list them, end them.

use super::exchange::{as_witnessed, check_proof, check_usable};
use super::issuer::{Genuine, Issuer};
use super::words::moment::{Fraction, Moment};
use super::words::refusal::{Failure, Reason};
use crate::events;
use crate::store::{EndReason, Ended, Place, Session};

/// Part of a list of sessions, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// Behind which sign-in time and id it begins; `None`: with the newest.
    pub after: Option<(u64, String)>,
    /// Sessions at most.
    pub limit: usize,
}

/// Sessions of a user, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The sessions.
    pub sessions: Vec<Session>,
    /// Where the next page begins; `None`: there is none.
    pub next: Option<(u64, String)>,
}

impl Issuer {
    /// The living session of a fresh token. That the token was shown is remembered: see [`super::exchange::Recent`].
    ///
    /// # Errors
    /// [`Failure::Refused`] with the reason why the token opens nothing; [`Failure::ClockUnsettled`]; [`Failure::Store`].
    pub async fn authenticate(&self, token: &str, now: Moment) -> Result<Session, Failure> {
        let token = self.recognise(token, now)?;
        let claims = token.claims();
        let look = self.read(|store| store.look(&claims.sid, &claims.sub)).await?;
        let record = look.session.as_ref().filter(|record| record.sub == claims.sub);
        let mut session = record.map(|record| as_witnessed(record, claims).into_owned());
        self.by_both_clocks(now, |now| {
            if now.secs() >= claims.exp {
                return Err(Reason::Expired);
            }
            let session = session.as_ref().ok_or(Reason::SessionNotFound)?;
            let context = self.context(Some(session), &look.standing, Fraction::ZERO, now);
            check_usable(session, &context.borrowed())?;
            check_proof(session, now, context.borrowed().policy)
        })?
        .map_err(Failure::Refused)?;
        let mut session = session.take().ok_or(Failure::Refused(Reason::SessionNotFound))?;
        if now.secs() >= claims.bbf {
            return Err(Failure::Refused(Reason::Stale));
        }
        self.note_seen(&session, &token);
        // The dates of the token that is held, which need not be those of the current one.
        (session.bbf, session.exp) = (claims.bbf, claims.exp);
        Ok(session)
    }

    /// The holder says that this token has arrived. Answers nothing else, and is good for fresh and stale tokens alike.
    ///
    /// # Errors
    /// [`Failure::Refused`] when token or session are over; [`Failure::Store`].
    pub async fn seen(&self, token: &str, now: Moment) -> Result<(), Failure> {
        let token = self.recognise(token, now)?;
        let claims = token.claims();
        if self.has_expired(claims.exp, now) {
            return Err(Failure::Refused(Reason::Expired));
        }
        let session = self.read(|store| store.find(&claims.sid)).await?;
        let session = session.filter(|session| session.sub == claims.sub);
        let session = session.ok_or(Failure::Refused(Reason::SessionNotFound))?;
        if let Some(ended) = session.ended {
            return Err(Failure::Refused(ended.reason.into()));
        }
        self.note_seen(&session, &token);
        Ok(())
    }

    fn note_seen(&self, session: &Session, token: &Genuine) {
        if token.claims().r#gen == session.generation {
            self.recent().seen(session);
        }
    }

    /// Whether the session has neither ended nor gone.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn lives(&self, sid: &str) -> Result<bool, Failure> {
        Ok(self.read(|store| store.find(sid)).await?.is_some_and(|session| session.ended.is_none()))
    }

    /// Sessions of the caller, newest first: the living ones, and those that ended, until their token is
    /// worth nothing. The session of the caller is always on the first page: behind the others if it is older than all of
    /// them.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn sessions(&self, caller: &Session, page: &Page, now: Moment) -> Result<Listed, Failure> {
        let mut listed = self.listed(&caller.sub, page, Some(&caller.sid), now).await?;
        let is_there = listed.sessions.iter().any(|session| session.sid == caller.sid);
        if page.after.is_none() && !is_there {
            listed.sessions.extend(self.read(|store| store.find(&caller.sid)).await?);
        }
        Ok(listed)
    }

    /// Sessions of a user, kept here or not, newest first.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn sessions_of(&self, sub: &str, page: &Page, now: Moment) -> Result<Listed, Failure> {
        self.listed(sub, page, None, now).await
    }

    /// `current` is left out of every page but the first, which always has it.
    async fn listed(
        &self,
        sub: &str,
        page: &Page,
        current: Option<&str>,
        now: Moment,
    ) -> Result<Listed, Failure> {
        let mut sessions: Vec<Session> = Vec::new();
        let mut after = page.after.clone();
        loop {
            let place = after.as_ref().map(|(created_at, sid)| Place { created_at: *created_at, sid });
            // One more tells whether there is a next page.
            let wanted = page.limit.saturating_add(1).saturating_sub(sessions.len());
            let found = self.read(|store| store.list(sub, place, wanted)).await?;
            let is_last = found.len() < wanted;
            after = found.last().map(|session| (session.created_at, session.sid.clone()));
            sessions.extend(found.into_iter().filter(|session| {
                let is_current = current == Some(session.sid.as_str());
                if is_current { page.after.is_none() } else { now.secs() < session.exp }
            }));
            if is_last || sessions.len() > page.limit {
                break;
            }
        }
        let is_more = sessions.len() > page.limit;
        sessions.truncate(page.limit);
        let last = sessions.last().filter(|_| is_more);
        let next = last.map(|session| (session.created_at, session.sid.clone()));
        Ok(Listed { sessions, next })
    }

    /// Signs out with a token that is fresh or stale, of any generation, also while the password is demanded. Durable
    /// when this returns. A session that has ended stays ended; of one that is not known, because the store was restored,
    /// the tokens are listed as revoked. Answers the session, if it is known.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the token has expired or is not genuine; [`Failure::Store`].
    pub async fn sign_out(&self, token: &Genuine, now: Moment) -> Result<Option<Session>, Failure> {
        let claims = token.claims();
        if self.has_expired(claims.exp, now) {
            return Err(Failure::Refused(Reason::Expired));
        }
        let session = self.read(|store| store.find(&claims.sid)).await?;
        let Some(session) = session.filter(|session| session.sub == claims.sub) else {
            if !self.feed().lists_session(&claims.sid) {
                self.store().revoke_unknown(&claims.sid, now.secs()).await?;
                events::ended(&claims.sid, &claims.sub, &claims.sid, EndReason::LoggedOut);
            }
            return Ok(None);
        };
        let ended = Ended { at: now.secs(), reason: EndReason::LoggedOut };
        if self.store().end(&claims.sid, ended).await? {
            events::ended(&claims.sid, &claims.sub, &claims.sid, ended.reason);
        }
        Ok(Some(session))
    }

    /// Ends one of the caller's sessions; durable when this returns. `false`: the caller has no such living
    /// session.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn end(&self, caller: &Session, sid: &str, now: Moment) -> Result<bool, Failure> {
        if self.read(|store| store.find(sid)).await?.is_none_or(|session| session.sub != caller.sub) {
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
