use super::*;

const LIMITS: LoginLimits = LoginLimits {
    free_failures: 5,
    longest_pause_ms: 900_000,
    forget_after_ms: 3_600_000,
    per_address: Bucket { burst: 50, refill_ms: 10_000 },
    per_account: Bucket { burst: 100, refill_ms: 36_000 },
};

fn guard() -> LoginGuard {
    LoginGuard::new(LIMITS, [7; 32])
}

fn from(account: &str, last: u32) -> Attempt<'_> {
    Attempt { account, address: IpAddr::from((0x0A00_0000 | last).to_be_bytes()) }
}

fn at(millis: u64) -> Moment {
    Moment::from_millis(1_800_000_000_000 + millis)
}

#[test]
fn five_failures_are_free_and_then_each_doubles_the_pause_up_to_a_quarter_of_an_hour() {
    let guard = guard();
    let mut now = 0;
    for _ in 0..5 {
        assert_eq!(guard.admit(from("ada", 1), at(now)), Ok(()));
        guard.failed(from("ada", 1), at(now));
    }
    for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        assert_eq!(guard.admit(from("ada", 1), at(now)), Err(pause));
        assert_eq!(guard.admit(from("ada", 1), at(now + pause * 1000 - 1)), Err(1));
        now += pause * 1000;
        assert_eq!(guard.admit(from("ada", 1), at(now)), Ok(()));
        assert!(guard.admit(from("ada", 1), at(now)).is_err(), "one at a time");
        guard.failed(from("ada", 1), at(now));
    }
    // Other accounts from there and the account from elsewhere are not held up.
    assert_eq!(guard.admit(from("eve", 1), at(now)), Ok(()));
    assert_eq!(guard.admit(from("ada", 2), at(now)), Ok(()));
}

#[test]
fn the_right_password_or_an_hour_of_peace_forgets_the_failures() {
    let guard = guard();
    for _ in 0..4 {
        guard.failed(from("ada", 1), at(0));
    }
    guard.succeeded(from("ada", 1), at(0));
    guard.failed(from("ada", 1), at(0));
    assert_eq!(guard.admit(from("ada", 1), at(0)), Ok(()));
    for _ in 0..20 {
        guard.failed(from("eve", 1), at(0));
    }
    assert_eq!(guard.admit(from("eve", 1), at(0)), Err(900));
    assert_eq!(guard.admit(from("eve", 1), at(3_600_000)), Ok(()));
    guard.failed(from("eve", 1), at(3_600_000));
    assert_eq!(guard.admit(from("eve", 1), at(3_600_000)), Ok(()));
}

#[test]
fn one_address_does_not_try_many_accounts_without_end() {
    let guard = guard();
    guard.succeeded(from("ada", 1), at(0));
    for number in 0..50 {
        let name = format!("user{number}");
        assert_eq!(guard.admit(from(&name, 1), at(0)), Ok(()));
        guard.failed(from(&name, 1), at(0));
    }
    assert_eq!(guard.admit(from("one more", 1), at(0)), Err(10));
    assert_eq!(guard.admit(from("one more", 2), at(0)), Ok(()));
    assert_eq!(guard.admit(from("ada", 1), at(0)), Ok(()), "who signed in here before still can");
    assert_eq!(guard.admit(from("one more", 1), at(10_000)), Ok(()));
    guard.failed(from("one more", 1), at(10_000));
    assert_eq!(guard.admit(from("one more", 1), at(10_000)), Err(10));
}

#[test]
fn many_addresses_together_do_not_guess_without_end_and_do_not_lock_the_owner_out() {
    let guard = guard();
    guard.succeeded(from("ada", 0), at(0));
    for address in 1..=100 {
        assert_eq!(guard.admit(from("ada", address), at(0)), Ok(()));
        guard.failed(from("ada", address), at(0));
    }
    assert_eq!(guard.admit(from("ada", 101), at(0)), Err(36));
    assert_eq!(guard.admit(from("ada", 0), at(0)), Ok(()), "where she signed in before");
    assert_eq!(guard.admit(from("eve", 101), at(0)), Ok(()));
    assert_eq!(guard.admit(from("ada", 101), at(36_000)), Ok(()), "and elsewhere soon again");
}

#[test]
fn all_addresses_of_one_ipv6_network_are_one_and_mapped_ones_are_those_they_map() {
    let attempt = |text: &str| Attempt { account: "ada", address: text.parse().unwrap() };
    let guard = guard();
    for host in 1..=5 {
        guard.failed(attempt(&format!("2001:db8::{host}")), at(0));
        guard.failed(attempt("192.0.2.1"), at(0));
    }
    assert_eq!(guard.admit(attempt("2001:db8::ffff:1"), at(0)), Err(1));
    assert_eq!(guard.admit(attempt("2001:db8:0:1::1"), at(0)), Ok(()));
    assert_eq!(guard.admit(attempt("::ffff:192.0.2.1"), at(0)), Err(1));
    assert_eq!(guard.admit(attempt("192.0.2.2"), at(0)), Ok(()));
}

#[test]
fn a_clock_that_was_set_back_makes_no_pause_longer_than_pauses_are() {
    let guard = guard();
    let day = 86_400_000;
    for _ in 0..60 {
        guard.failed(from("ada", 1), at(day));
    }
    assert_eq!(guard.admit(from("ada", 1), at(0)), Err(900));
    assert_eq!(guard.admit(from("ada", 1), at(900_000)), Ok(()));
}
