//! One test for each row of the exchange table.

use super::*;

#[test]
fn the_current_token_gets_a_successor_with_new_dates_and_the_key_of_today() {
    let next = rotated(judge(&session(7), 7, after(100_000)));
    assert_eq!((next.generation, next.parent, next.revision), (8, 7, 8));
    assert_eq!(next.kid, "new key");
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
    let again = |millis| judge_with(Some(&next), &token(&next, 1), None, after(millis), &policy);
    assert_eq!(again(1998), Decision::Repeat);
    rotated_by(Rotation::Late, again(1999));
}

#[test]
fn without_a_grace_a_repetition_is_late_or_reuse_at_once() {
    let policy = Policy { grace_ms: 0, ..policy() };
    let record = session(1);
    let next = rotated(judge_with(Some(&record), &token(&record, 1), None, after(0), &policy));
    rotated_by(Rotation::Late, judge_with(Some(&next), &token(&next, 1), None, after(0), &policy));
    assert!(matches!(judge_seen(&next, 1, after(30_000)), Decision::EndForReuse(_)));
}

#[test]
fn a_parent_within_grace_gets_its_answer_again_also_when_it_has_expired_meanwhile() {
    let record = Session { exp: START + 900, ..session(7) };
    let claims = Claims { exp: START + 10, ..token(&record, 6) };
    let judge = |millis| judge_with(Some(&record), &claims, None, after(millis), &policy());
    assert_eq!(judge(29_999), Decision::Repeat);
    assert_eq!(judge(30_000), Decision::Refuse(Reason::Expired));
    let current = Claims { exp: START + 10, ..token(&record, 7) };
    let refused = judge_with(Some(&record), &current, None, after(10_000), &policy());
    assert_eq!(refused, Decision::Refuse(Reason::Expired));
}

#[test]
fn a_parent_whose_successor_was_never_seen_goes_on_however_late_and_displaces_it() {
    let record = session(7);
    let next = rotated_by(Rotation::Late, judge(&record, 6, after(80_000_000)));
    assert_eq!((next.generation, next.parent, next.revision), (8, 6, 8));
    let later = after(80_000_001);
    assert_eq!(judge(&next, 6, later), Decision::Repeat, "the late answer has a grace of its own");
    assert!(matches!(judge(&next, 7, later), Decision::EndForReuse(_)), "the displaced one was not lost");
    assert_eq!(judge(&next, 5, later), Decision::Refuse(Reason::Superseded));
    rotated(judge(&next, 8, later));
    rotated_by(Rotation::Late, judge(&next, 6, after(80_030_001)));
}

#[test]
fn a_parent_whose_successor_was_seen_ends_the_session_for_both() {
    let record = session(7);
    assert_eq!(judge_seen(&record, 6, after(29_999)), Decision::Repeat, "two tabs, within grace");
    let Decision::EndForReuse(ended) = judge_seen(&record, 6, after(30_000)) else { panic!("not reuse") };
    assert_eq!(ended.ended, Some(Ended { at: START + 30, reason: EndReason::ReuseDetected }));
    assert_eq!(judge(&ended, 7, after(30_001)), Decision::Refuse(Reason::ReuseDetected));
}

#[test]
fn late_exchanges_can_be_refused_or_allowed_whatever_was_seen() {
    let (record, user) = (session(7), user());
    let judge = |late_exchange, recent| {
        let policy = Policy { late_exchange, ..policy() };
        let claims = token(&record, 6);
        let context = Context { recent, ..context(&policy, Some(&user), after(30_000)) };
        decide(Some(&record), Credentials { claims: &claims, binders: &[] }, &context)
    };
    assert!(matches!(judge(LateExchange::Refuse, Recent::default()), Decision::EndForReuse(_)));
    rotated_by(Rotation::Late, judge(LateExchange::Allow, SEEN));
}

#[test]
fn a_token_older_than_the_parent_is_superseded_within_grace_and_reuse_later() {
    for generation in [1, 5] {
        assert_eq!(judge(&session(7), generation, after(29_999)), Decision::Refuse(Reason::Superseded));
        assert!(matches!(judge(&session(7), generation, after(30_000)), Decision::EndForReuse(_)));
    }
}

#[test]
fn the_grace_is_judged_by_the_clock_that_cannot_be_set() {
    let (record, user, policy) = (session(7), user(), policy());
    let judge = |since_rotation, now| {
        let recent = Recent { seen: true, since_rotation };
        let context = Context { recent, ..context(&policy, Some(&user), now) };
        decide(Some(&record), Credentials { claims: &token(&record, 6), binders: &[] }, &context)
    };
    let hour_back = Moment::from_secs(START - 3600);
    assert_eq!(judge(Some(29_999), hour_back), Decision::Repeat);
    assert!(matches!(judge(Some(30_000), hour_back), Decision::EndForReuse(_)));
    assert_eq!(judge(Some(29_999), after(7_200_000)), Decision::Repeat);
    // After a restart only the wall clock is left: a grace that lies ahead of it is not waited for.
    assert!(matches!(judge(None, hour_back), Decision::EndForReuse(_)));
    assert_eq!(judge(None, Moment::from_secs(START - 30)), Decision::Repeat, "a small correction");
}

/// A token of generation 9, issued 1000 s after the record of a backup.
fn after_the_backup(record: &Session) -> Claims {
    Claims {
        iat: START + 1000,
        bbf: START + 1900,
        exp: START + 87_400,
        auth_time: Some(START + 990),
        ..token(record, 9)
    }
}

#[test]
fn a_token_ahead_of_the_record_means_that_the_store_was_restored_and_goes_on() {
    let record = session(3);
    let decision = judge_with(Some(&record), &after_the_backup(&record), None, after(1_010_000), &policy());
    let next = rotated_by(Rotation::StoreWasRolledBack, decision);
    assert_eq!((next.generation, next.parent, next.revision), (10, 9, 4));
    assert_eq!(next.auth_time, START + 990);
}

#[test]
fn in_a_restored_store_the_token_knows_better_when_it_was_used_and_when_the_password_was_proved() {
    let record = Session { reauth_required: true, reauth_demanded_at: START + 500, ..session(3) };
    let policy = Policy { idle_ttl: Some(600), reauth_after: Some(700), access_ttl: 60, ..policy() };
    let judge = |claims: &Claims, millis| judge_with(Some(&record), claims, None, after(millis), &policy);
    let newer = after_the_backup(&record);
    rotated_by(Rotation::StoreWasRolledBack, judge(&newer, 1_599_999));
    assert_eq!(judge(&newer, 1_600_000), Decision::Refuse(Reason::IdleLimit));
    // The password that was demanded before the backup is still demanded if the token knows of no later proof.
    let unproved = Claims { auth_time: Some(START), ..newer };
    assert_eq!(judge(&unproved, 1_010_000), Decision::Refuse(Reason::ReauthenticationRequired));
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
fn the_table_is_the_same_for_bound_sessions() {
    let (record, binder) = bound(7);
    let judge = |record: &Session, generation| {
        judge_with(Some(record), &token(record, generation), Some(&binder), after(80_000_000), &policy())
    };
    let next = rotated_by(Rotation::Late, judge(&record, 6));
    assert!(matches!(judge(&next, 7), Decision::EndForReuse(_)));
    assert!(matches!(judge(&record, 5), Decision::EndForReuse(_)));
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
    let bbf = |record: &Session, jitter| {
        let presented = Credentials { claims: &claims, binders: &[] };
        let (user, policy) = (user(), policy());
        let context = Context { jitter, ..context(&policy, Some(&user), after(0)) };
        let next = rotated(decide(Some(record), presented, &context));
        (next.bbf, next.exp)
    };
    assert_eq!(bbf(&record, Fraction::ZERO), (START + 900, START + 86_400));
    assert_eq!(bbf(&record, Fraction::MAX), (START + 900 - 44, START + 86_400));
    let not_remembered = Session { remember_me: false, exp: START + 900, ..record.clone() };
    assert_eq!(bbf(&not_remembered, Fraction::MAX), (START + 900, START + 900), "its life is not shortened");
}

#[test]
fn a_clock_that_was_set_back_signs_nobody_out() {
    let day_before = Moment::from_secs(START - 86_400);
    assert_eq!(rotated(judge(&session(7), 7, day_before)).generation, 8);
    rotated_by(Rotation::Late, judge(&session(7), 6, day_before));
}

fn judge_for(record: &Session, user: Option<&User>) -> Decision {
    let claims = token(record, record.generation);
    let policy = policy();
    decide(Some(record), Credentials { claims: &claims, binders: &[] }, &context(&policy, user, after(0)))
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
    let (policy, claims) = (policy(), token(&elsewhere, 1));
    let locked_out = Context { locked_out: true, ..context(&policy, None, after(0)) };
    let refused = decide(Some(&elsewhere), Credentials { claims: &claims, binders: &[] }, &locked_out);
    assert_eq!(refused, Decision::Refuse(Reason::UserDisabled));
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
