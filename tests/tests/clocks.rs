//! Clocks that are wrong, and days that pass, in the real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::thread::sleep;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use shelflife_tests::{DEMO_PASSWORD, DEMO_USER, Server, wait_until};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// The server looks at its clocks every second.
const A_LOOK: Duration = Duration::from_millis(2500);

/// The payload of a token or of a list.
fn payload(text: &str) -> Value {
    let payload = text.trim().split('.').nth(1).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).unwrap()).unwrap()
}

fn not_remembered(server: &Server) -> String {
    server.login_with(&json!({ "username": DEMO_USER, "password": DEMO_PASSWORD })).token()
}

fn listed(server: &Server) -> usize {
    payload(&server.get("/revocations").body)["sessions"].as_array().map_or(0, Vec::len)
}

#[test]
fn one_start_with_the_clock_forty_days_ahead_deletes_no_session() {
    let mut server = Server::clocked(&[]);
    let token = server.login().token();
    server.terminate();
    server.clocks().leap(40 * 86_400);
    server.restart();
    sleep(A_LOOK);
    server.terminate();
    server.clocks().leap(-40 * 86_400);
    server.restart();
    let answer = server.exchange(&token);
    assert_eq!(answer.status, 200, "{}", answer.shown());
}

#[test]
fn a_clock_two_hours_ahead_for_a_minute_empties_no_list_of_revocations_and_is_told() {
    let server = Server::clocked(&[]);
    server.clocks().pass(2 * HOUR);
    let token = server.login().token();
    assert_eq!(server.post_as("/logout", &token).status, 204);
    let other = not_remembered(&server);
    assert_eq!(listed(&server), 1);
    server.clocks().leap(7_200);
    wait_until("the leap is told", || server.log().contains("clock_leapt"));
    server.clocks().pass(70);
    sleep(A_LOOK);
    assert_eq!(listed(&server), 1, "its token is fresh by the right clock");
    let ready = server.get("/readyz");
    assert_eq!((ready.status, &ready.json()["checks"]["clock"]), (200, &json!("leapt")));
    let unsettled = server.exchange(&other);
    assert_eq!((unsettled.status, unsettled.member("reason").as_str()), (503, "clock_unsettled"));
    server.clocks().leap(-7_200);
    wait_until("the second leap is told", || server.log().matches("clock_leapt").count() == 2);
    assert_eq!(listed(&server), 1);
    assert_eq!(server.exchange(&other).status, 200, "no session was called over by a clock that was wrong");
    server.clocks().pass(HOUR + 60);
    wait_until("the clock is right again", || server.get("/readyz").json()["checks"]["clock"] == "ok");
    assert_eq!(listed(&server), 0, "and when it is right again, what is over is forgotten");
}

#[test]
fn a_grace_does_not_last_for_the_hour_by_which_the_clock_went_back() {
    let server = Server::clocked(&["--grace", "30s"]);
    let token = server.login().token();
    let successor = server.exchange(&token).token();
    server.clocks().leap(-3_600);
    assert_eq!(server.exchange(&token).token(), successor, "still within grace");
    server.clocks().pass(31);
    let late = server.exchange(&token).token();
    assert_ne!(late, successor);
    assert_eq!(payload(&late)["gen"], 3);
}

/// Three weeks: a session that is used goes on, one that is not is deleted a day after its end, answers are lost now and then
/// and the server is killed every few days.
#[test]
fn over_three_weeks_used_sessions_go_on_and_the_others_are_cleared_away() {
    let mut server = Server::clocked(&["--refresh-ttl", "7d", "--idle-ttl", "7d"]);
    let mut token = server.login().token();
    let unused = not_remembered(&server);
    let sid = payload(&unused)["sid"].as_str().unwrap().to_owned();
    let sids = |server: &Server, token: &str| {
        let list = server.get_as("/sessions", token).json();
        let sessions = list["sessions"].as_array().unwrap().clone();
        sessions.iter().map(|it| it["session_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(sids(&server, &token).contains(&sid));
    for day in 1..=21 {
        server.clocks().pass(DAY);
        let answer = server.exchange(&token);
        assert_eq!(answer.status, 200, "day {day}: {}", answer.shown());
        let is_lost = day % 3 == 0;
        if !is_lost {
            token = answer.token();
        }
        if day % 5 == 0 {
            server.crash();
        }
    }
    let answer = server.exchange(&token);
    assert_eq!(answer.status, 200, "{}", answer.shown());
    token = answer.token();
    server.clocks().pass(HOUR);
    let records = |server: &Server| {
        let check = std::process::Command::new(shelflife_tests::binary())
            .args(["sessions", "list", "--data"])
            .arg(server.data())
            .output()
            .unwrap();
        String::from_utf8(check.stdout).unwrap()
    };
    sleep(A_LOOK);
    server.terminate();
    let left = records(&server);
    assert!(!left.contains(&sid) && left.contains(payload(&token)["sid"].as_str().unwrap()), "{left}");
}
