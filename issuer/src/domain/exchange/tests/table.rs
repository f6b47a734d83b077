//! One test for each row of the exchange table.

use super::*;

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
        (EndReason::Evicted, Reason::Evicted),
        (EndReason::PasswordChanged, Reason::PasswordChanged),
        (EndReason::EndedByOperator, Reason::EndedByOperator),
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
        let (user, policy) = (user(), policy());
        let today = Today { now: after(0), user: Some(&user), policy: &policy, kid: "key", jitter };
        rotated(decide(Some(&record), presented, &today)).bbf
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

fn judge_for(record: &Session, user: Option<&User>) -> Decision {
    let claims = token(record, record.generation);
    let today = Today { now: after(0), user, policy: &policy(), kid: "key", jitter: Fraction::ZERO };
    decide(Some(record), Presented { claims: &claims, binder: None }, &today)
}

#[test]
fn a_successor_carries_the_groups_that_the_user_has_today() {
    let record = Session { groups: vec!["staff".into()], claims_version: Some(1), ..session(1) };
    let today = User { groups: vec!["admin".into()], claims_version: 2, ..user() };
    let next = rotated(judge_for(&record, Some(&today)));
    assert_eq!((next.groups, next.claims_version), (vec!["admin".to_owned()], Some(2)));
    // With the last group gone, the version still tells that something changed.
    let next = rotated(judge_for(&record, Some(&User { claims_version: 3, ..user() })));
    assert_eq!((next.groups, next.claims_version), (Vec::new(), Some(3)));
}

#[test]
fn a_disabled_or_removed_user_gets_nothing_and_one_kept_elsewhere_is_not_missed() {
    let disabled = User { disabled: true, ..user() };
    assert_eq!(judge_for(&session(1), Some(&disabled)), Decision::Refuse(Reason::UserDisabled));
    assert_eq!(judge_for(&session(1), None), Decision::Refuse(Reason::UserDisabled));
    let elsewhere = Session { user_elsewhere: true, groups: vec!["theirs".into()], ..session(1) };
    assert_eq!(rotated(judge_for(&elsewhere, None)).groups, ["theirs"]);
    assert_eq!(judge_for(&elsewhere, Some(&disabled)), Decision::Refuse(Reason::UserDisabled));
}

#[test]
fn when_the_password_is_due_again_no_token_is_fresh_any_more_and_none_is_exchanged() {
    let policy = Policy { reauth_after: Some(1000), ..policy() };
    let record = session(1);
    let judge = |millis| judge_with(Some(&record), &token(&record, 1), None, after(millis), &policy);
    let next = rotated(judge(500_000));
    assert_eq!((next.bbf, next.exp), (START + 1000, START + 86_900));
    rotated(judge(999_999));
    assert_eq!(judge(1_000_000), Decision::Refuse(Reason::ReauthenticationRequired));
}
