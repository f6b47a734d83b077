//! Proving the password again in the middle of a session: a rotation that also renews the proof.

use std::net::IpAddr;

use super::decide::{Decision, Presented, Today, binder_matches, in_grace, standing, successor};
use crate::domain::guard::{Attempt, KnownBy};
use crate::domain::{Binder, Failure, Fraction, Issued, Issuer, Moment, Password, Reason};
use crate::events;
use crate::store::Session;

/// A request to renew the proof of the password.
#[derive(Debug)]
pub struct StepUp<'a> {
    /// A token of the session, fresh or stale.
    pub token: &'a str,
    /// The binder secret, if one came along.
    pub binder: Option<Binder>,
    /// The password as it was typed.
    pub password: Password,
    /// Where it came from.
    pub address: IpAddr,
}

/// Decides about one step-up of somebody who has proved the password.
///
/// Unlike the exchange it takes a session of which the password is demanded, for that is what it answers. And it
/// never ends a session: an old token together with the password is a slow device, not a thief.
pub fn decide_step_up(record: Option<&Session>, presented: Presented<'_>, today: &Today<'_>) -> Decision {
    let claims = presented.claims;
    let record = match standing(record, claims, today) {
        Ok(record) => record,
        Err(reason) => return Decision::Refuse(reason),
    };
    if !binder_matches(record, presented.binder) {
        return Decision::Refuse(Reason::BinderMismatch);
    }
    let rotate = |generation| {
        let proved = Session {
            auth_time: today.now.secs(),
            amr: vec!["pwd".to_owned()],
            reauth_required: false,
            ..record.clone()
        };
        Decision::Rotate {
            next: Box::new(successor(&proved, generation, today)),
            store_was_rolled_back: claims.r#gen > record.generation,
        }
    };
    match record.generation.checked_sub(claims.r#gen) {
        None | Some(0) => rotate(claims.r#gen),
        // The answer to a step-up was lost, and here it is again.
        Some(1) if was_just_stepped_up(record, today.now) => Decision::Repeat,
        // A sibling has exchanged the token meanwhile: the new proof goes on top of that.
        Some(1) if in_grace(record, today.now) => rotate(record.generation),
        Some(_) => Decision::Refuse(Reason::Superseded),
    }
}

/// Whether the current token was made by a step-up, a moment ago. In a bound session, too, only a moment: a proof
/// grows old, whoever has it.
fn was_just_stepped_up(record: &Session, now: Moment) -> bool {
    let proof_is_of_this_token = record.auth_time == record.last_exchanged_at && !record.reauth_required;
    proof_is_of_this_token && now.millis() < record.grace_until_ms
}

impl Issuer {
    /// Checks the password again and answers a token with a new `auth_time`; durable when this returns.
    ///
    /// # Errors
    /// [`Failure::Refused`] as for an exchange; [`Failure::BadCredentials`]; [`Failure::TooManyAttempts`];
    /// [`Failure::Overloaded`]; [`Failure::Store`], and then nothing was consumed.
    pub async fn step_up(
        &self,
        request: &StepUp<'_>,
        jitter: Fraction,
        now: Moment,
    ) -> Result<Issued, Failure> {
        let claims = self.genuine(request.token, now)?;
        let presented = Presented { claims: &claims, binder: request.binder.as_ref() };
        // Before the password: a token that leads nowhere must not be a place to guess passwords at.
        let (record, decision) = self.judged(presented, jitter, now, decide_step_up)?;
        let refused = |reason: Reason| {
            events::exchange_refused(&claims.sid, &claims.sub, claims.r#gen, reason.as_str());
            Err(Failure::Refused(reason))
        };
        if let Decision::Refuse(reason) = decision {
            return refused(reason);
        }
        let user = self.store().user(&claims.sub)?;
        let account = user.as_ref().map_or(claims.sub.as_str(), |user| user.name.as_str());
        let known_by = Some(KnownBy::Session(&claims.sid));
        let attempt = Attempt { account, address: request.address, known_by };
        self.prove(user.as_ref(), request.password.clone(), attempt, now).await?;
        let already_demanded = record.is_some_and(|record| record.reauth_required);
        let outcome = self
            .carry_out_when_settled(now, || {
                let (record, decision) = self.judged(presented, jitter, now, decide_step_up)?;
                // Demanded while the password was being checked: it has to be a newer proof than this.
                let demanded = record.as_ref().is_some_and(|record| record.reauth_required);
                if demanded && !already_demanded {
                    return Ok((record, Decision::Refuse(Reason::ReauthenticationRequired)));
                }
                Ok((record, decision))
            })
            .await;
        match outcome {
            Err(Failure::Refused(reason)) => refused(reason),
            Ok(issued) => {
                events::stepped_up(&claims.sid, &claims.sub, request.address);
                Ok(issued)
            }
            other => other,
        }
    }
}
