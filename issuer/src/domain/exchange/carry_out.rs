//! Carries out what the exchange table says, again and again until nobody else was first.

use shelflife_token::Claims;

use super::decide::{Decision, Presented, Today, decide};
use crate::domain::{Binder, Failure, Fraction, Issued, Issuer, Moment, Reason};
use crate::events::{self, Event};
use crate::store::{Session, Swap};

/// How often an exchange looks again after somebody else was first. Each time somebody has made progress, so
/// this is not reached by honest use.
const ATTEMPTS: usize = 16;

/// A request to exchange a token.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// The token.
    pub token: &'a str,
    /// The binder secret, if one came along.
    pub binder: Option<Binder>,
    /// The client, if it says; then it must be the one that signed in.
    pub client_id: Option<&'a str>,
    /// The scope, if it says; then it must be the one granted.
    pub scope: Option<&'a str>,
}

impl Issuer {
    /// Exchanges a token for its successor; durable when this returns. N simultaneous exchanges of one token
    /// give one successor, N times.
    ///
    /// # Errors
    /// [`Failure::Refused`] as the exchange table says; [`Failure::Store`], and then nothing was consumed.
    pub async fn exchange(
        &self,
        request: &Exchange<'_>,
        jitter: Fraction,
        now: Moment,
    ) -> Result<Issued, Failure> {
        let claims = self.genuine(request.token, now)?;
        let outcome = self.exchange_genuine(&claims, request, jitter, now).await;
        if let Err(Failure::Refused(reason)) = outcome {
            events::exchange_refused(&claims.sid, &claims.sub, claims.r#gen, reason.as_str());
        }
        outcome
    }

    async fn exchange_genuine(
        &self,
        claims: &Claims,
        request: &Exchange<'_>,
        jitter: Fraction,
        now: Moment,
    ) -> Result<Issued, Failure> {
        if request.client_id.is_some_and(|id| claims.client_id.as_deref() != Some(id)) {
            return Err(Failure::Refused(Reason::ClientMismatch));
        }
        if request.scope.is_some_and(|scope| claims.scope.as_deref() != Some(scope)) {
            return Err(Failure::Refused(Reason::ScopeMismatch));
        }
        let presented = Presented { claims, binder: request.binder.as_ref() };
        self.carry_out_when_settled(now, || self.judged(presented, jitter, now, decide)).await
    }

    /// The record as it is now, and what `decide` says about it.
    pub(super) fn judged(
        &self,
        presented: Presented<'_>,
        jitter: Fraction,
        now: Moment,
        decide: fn(Option<&Session>, Presented<'_>, &Today<'_>) -> Decision,
    ) -> Result<(Option<Session>, Decision), Failure> {
        let record = self.store().find(&presented.claims.sid)?;
        let user = self.store().user(&presented.claims.sub)?;
        let groups = user.as_ref().map(|user| &user.groups).or(record.as_ref().map(|record| &record.groups));
        let client = record.as_ref().and_then(|record| record.client_id.as_deref());
        let policy = self.rules().of(client, groups.map_or(&[], Vec::as_slice));
        let kid = self.keyring().active_kid();
        let today = Today { now, user: user.as_ref(), policy: &policy, kid, jitter };
        let decision = decide(record.as_ref(), presented, &today);
        Ok((record, decision))
    }

    /// Looks, decides and carries out, until nobody else was first in between.
    pub(super) async fn carry_out_when_settled(
        &self,
        now: Moment,
        mut look: impl FnMut() -> Result<(Option<Session>, Decision), Failure>,
    ) -> Result<Issued, Failure> {
        for _ in 0..ATTEMPTS {
            let (record, decision) = look()?;
            if let Some(outcome) = self.carry_out(decision, record, now).await {
                return outcome;
            }
        }
        Err(Failure::Internal("the session changed under every attempt to exchange it"))
    }

    /// `None`: somebody else was first.
    async fn carry_out(
        &self,
        decision: Decision,
        record: Option<Session>,
        now: Moment,
    ) -> Option<Result<Issued, Failure>> {
        match decision {
            Decision::Refuse(reason) => Some(Err(Failure::Refused(reason))),
            Decision::Repeat => {
                let record = record?;
                events::session(Event::Repeated, &record);
                Some(self.issue(&record, None, now))
            }
            Decision::Rotate { next, store_was_rolled_back } => {
                self.rotate(record?, next, store_was_rolled_back, now).await
            }
            Decision::EndForReuse(next) => match self.store().replace(record?, &next).await {
                Ok(Swap::Conflict) => None,
                Ok(Swap::Done) => {
                    events::session(Event::ReuseDetected, &next);
                    Some(Err(Failure::Refused(Reason::ReuseDetected)))
                }
                Err(error) => Some(Err(error.into())),
            },
        }
    }

    async fn rotate(
        &self,
        present: Session,
        next: Box<Session>,
        store_was_rolled_back: bool,
        now: Moment,
    ) -> Option<Result<Issued, Failure>> {
        // Signed before it is written: what cannot be signed must not become the current generation.
        let issued = match self.issue(&next, None, now) {
            Ok(issued) => issued,
            Err(failure) => return Some(Err(failure)),
        };
        match self.store().replace(present, &next).await {
            Ok(Swap::Conflict) => None,
            Ok(Swap::Done) => {
                if store_was_rolled_back {
                    events::session(Event::StoreWasRolledBack, &next);
                }
                events::session(Event::Exchanged, &next);
                Some(Ok(issued))
            }
            Err(error) => Some(Err(error.into())),
        }
    }
}
