//! One test for each row of the exchange table, then random histories.

use proptest::prelude::*;
use shelflife_token::Claims;

use super::{Decision, Presented, decide};
use crate::domain::{Binder, Fraction, Moment, Policy, Reason};
use crate::store::{EndReason, Ended, Session};

const START: u64 = 1_800_000_000;

fn policy() -> Policy {
    Policy {
        access_ttl: 900,
        refresh_ttl: 86_400,
        grace_ms: 30_000,
        jitter_percent: 5,
        absolute_ttl: 30 * 86_400,
        idle_ttl: None,
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
        client_id: None,
        scope: None,
        groups: Vec::new(),
        claims_version: None,
        binder_hash: None,
        device: None,
        ended: None,
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

fn judge(record: &Session, generation: u64, now: Moment) -> Decision {
    judge_with(Some(record), &token(record, generation), None, now, &policy())
}

fn judge_with(
    record: Option<&Session>,
    claims: &Claims,
    binder: Option<&Binder>,
    now: Moment,
    policy: &Policy,
) -> Decision {
    decide(record, Presented { claims, binder }, now, policy, "new key", Fraction::ZERO)
}

fn rotated(decision: Decision) -> Session {
    match decision {
        Decision::Rotate { next, store_was_rolled_back: false } => *next,
        other => panic!("expected a rotation, got {other:?}"),
    }
}

#[test]
fn the_current_token_gets_a_successor_with_new_dates_and_the_key_of_today() {
    let next = rotated(judge(&session(7), 7, after(100_000)));
    assert_eq!((next.generation, next.revision, next.kid.as_str()), (8, 8, "new key"));
    assert_eq!((next.iat, next.bbf, next.exp), (START + 100, START + 1000, START + 86_500));
    assert_eq!(next.grace_until_ms, START * 1000 + 130_000);
}

#[test]
fn a_stale_token_is_exchanged_until_the_second_it_expires() {
    rotated(judge(&session(1), 1, after(86_399_999)));
    assert_eq!(judge(&session(1), 1, after(86_400_000)), Decision::Refuse(Reason::Expired));
}

#[test]
fn a_repeated_exchange_within_grace_repeats_the_answer() {
    assert_eq!(judge(&session(7), 6, after(29_999)), Decision::Repeat);
}

#[test]
fn grace_of_one_second_is_a_second_wherever_in_the_second_it_begins() {
    let policy = Policy { grace_ms: 1000, ..policy() };
    let record = session(1);
    let next = rotated(judge_with(Some(&record), &token(&record, 1), None, after(999), &policy));
    assert_eq!(judge(&next, 1, after(1998)), Decision::Repeat);
    assert!(matches!(judge(&next, 1, after(1999)), Decision::EndForReuse(_)));
}

#[test]
fn no_grace_means_that_the_first_repetition_is_reuse() {
    let policy = Policy { grace_ms: 0, ..policy() };
    let record = session(1);
    let next = rotated(judge_with(Some(&record), &token(&record, 1), None, after(0), &policy));
    assert!(matches!(judge(&next, 1, after(0)), Decision::EndForReuse(_)));
}

#[test]
fn an_older_token_within_grace_is_superseded_and_nothing_is_revoked() {
    assert_eq!(judge(&session(7), 5, after(29_999)), Decision::Refuse(Reason::Superseded));
    assert_eq!(judge(&session(7), 1, after(0)), Decision::Refuse(Reason::Superseded));
}

#[test]
fn an_old_token_after_grace_ends_the_session_for_both() {
    for generation in [1, 5, 6] {
        let Decision::EndForReuse(ended) = judge(&session(7), generation, after(30_000)) else {
            panic!("generation {generation} was not reuse");
        };
        assert_eq!(ended.ended, Some(Ended { at: START + 30, reason: EndReason::ReuseDetected }));
        assert_eq!(judge(&ended, 7, after(30_001)), Decision::Refuse(Reason::ReuseDetected));
    }
}

#[test]
fn a_token_ahead_of_the_record_means_that_the_store_was_restored_and_goes_on() {
    let Decision::Rotate { next, store_was_rolled_back: true } = judge(&session(3), 9, after(0)) else {
        panic!("the token of a rolled-back store was not accepted");
    };
    assert_eq!((next.generation, next.revision), (10, 4));
}

#[test]
fn an_unknown_session_or_another_users_record_is_not_found() {
    let claims = token(&session(1), 1);
    let gone = judge_with(None, &claims, None, after(0), &policy());
    assert_eq!(gone, Decision::Refuse(Reason::SessionNotFound));
    let foreign = Session { sub: "someone else".into(), ..session(1) };
    let refused = judge_with(Some(&foreign), &claims, None, after(0), &policy());
    assert_eq!(refused, Decision::Refuse(Reason::SessionNotFound));
}

#[test]
fn an_ended_session_answers_with_the_reason_it_ended_for() {
    for (reason, answer) in [
        (EndReason::LoggedOut, Reason::LoggedOut),
        (EndReason::ReuseDetected, Reason::ReuseDetected),
        (EndReason::UserDisabled, Reason::UserDisabled),
    ] {
        let record = Session { ended: Some(Ended { at: START, reason }), ..session(7) };
        assert_eq!(judge(&record, 7, after(0)), Decision::Refuse(answer));
        assert_eq!(judge(&record, 1, after(60_000)), Decision::Refuse(answer));
    }
}

#[test]
fn no_token_outlives_the_absolute_limit_and_then_the_session_is_over() {
    let record = Session { absolute_exp: START + 1000, exp: START + 5000, ..session(1) };
    let next = rotated(judge(&record, 1, after(500_000)));
    assert_eq!((next.bbf, next.exp), (START + 1000, START + 1000));
    assert_eq!(judge(&record, 1, after(1_000_000)), Decision::Refuse(Reason::AbsoluteLimit));
}

#[test]
fn a_limit_that_was_lowered_counts_for_sessions_that_are_already_open() {
    let policy = Policy { absolute_ttl: 60, ..policy() };
    let refused = judge_with(Some(&session(1)), &token(&session(1), 1), None, after(60_000), &policy);
    assert_eq!(refused, Decision::Refuse(Reason::AbsoluteLimit));
}

#[test]
fn a_session_that_lies_idle_for_too_long_is_over() {
    let policy = Policy { idle_ttl: Some(3600), ..policy() };
    let judge = |millis| judge_with(Some(&session(1)), &token(&session(1), 1), None, after(millis), &policy);
    rotated(judge(3_599_999));
    assert_eq!(judge(3_600_000), Decision::Refuse(Reason::IdleLimit));
}

#[test]
fn a_session_that_needs_the_password_again_is_not_exchanged_but_lives() {
    let record = Session { reauth_required: true, ..session(1) };
    assert_eq!(judge(&record, 1, after(0)), Decision::Refuse(Reason::ReauthenticationRequired));
}

fn bound(generation: u64) -> (Session, Binder) {
    let binder = Binder::from_bytes(&[7; 32]);
    (Session { binder_hash: Some(binder.hash()), ..session(generation) }, binder)
}

#[test]
fn a_bound_session_needs_its_binder_and_survives_every_attempt_without() {
    let (record, binder) = bound(7);
    let wrong = Binder::from_bytes(&[8; 32]);
    for generation in [1, 6, 7] {
        for binder in [None, Some(&wrong)] {
            let decision =
                judge_with(Some(&record), &token(&record, generation), binder, after(60_000), &policy());
            assert_eq!(decision, Decision::Refuse(Reason::BinderMismatch));
        }
    }
    rotated(judge_with(Some(&record), &token(&record, 7), Some(&binder), after(60_000), &policy()));
}

#[test]
fn in_a_bound_session_a_lost_answer_is_repeated_days_later() {
    let (record, binder) = bound(7);
    let judge = |generation| {
        judge_with(Some(&record), &token(&record, generation), Some(&binder), after(80_000_000), &policy())
    };
    assert_eq!(judge(6), Decision::Repeat);
    assert_eq!(judge(5), Decision::Refuse(Reason::Superseded));
}

#[test]
fn a_session_that_is_not_remembered_is_never_stale_through_all_rotations() {
    let mut record = Session { remember_me: false, exp: START + 900, ..session(1) };
    for step in 1..20 {
        record = rotated(judge(&record, step, after(step * 600_000)));
        assert_eq!((record.bbf, record.exp), (START + step * 600 + 900, START + step * 600 + 900));
    }
}

#[test]
fn jitter_makes_a_successor_stale_up_to_five_percent_earlier() {
    let record = session(1);
    let claims = token(&record, 1);
    let bbf = |jitter| {
        let presented = Presented { claims: &claims, binder: None };
        rotated(decide(Some(&record), presented, after(0), &policy(), "key", jitter)).bbf
    };
    assert_eq!(bbf(Fraction::ZERO), START + 900);
    assert_eq!(bbf(Fraction::MAX), START + 900 - 44);
}

#[test]
fn a_clock_that_was_set_back_signs_nobody_out() {
    let day_before = Moment::from_secs(START - 86_400);
    assert_eq!(rotated(judge(&session(7), 7, day_before)).generation, 8);
    assert_eq!(judge(&session(7), 6, day_before), Decision::Repeat);
}

/// What can happen to a session, in the eyes of the server.
#[derive(Debug, Clone)]
enum Step {
    /// Milliseconds pass.
    Wait(u64),
    /// The owner exchanges the newest token they have; the answer may be lost.
    Owner { answer_lost: bool },
    /// A thief copies the owner's token.
    Steal,
    /// The thief exchanges the newest token they have.
    Thief,
}

fn steps(with_thief: bool) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..60_000_u64).prop_map(Step::Wait),
        4 => any::<bool>().prop_map(|answer_lost| Step::Owner { answer_lost }),
        u32::from(with_thief) => Just(Step::Steal),
        2 * u32::from(with_thief) => Just(Step::Thief),
    ];
    prop::collection::vec(step, 1..60)
}

/// A store of one record, an owner, and perhaps a thief.
struct World {
    record: Session,
    now: u64,
    owner: Claims,
    thief: Option<Claims>,
    /// Every token ever handed out, by generation.
    issued: std::collections::BTreeMap<u64, Claims>,
}

impl World {
    fn new() -> World {
        let record = session(1);
        let owner = token(&record, 1);
        World { now: START * 1000, thief: None, issued: [(1, owner.clone())].into(), owner, record }
    }

    fn exchange(&mut self, claims: &Claims, jitter: u16) -> Result<Claims, Reason> {
        let presented = Presented { claims, binder: None };
        let jitter = Fraction::from_bytes(jitter.to_le_bytes());
        let now = Moment::from_millis(self.now);
        match decide(Some(&self.record), presented, now, &policy(), "key", jitter) {
            Decision::Refuse(reason) => return Err(reason),
            Decision::EndForReuse(next) => {
                self.record = *next;
                return Err(Reason::ReuseDetected);
            }
            Decision::Rotate { next, store_was_rolled_back } => {
                assert!(!store_was_rolled_back);
                self.record = *next;
            }
            Decision::Repeat => {}
        }
        let answer = token(&self.record, self.record.generation);
        let same = self.issued.entry(answer.r#gen).or_insert_with(|| answer.clone());
        assert_eq!(*same, answer, "one generation, one token");
        assert!(answer.exp <= self.record.absolute_exp);
        assert!(answer.iat <= answer.bbf && answer.bbf <= answer.exp);
        Ok(answer)
    }

    fn owner_exchanges(&mut self, answer_lost: bool, jitter: u16) -> Result<(), Reason> {
        let answer = self.exchange(&self.owner.clone(), jitter)?;
        if !answer_lost {
            self.owner = answer;
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn an_owner_who_tries_again_within_grace_is_never_signed_out(steps in steps(false), jitter: u16) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Wait(millis) => world.now += millis,
                Step::Owner { answer_lost } => {
                    prop_assert_eq!(world.owner_exchanges(answer_lost, jitter), Ok(()));
                    // An answer that was lost is asked for again before grace is over.
                    world.now += 29_999;
                    prop_assert_eq!(world.exchange(&world.owner.clone(), jitter).is_ok(), true);
                    world.owner = world.issued.last_key_value().unwrap().1.clone();
                }
                Step::Steal | Step::Thief => unreachable!(),
            }
        }
        prop_assert!(world.record.ended.is_none());
    }

    #[test]
    fn a_thief_and_an_owner_who_both_go_on_are_both_out_after_one_more_exchange_past_grace(
        steps in steps(true),
        jitter: u16,
    ) {
        let mut world = World::new();
        for step in steps {
            match step {
                Step::Wait(millis) => world.now += millis,
                Step::Owner { answer_lost } => drop(world.owner_exchanges(answer_lost, jitter)),
                Step::Steal => world.thief = Some(world.owner.clone()),
                Step::Thief => {
                    if let Some(claims) = world.thief.clone() && let Ok(answer) = world.exchange(&claims, jitter) {
                        world.thief = Some(answer);
                    }
                }
            }
        }
        prop_assume!(world.record.ended.is_none());
        let thief = world.owner.clone();
        // Both hold the same token now, and both go on, one after the other, past grace.
        world.now += 30_000;
        let first = world.exchange(&world.owner.clone(), jitter);
        world.now += 30_000;
        let second = world.exchange(&thief, jitter);
        prop_assert!(first == Err(Reason::ReuseDetected) || second == Err(Reason::ReuseDetected));
        let all = world.issued.values().cloned().collect::<Vec<_>>();
        for claims in all {
            prop_assert!(world.exchange(&claims, jitter).is_err(), "nobody is left in");
        }
    }
}
