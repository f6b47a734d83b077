//! What backends do with single sessions: a client of role `sessions` with those it has opened, one of role `admin` with all.

use super::exchange::{check_usable, successor};
use super::issuer::{Issued, Issuer};
use super::opening::Authentication;
use super::words::moment::{Fraction, Moment};
use super::words::refusal::Failure;
use crate::events;
use crate::store::{Client, EndReason, Ended, Role, Session};

/// How often a proof is written again after another write came first.
const ATTEMPTS: usize = 16;

impl Issuer {
    /// The session `sid`, alive or ended.
    ///
    /// # Errors
    /// [`Failure::SessionNotFound`], also for a session that the client may not touch; [`Failure::Store`].
    pub async fn session_for(&self, by: &Client, sid: &str) -> Result<Session, Failure> {
        let session = self.read(|store| store.find(sid)).await?;
        session.filter(|session| may_touch(by, session)).ok_or(Failure::SessionNotFound)
    }

    /// Ends the session `sid`; durable when this returns. One that has ended stays as it is.
    ///
    /// # Errors
    /// [`Failure::SessionNotFound`]; [`Failure::Store`].
    pub async fn end_for(&self, by: &Client, sid: &str, now: Moment) -> Result<(), Failure> {
        let session = self.session_for(by, sid).await?;
        let ended = Ended { at: now.secs(), reason: EndReason::EndedByOperator };
        if self.store().end(sid, ended).await? {
            events::by_client("session_ended", &session.sub, &by.id, 1);
        }
        Ok(())
    }

    /// The backend has authenticated the user of the session `sid` again: answers a token that says so. Durable when this
    /// returns.
    ///
    /// # Errors
    /// [`Failure::SessionNotFound`]; [`Failure::Refused`] when the session is over; [`Failure::ProofTooOld`] when the proof
    /// was demanded later, or is due again already; [`Failure::Store`].
    pub async fn proved_for(
        &self,
        by: &Client,
        sid: &str,
        proof: &Authentication,
        jitter: Fraction,
        now: Moment,
    ) -> Result<Issued, Failure> {
        for _ in 0..ATTEMPTS {
            let record = self.session_for(by, sid).await?;
            let look = self.read(|store| store.look(sid, &record.sub)).await?;
            let record = look.session.ok_or(Failure::SessionNotFound)?;
            let owned = self.context(Some(&record), &look.standing, jitter, now);
            let context = owned.borrowed();
            self.by_both_clocks(now, |now| {
                check_usable(&record, &super::exchange::Context { now, ..context })
            })?
            .map_err(Failure::Refused)?;
            let auth_time = proof.auth_time.unwrap_or_else(|| now.secs());
            let demanded = record.reauth_required && auth_time < record.reauth_demanded_at;
            let due = context.policy.reauth_due(auth_time).is_some_and(|due| now.secs() >= due);
            if demanded || due || auth_time < record.auth_time {
                return Err(Failure::ProofTooOld);
            }
            let proved = Session {
                auth_time,
                amr: proof.amr.clone(),
                acr: proof.acr.clone(),
                reauth_required: false,
                ..record.clone()
            };
            let (c, version) = (record.generation, look.standing.version);
            let next = successor(&proved, c.saturating_add(1), c, &context);
            if let Some(outcome) = self.rotate(record, &next, version, now).await {
                if outcome.is_ok() {
                    events::by_client("proved", &next.sub, &by.id, 1);
                }
                return outcome;
            }
        }
        Err(Failure::Internal("the session changed under every attempt to write its proof"))
    }
}

fn may_touch(by: &Client, session: &Session) -> bool {
    let opened_it = session.client_id.as_deref() == Some(by.id.as_str());
    by.roles.contains(&Role::Admin) || (by.roles.contains(&Role::Sessions) && opened_it)
}
