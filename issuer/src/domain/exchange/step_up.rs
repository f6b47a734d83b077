//! Proving the password again in the middle of a session: a rotation that also renews the proof.

use std::net::IpAddr;

use super::carry_out::Attempt;
use super::decide::{
    Context, Credentials, Decision, Rotation, admitted, check_binder, in_grace, is_taken_for_lost, successor,
};
use super::limits::{as_witnessed, check_usable};
use crate::domain::guard::{Attempt as PasswordAttempt, KnownBy};
use crate::domain::{Binder, Failure, Fraction, Genuine, Issued, Issuer, Moment, Now, Password, Reason};
use crate::events;
use crate::store::Session;

/// A request to renew the proof of the password.
#[derive(Debug)]
pub struct StepUp<'a> {
    /// Binder secrets that came along.
    pub binders: &'a [Binder],
    /// The password as it was typed.
    pub password: Password,
    /// Where it came from.
    pub address: IpAddr,
}

/// Decides about one step-up after the password was proved.
///
/// Unlike the exchange it takes a session of which the password is demanded, for that is what it answers. And it
/// never ends a session: an old token together with the password is a slow device, not a thief. A device that holds the
/// parent while the answer is still in its grace is told to fetch that answer first.
pub fn decide_step_up(
    record: Option<&Session>,
    presented: Credentials<'_>,
    context: &Context<'_>,
) -> Decision {
    let claims = presented.claims;
    let record = match admitted(record, presented, context) {
        Ok(record) => as_witnessed(record, claims),
        Err(reason) => return Decision::Refuse(reason),
    };
    if let Err(reason) =
        check_usable(&record, context).and_then(|()| check_binder(&record, presented.binders))
    {
        return Decision::Refuse(reason);
    }
    let (g, c, p) = (claims.r#gen, record.generation, record.parent);
    let rotate = |generation, parent, rotation| {
        let proved = Session {
            auth_time: context.now.secs(),
            amr: vec!["pwd".to_owned()],
            reauth_required: false,
            ..record.clone().into_owned()
        };
        Decision::Rotate { next: Box::new(successor(&proved, generation, parent, context)), rotation }
    };
    match g {
        g if g > c => rotate(g.saturating_add(1), g, Rotation::StoreWasRolledBack),
        g if g == c => rotate(c.saturating_add(1), c, Rotation::Current),
        g if g == p && in_grace(&record, context) => {
            // The answer to a step-up was lost, and here it is again.
            if was_just_stepped_up(&record) { Decision::Repeat } else { Decision::Refuse(Reason::Superseded) }
        }
        g if g == p && is_taken_for_lost(context) => rotate(c.saturating_add(1), p, Rotation::Late),
        _ => Decision::Refuse(Reason::Superseded),
    }
}

/// Whether the current token was made by a step-up.
fn was_just_stepped_up(record: &Session) -> bool {
    record.auth_time == record.last_exchanged_at && !record.reauth_required
}

/// What a proof that is under way has to answer: a demand that comes later asks for a newer one.
fn demand(record: Option<&Session>) -> Option<(bool, u64)> {
    record.map(|record| (record.reauth_required, record.reauth_demanded_at))
}

impl Issuer {
    /// Checks the password again and answers a token with a new `auth_time`; durable when this returns.
    ///
    /// # Errors
    /// [`Failure::Refused`] as for an exchange; [`Failure::UserElsewhere`]; [`Failure::BadCredentials`];
    /// [`Failure::TooManyAttempts`]; [`Failure::Overloaded`]; [`Failure::Store`], and then nothing was consumed.
    pub async fn step_up(
        &self,
        token: &Genuine,
        request: &StepUp<'_>,
        jitter: Fraction,
        now: Now<'_>,
    ) -> Result<Issued, Failure> {
        let claims = token.claims();
        let outcome = self.step_up_genuine(token, request, jitter, now).await;
        match &outcome {
            Err(Failure::Refused(reason)) => {
                events::exchange_refused(&claims.sid, &claims.sub, claims.r#gen, reason.as_str());
            }
            Ok(_) => events::stepped_up(&claims.sid, &claims.sub, request.address),
            Err(_) => {}
        }
        outcome
    }

    async fn step_up_genuine(
        &self,
        token: &Genuine,
        request: &StepUp<'_>,
        jitter: Fraction,
        now: Now<'_>,
    ) -> Result<Issued, Failure> {
        let claims = token.claims();
        let presented = Credentials { claims, binders: request.binders };
        let attempt =
            |now: Moment| Attempt { presented, rule: decide_step_up, jitter, address: request.address, now };
        // Before the password: a token that leads nowhere must not be a place to guess passwords at.
        let before = now();
        let judged = self.judged(&attempt(before)).await?;
        if let Decision::Refuse(reason) = judged.decision {
            return Err(Failure::Refused(reason));
        }
        let user = self.read(|store| store.user(&claims.sub)).await?;
        if user.is_none() && judged.record.as_ref().is_some_and(|record| record.user_elsewhere) {
            return Err(Failure::UserElsewhere);
        }
        let account = user.as_ref().map_or(claims.sub.as_str(), |user| user.name.as_str());
        let known_by = Some(KnownBy::Session(&claims.sid));
        let password = PasswordAttempt { account, address: request.address, known_by };
        let proved = self.prove(user.as_ref(), request.password.clone(), password, before).await?;
        // The password may have been changed while this one was being checked.
        let present = self.read(|store| store.user(&claims.sub)).await?;
        if present.is_none_or(|present| present.password_hash != proved.password_hash) {
            return Err(Failure::BadCredentials);
        }
        let demanded = demand(judged.record.as_ref());
        let settled = self.settle(attempt(now()), |record| {
            (demand(record) != demanded)
                .then_some(Reason::ReauthenticationRequired)
                .filter(|_| record.is_some_and(|record| record.reauth_required))
        });
        settled.await
    }
}
