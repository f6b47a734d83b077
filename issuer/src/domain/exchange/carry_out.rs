//! Carries out what the exchange table says, again and again until no other write came in between.

use std::net::IpAddr;

use shelflife_token::Claims;

use super::decide::{Context, Credentials, Decision, Rotation, decide};
use crate::domain::{Binder, Failure, Fraction, Genuine, Issued, Issuer, Moment, Reason};
use crate::events::{self, Event};
use crate::store::{Session, Standing, Swap, Version};

/// How often an exchange looks again after another write came first. Each time some other request has made progress, so
/// this is not reached by honest use.
const ATTEMPTS: usize = 16;

/// A request to exchange a token.
#[derive(Debug)]
pub struct Exchange<'a> {
    /// Binder secrets that came along.
    pub binders: &'a [Binder],
    /// The client, if it says; then it must be the one that signed in.
    pub client_id: Option<&'a str>,
    /// The scope, if it says; then it must be the one granted.
    pub scope: Option<&'a str>,
    /// Where the request came from.
    pub address: IpAddr,
}

/// A rule about one session: [`decide`], or one that asks for more.
pub(super) type Rule = fn(Option<&Session>, Credentials<'_>, &Context<'_>) -> Decision;

/// What a rule said about the record as it is now.
pub(super) struct Judged {
    pub(super) record: Option<Session>,
    pub(super) decision: Decision,
    version: Version,
}

/// What an exchange is made of besides the record.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) presented: Credentials<'a>,
    pub(super) rule: Rule,
    pub(super) jitter: Fraction,
    pub(super) address: IpAddr,
    pub(super) now: Moment,
}

impl Issuer {
    /// Exchanges a token for its successor; durable when this returns. N simultaneous exchanges of one token
    /// give one successor, N times.
    ///
    /// # Errors
    /// [`Failure::Refused`] as the exchange table says; [`Failure::ClockUnsettled`] and [`Failure::Store`], and then
    /// nothing was consumed.
    pub async fn exchange(
        &self,
        token: &Genuine,
        request: &Exchange<'_>,
        jitter: Fraction,
        now: Moment,
    ) -> Result<Issued, Failure> {
        let claims = token.claims();
        let outcome = self.exchange_genuine(claims, request, jitter, now).await;
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
        let presented = Credentials { claims, binders: request.binders };
        let attempt = Attempt { presented, rule: decide, jitter, address: request.address, now };
        self.settle(attempt, |_| None).await
    }

    /// The record as it is now, and what the rule says about it.
    pub(super) async fn judged(&self, attempt: &Attempt<'_>) -> Result<Judged, Failure> {
        let Attempt { presented, rule, jitter, now, .. } = *attempt;
        let claims = presented.claims;
        let look = self.read(|store| store.look(&claims.sid, &claims.sub)).await?;
        let record = look.session.as_ref();
        let decision = self.by_both_clocks(now, |now| {
            let context = self.context(record, &look.standing, jitter, now);
            match rule(record, presented, &context.borrowed()) {
                Decision::Refuse(reason) => Err(reason),
                decision => Ok(decision),
            }
        })?;
        let decision = decision.unwrap_or_else(Decision::Refuse);
        Ok(Judged { record: look.session, decision, version: look.standing.version })
    }

    /// Looks, decides and carries out, until no other write comes in between. `veto` sees the record before anything is
    /// done.
    pub(super) async fn settle(
        &self,
        attempt: Attempt<'_>,
        veto: impl Fn(Option<&Session>) -> Option<Reason>,
    ) -> Result<Issued, Failure> {
        for _ in 0..ATTEMPTS {
            let judged = self.judged(&attempt).await?;
            if let Some(reason) = veto(judged.record.as_ref()) {
                return Err(Failure::Refused(reason));
            }
            if let Some(outcome) = self.carry_out(judged, &attempt).await {
                return outcome;
            }
        }
        Err(Failure::Internal("the session changed under every attempt to exchange it"))
    }

    /// `None`: another write was first.
    async fn carry_out(&self, judged: Judged, attempt: &Attempt<'_>) -> Option<Result<Issued, Failure>> {
        let Judged { record, decision, version } = judged;
        match decision {
            Decision::Refuse(reason) => Some(Err(Failure::Refused(reason))),
            Decision::Repeat => {
                let record = record?;
                events::session(Event::Repeated, &record);
                Some(self.issue(&record, None, attempt.now))
            }
            Decision::Rotate { next, rotation } => {
                let outcome = self.rotate(record?, &next, version, attempt.now).await?;
                if outcome.is_ok() {
                    match rotation {
                        Rotation::Current => {}
                        Rotation::Late => events::late_exchange(&next, attempt.address),
                        Rotation::StoreWasRolledBack => events::session(Event::StoreWasRolledBack, &next),
                    }
                }
                Some(outcome)
            }
            Decision::EndForReuse(next) => match self.store().replace(record?, &next).await {
                Ok(Swap::Conflict) => None,
                Ok(Swap::Done) => {
                    events::reuse_detected(&next, attempt.presented.claims.r#gen, attempt.address);
                    Some(Err(Failure::Refused(Reason::ReuseDetected)))
                }
                Err(error) => Some(Err(error.into())),
            },
        }
    }

    /// Puts the next generation of a session in the place of the present one. `None`: another write was first.
    pub(in crate::domain) async fn rotate(
        &self,
        present: Session,
        next: &Session,
        version: Version,
        now: Moment,
    ) -> Option<Result<Issued, Failure>> {
        // Signed before it is written: what cannot be signed must not become the current generation.
        let issued = match self.issue(next, None, now) {
            Ok(issued) => issued,
            Err(failure) => return Some(Err(failure)),
        };
        match self.store().swap(present, next, Some(version)).await {
            Ok(Swap::Conflict) => None,
            Ok(Swap::Done) => {
                self.recent().rotated(next, now);
                events::session(Event::Exchanged, next);
                Some(Ok(issued))
            }
            Err(error) => Some(Err(error.into())),
        }
    }

    /// What is true at `now` for a session of this standing.
    pub(in crate::domain) fn context<'a>(
        &'a self,
        record: Option<&Session>,
        standing: &'a Standing,
        jitter: Fraction,
        now: Moment,
    ) -> OwnedContext<'a> {
        let groups = standing.user.as_ref().map(|user| &user.groups).or(record.map(|record| &record.groups));
        let client = record.and_then(|record| record.client_id.as_deref());
        OwnedContext {
            policy: self.rules().of(client, groups.map_or(&[], Vec::as_slice)),
            standing,
            kid: self.keyring().active_kid(),
            recent: record.map(|record| self.recent().of(record, now)).unwrap_or_default(),
            jitter,
            now,
        }
    }
}

/// A [`Context`] and the policy that it borrows.
pub(in crate::domain) struct OwnedContext<'a> {
    policy: std::borrow::Cow<'a, crate::domain::Policy>,
    standing: &'a Standing,
    kid: &'a str,
    recent: super::Recent,
    jitter: Fraction,
    now: Moment,
}

impl OwnedContext<'_> {
    pub(in crate::domain) fn borrowed(&self) -> Context<'_> {
        Context {
            now: self.now,
            user: self.standing.user.as_ref(),
            locked_out: self.standing.locked_out,
            policy: &self.policy,
            kid: self.kid,
            jitter: self.jitter,
            recent: self.recent,
        }
    }
}
