//! The exchange table row by row, the step-up, and random histories.

mod histories;
mod step_up;
mod table;

use shelflife_token::Claims;

use super::{Context, Credentials, Decision, Recent, Rotation, decide, decide_step_up};
use crate::domain::{Binder, Fraction, LateExchange, Moment, Policy, Reason};
use crate::store::{EndReason, Ended, Session, User};

const START: u64 = 1_800_000_000;

fn policy() -> Policy {
    Policy {
        access_ttl: 900,
        refresh_ttl: 86_400,
        grace_ms: 30_000,
        jitter_percent: 5,
        absolute_ttl: 30 * 86_400,
        idle_ttl: None,
        reauth_after: None,
        late_exchange: LateExchange::Unseen,
    }
}

fn user() -> User {
    User {
        sub: "sub".into(),
        name: "ada".into(),
        password_hash: String::new(),
        groups: Vec::new(),
        claims_version: 1,
        disabled: false,
        created_at: START,
        demo: false,
    }
}

/// A remembered session that was exchanged `generation - 1` times, the last time at `START`.
fn session(generation: u64) -> Session {
    Session {
        sid: "sid".into(),
        sub: "sub".into(),
        revision: generation,
        kid: "old key".into(),
        generation,
        parent: generation - 1,
        iat: START,
        bbf: START + 900,
        exp: START + 86_400,
        remember_me: true,
        created_at: START,
        absolute_exp: START + 30 * 86_400,
        auth_time: START,
        amr: vec!["pwd".into()],
        last_exchanged_at: START,
        grace_until_ms: START * 1000 + 30_000,
        reauth_required: false,
        reauth_demanded_at: 0,
        client_id: None,
        scope: None,
        groups: Vec::new(),
        claims_version: None,
        binder_hash: None,
        device: None,
        ended: None,
        user_elsewhere: false,
        extra: None,
        acr: None,
        address: None,
        user_agent: None,
    }
}

/// What the rules look at of a token.
fn token(record: &Session, generation: u64) -> Claims {
    Claims {
        sub: record.sub.clone(),
        sid: record.sid.clone(),
        r#gen: generation,
        iat: record.iat,
        bbf: record.bbf,
        exp: record.exp,
        ..Claims::default()
    }
}

fn after(millis: u64) -> Moment {
    Moment::from_millis(START * 1000 + millis)
}

/// The current token was shown to the issuer.
const SEEN: Recent = Recent { seen: true, since_rotation: None };

fn context<'a>(policy: &'a Policy, user: Option<&'a User>, now: Moment) -> Context<'a> {
    Context {
        now,
        user,
        locked_out: false,
        policy,
        kid: "new key",
        jitter: Fraction::ZERO,
        recent: Recent::default(),
    }
}

fn judge(record: &Session, generation: u64, now: Moment) -> Decision {
    judge_with(Some(record), &token(record, generation), None, now, &policy())
}

/// The same after the current token was seen.
fn judge_seen(record: &Session, generation: u64, now: Moment) -> Decision {
    let (policy, user, claims) = (policy(), user(), token(record, generation));
    let context = Context { recent: SEEN, ..context(&policy, Some(&user), now) };
    decide(Some(record), Credentials { claims: &claims, binders: &[] }, &context)
}

fn judge_with(
    record: Option<&Session>,
    claims: &Claims,
    binder: Option<&Binder>,
    now: Moment,
    policy: &Policy,
) -> Decision {
    let binders: Vec<Binder> = binder.into_iter().cloned().collect();
    decide(record, Credentials { claims, binders: &binders }, &context(policy, Some(&user()), now))
}

fn rotated_by(rotation: Rotation, decision: Decision) -> Session {
    match decision {
        Decision::Rotate { next, rotation: found } if found == rotation => *next,
        other => panic!("expected a rotation {rotation:?}, got {other:?}"),
    }
}

fn rotated(decision: Decision) -> Session {
    rotated_by(Rotation::Current, decision)
}

fn bound(generation: u64) -> (Session, Binder) {
    let binder = Binder::from_bytes(&[7; 32]);
    (Session { binder_hash: Some(binder.hash()), ..session(generation) }, binder)
}
