//! Proving the password again.

use super::*;

fn step_up(record: &Session, generation: u64, now: Moment) -> Decision {
    step_up_with(record, generation, None, now, &policy())
}

fn step_up_with(
    record: &Session,
    generation: u64,
    binder: Option<&Binder>,
    now: Moment,
    policy: &Policy,
) -> Decision {
    let claims = token(record, generation);
    let binders: Vec<Binder> = binder.into_iter().cloned().collect();
    let presented = Credentials { claims: &claims, binders: &binders };
    decide_step_up(Some(record), presented, &context(policy, Some(&user()), now))
}

#[test]
fn a_step_up_is_a_rotation_that_renews_the_proof() {
    let record = Session { amr: Vec::new(), ..session(7) };
    let next = rotated(step_up(&record, 7, after(100_000)));
    assert_eq!((next.generation, next.revision, next.auth_time), (8, 8, START + 100));
    assert_eq!(
        (next.amr, next.iat, next.grace_until_ms),
        (vec!["pwd".to_owned()], START + 100, START * 1000 + 130_000)
    );
}

#[test]
fn it_answers_the_demand_for_the_password_and_the_session_goes_on() {
    let demanded = Session { reauth_required: true, ..session(7) };
    let next = rotated(step_up(&demanded, 7, after(1000)));
    assert!(!next.reauth_required);
    rotated(judge(&next, 8, after(2000)));

    let policy = Policy { reauth_after: Some(1000), ..policy() };
    let record = session(7);
    let next = rotated(step_up_with(&record, 7, None, after(5_000_000), &policy));
    assert_eq!(next.bbf, START + 5900);
    rotated(judge_with(Some(&next), &token(&next, 8), None, after(5_999_999), &policy));
}

#[test]
fn a_lost_answer_is_repeated_and_a_sibling_that_was_first_is_followed() {
    let stepped = rotated(step_up(&session(7), 7, after(60_000)));
    assert_eq!(step_up(&stepped, 7, after(89_999)), Decision::Repeat);
    // A sibling exchanged 7 for 8 without a password: 8 does not carry the new proof, and has to be fetched first.
    let exchanged = rotated(judge(&session(7), 7, after(60_000)));
    assert_eq!(step_up(&exchanged, 7, after(70_000)), Decision::Refuse(Reason::Superseded));
    assert_eq!(judge(&exchanged, 7, after(70_000)), Decision::Repeat);
    assert_eq!(rotated(step_up(&exchanged, 8, after(70_000))).auth_time, START + 70);
}

#[test]
fn in_a_bound_session_an_old_proof_is_not_handed_out_as_a_new_one() {
    let (record, binder) = bound(7);
    let stepped = rotated(step_up_with(&record, 7, Some(&binder), after(60_000), &policy()));
    let later = step_up_with(&stepped, 7, Some(&binder), after(80_000_000), &policy());
    assert_eq!(rotated_by(Rotation::Late, later).auth_time, START + 80_000);
    let without = step_up_with(&stepped, 8, None, after(60_000), &policy());
    assert_eq!(without, Decision::Refuse(Reason::BinderMismatch));
}

#[test]
fn an_old_token_with_the_right_password_is_a_slow_device_and_ends_nothing() {
    for (generation, millis) in [(5, 0), (1, 60_000)] {
        let decision = step_up(&session(7), generation, after(millis));
        assert_eq!(decision, Decision::Refuse(Reason::Superseded), "generation {generation}");
    }
    let (policy, user, claims) = (policy(), user(), token(&session(7), 6));
    let context = Context { recent: SEEN, ..context(&policy, Some(&user), after(30_000)) };
    let decision = decide_step_up(Some(&session(7)), Credentials { claims: &claims, binders: &[] }, &context);
    assert_eq!(decision, Decision::Refuse(Reason::Superseded));
}

#[test]
fn what_is_over_stays_over() {
    let ended = Ended { at: START, reason: EndReason::PasswordChanged };
    let record = Session { ended: Some(ended), ..session(7) };
    assert_eq!(step_up(&record, 7, after(0)), Decision::Refuse(Reason::PasswordChanged));
    assert_eq!(step_up(&session(7), 7, after(86_400_000)), Decision::Refuse(Reason::Expired));
}
