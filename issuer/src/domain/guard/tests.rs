use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;

pub(super) const LIMITS: LoginLimits = LoginLimits {
    free_failures: 5,
    longest_pause_ms: 900_000,
    forget_after_ms: 3_600_000,
    per_address: Bucket { burst: 50, refill_ms: 10_000 },
    per_account: Bucket { burst: 100, refill_ms: 36_000 },
};

pub(super) fn guard() -> LoginGuard {
    with(LIMITS)
}

fn with(limits: LoginLimits) -> LoginGuard {
    LoginGuard::new(limits, [7; 32], DeviceKey::from_bytes([1; 32]))
}

fn from(account: &str, last: u32) -> Attempt<'_> {
    Attempt { account, address: IpAddr::from((0x0A00_0000 | last).to_be_bytes()), known_by: None }
}

fn by<'a>(known_by: KnownBy<'a>, account: &'a str, last: u32) -> Attempt<'a> {
    Attempt { known_by: Some(known_by), ..from(account, last) }
}

/// A wall clock that stands still, and a process that has run for so long.
fn at(millis: u64) -> Moment {
    Moment::at(1_800_000_000_000, millis)
}

/// Admitted, refused for so many seconds, or neither yet.
fn ask(guard: &LoginGuard, attempt: Attempt<'_>, now: Moment) -> Poll<Result<Permit, u64>> {
    pin!(guard.admit(attempt, now)).poll(&mut Context::from_waker(Waker::noop()))
}

fn admitted(guard: &LoginGuard, attempt: Attempt<'_>, now: Moment) -> Permit {
    match ask(guard, attempt, now) {
        Poll::Ready(Ok(permit)) => permit,
        Poll::Ready(Err(seconds)) => panic!("refused for {seconds} s"),
        Poll::Pending => panic!("it waits"),
    }
}

fn fail(guard: &LoginGuard, attempt: Attempt<'_>, now: Moment) {
    admitted(guard, attempt, now).failed(now);
}

fn succeed(guard: &LoginGuard, attempt: Attempt<'_>, now: Moment) {
    admitted(guard, attempt, now).succeeded(now);
}

/// Seconds for which it is refused; `None`: it is not.
fn refused(guard: &LoginGuard, attempt: Attempt<'_>, now: Moment) -> Option<u64> {
    match ask(guard, attempt, now) {
        Poll::Ready(outcome) => outcome.err(),
        Poll::Pending => panic!("it waits"),
    }
}

fn waits(guard: &LoginGuard, attempt: Attempt<'_>, now: Moment) -> bool {
    ask(guard, attempt, now).is_pending()
}

#[test]
fn five_failures_are_free_and_then_each_doubles_the_pause_up_to_a_quarter_of_an_hour() {
    let guard = guard();
    let mut now = 0;
    for _ in 0..5 {
        fail(&guard, from("ada", 1), at(now));
    }
    for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        assert_eq!(refused(&guard, from("ada", 1), at(now)), Some(pause));
        assert_eq!(refused(&guard, from("ada", 1), at(now + pause * 1000 - 1)), Some(1));
        now += pause * 1000;
        let permit = admitted(&guard, from("ada", 1), at(now));
        assert!(waits(&guard, from("ada", 1), at(now)), "one at a time");
        permit.failed(at(now));
    }
    // Other accounts from there and the account from elsewhere are not held up.
    assert_eq!(refused(&guard, from("eve", 1), at(now)), None);
    assert_eq!(refused(&guard, from("ada", 2), at(now)), None);
}

#[test]
fn no_free_failure_means_that_the_first_one_pauses_for_a_second() {
    let guard = with(LoginLimits { free_failures: 0, ..LIMITS });
    fail(&guard, from("ada", 1), at(0));
    assert_eq!(refused(&guard, from("ada", 1), at(0)), Some(1));
    fail(&guard, from("ada", 1), at(1000));
    assert_eq!(refused(&guard, from("ada", 1), at(1000)), Some(2));
}

#[tokio::test]
async fn of_guesses_at_once_as_many_are_judged_as_failures_are_free_and_the_others_wait_for_their_outcome() {
    for wrong in [true, false] {
        let guard = guard();
        let mut permits: Vec<_> = (0..5).map(|_| admitted(&guard, from("ada", 1), at(0))).collect();
        let mut waiting = pin!(guard.admit(from("ada", 1), at(0)));
        let mut poll = || waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll().is_pending());
        if wrong {
            permits.drain(1..).for_each(|permit| permit.failed(at(0)));
            assert!(poll().is_pending(), "the last one may be right");
            permits.drain(..).for_each(|permit| permit.failed(at(0)));
            assert!(matches!(poll(), Poll::Ready(Err(1))));
        } else {
            permits.pop().unwrap().succeeded(at(0));
            assert!(matches!(poll(), Poll::Ready(Ok(_))));
        }
    }
}

#[test]
fn an_attempt_that_is_not_judged_costs_nothing_anywhere() {
    let limits = LoginLimits {
        per_address: Bucket { burst: 2, refill_ms: 10_000 },
        per_account: Bucket { burst: 2, refill_ms: 10_000 },
        ..LIMITS
    };
    let guard = with(limits);
    for _ in 0..20 {
        drop(admitted(&guard, from("ada", 1), at(0)));
    }
    // Nor does one that was right.
    succeed(&guard, from("eve", 1), at(0));
    let permits = [admitted(&guard, from("ada", 1), at(0)), admitted(&guard, from("ada", 1), at(0))];
    assert!(waits(&guard, from("bob", 1), at(0)), "the address has two undecided ones");
    assert!(waits(&guard, from("ada", 2), at(0)), "so has the account");
    permits.into_iter().for_each(|permit| permit.failed(at(0)));
    assert_eq!(refused(&guard, from("bob", 1), at(0)), Some(10));
    assert_eq!(refused(&guard, from("ada", 2), at(0)), Some(10));
}

#[test]
fn the_right_password_or_an_hour_of_peace_forgets_the_failures() {
    let guard = guard();
    for _ in 0..4 {
        fail(&guard, from("ada", 1), at(0));
    }
    succeed(&guard, from("ada", 1), at(0));
    fail(&guard, from("ada", 1), at(0));
    assert_eq!(refused(&guard, from("ada", 1), at(0)), None);
    let mut now = 0;
    for number in 0..8 {
        fail(&guard, from("eve", 1), at(now));
        now += if number >= 4 { 1000 << (number - 4) } else { 0 };
    }
    now -= 8000;
    assert_eq!(refused(&guard, from("eve", 1), at(now)), Some(8));
    let after = now + 3_600_000;
    for _ in 0..4 {
        fail(&guard, from("eve", 1), at(after));
    }
    assert_eq!(refused(&guard, from("eve", 1), at(after)), None, "as if it were the first ones");
}

#[test]
fn one_address_does_not_try_many_accounts_without_end() {
    let guard = guard();
    succeed(&guard, from("ada", 1), at(0));
    for number in 0..50 {
        fail(&guard, from(&format!("user{number}"), 1), at(0));
    }
    assert_eq!(refused(&guard, from("one more", 1), at(0)), Some(10));
    assert_eq!(refused(&guard, from("one more", 2), at(0)), None);
    assert_eq!(
        refused(&guard, from("ada", 1), at(0)),
        None,
        "an account that signed in here before still can"
    );
    fail(&guard, from("one more", 1), at(10_000));
    assert_eq!(refused(&guard, from("one more", 1), at(10_000)), Some(10));
}

#[test]
fn many_addresses_together_do_not_guess_without_end_and_do_not_lock_the_owner_out() {
    let guard = guard();
    succeed(&guard, from("ada", 0), at(0));
    for address in 1..=100 {
        fail(&guard, from("ada", address), at(0));
    }
    assert_eq!(refused(&guard, from("ada", 101), at(0)), Some(36));
    assert_eq!(refused(&guard, from("ada", 0), at(0)), None, "where she signed in before");
    let session = by(KnownBy::Session("one of hers"), "ada", 101);
    assert_eq!(refused(&guard, session, at(0)), None, "and where she is signed in");
    assert_eq!(refused(&guard, from("eve", 101), at(0)), None);
    assert_eq!(refused(&guard, from("ada", 101), at(36_000)), None, "and elsewhere soon again");
}

#[test]
fn a_known_source_is_no_free_pass_for_guessing() {
    let guard = guard();
    let entry = |byte| KnownBy::Device(DeviceEntry::from_bytes([byte; DeviceEntry::LENGTH]));
    for (stolen, another) in [(KnownBy::Session("stolen"), KnownBy::Session("another")), (entry(1), entry(2))]
    {
        for address in 0..5 {
            fail(&guard, by(stolen, "ada", address), at(0));
        }
        assert_eq!(refused(&guard, by(stolen, "ada", 5), at(0)), Some(1));
        assert_eq!(refused(&guard, by(another, "ada", 5), at(0)), None);
    }
    assert_eq!(refused(&guard, from("ada", 0), at(0)), None, "the address has nothing to do with it");
}

#[test]
fn all_addresses_of_one_ipv6_network_are_one_and_mapped_ones_are_those_they_map() {
    let attempt = |text: &str| Attempt { account: "ada", address: text.parse().unwrap(), known_by: None };
    let guard = guard();
    for host in 1..=5 {
        fail(&guard, attempt(&format!("2001:db8::{host}")), at(0));
        fail(&guard, attempt("192.0.2.1"), at(0));
    }
    assert_eq!(refused(&guard, attempt("2001:db8::ffff:1"), at(0)), Some(1));
    assert_eq!(refused(&guard, attempt("2001:db8:0:1::1"), at(0)), None);
    assert_eq!(refused(&guard, attempt("::ffff:192.0.2.1"), at(0)), Some(1));
    assert_eq!(refused(&guard, attempt("192.0.2.2"), at(0)), None);
}

#[test]
fn a_wall_clock_that_is_set_neither_forgives_nor_prolongs_a_pause() {
    let day = 86_400_000;
    let wall = |millis: u64, uptime| Moment::at(millis, uptime);
    for set_to in [0, 1_800_000_000_000 + 400 * day] {
        let guard = guard();
        for _ in 0..5 {
            fail(&guard, from("ada", 1), wall(1_800_000_000_000, 1000));
        }
        assert_eq!(refused(&guard, from("ada", 1), wall(set_to, 1000)), Some(1));
        assert_eq!(refused(&guard, from("ada", 1), wall(set_to, 2000)), None);
    }
}
