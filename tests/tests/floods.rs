//! Floods of requests that are refused: what the log says about them stays bounded, and still complete.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::time::{Duration, Instant};

use serde_json::json;
use shelflife_tests::{DEMO_USER, Server};

const PATIENCE: Duration = Duration::from_secs(30);

/// Lines of the log about `event`, and how many events they stand for.
fn lines_about(log: &str, event: &str) -> (u64, u64) {
    let lines = log.lines().filter(|line| line.contains(&format!("\"{event}\"")));
    let counts = lines.map(|line| {
        let detailed = u64::from(line.contains("sub=") || line.contains("error="));
        let repeated = line.split("repeated=").nth(1).map_or(0, |count| count.trim().parse().unwrap());
        (1, detailed + repeated)
    });
    counts.fold((0, 0), |(lines, events), (line, event)| (lines + line, events + event))
}

#[test]
fn refused_exchanges_are_one_line_a_second_and_each_is_counted() {
    let mut server = Server::demo(&[]);
    let (since, line) = (Instant::now(), server.line());
    let token = server.login().token();
    assert_eq!(server.post_as("/logout", &token).status, 204);
    for _ in 0..500 {
        assert_eq!(line.exchange(&token).status, 400);
    }
    // The count is told although nothing follows.
    while lines_about(&server.log(), "exchange_refused").1 < 500 && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    let (lines, events) = lines_about(&server.log(), "exchange_refused");
    assert_eq!(events, 500, "{}", server.log());
    assert!(lines <= since.elapsed().as_secs() + 2, "{lines} lines");
    server.terminate();
}

#[test]
fn refused_sign_ins_and_a_store_that_takes_nothing_are_counted_up_to_the_end() {
    let mut server = Server::demo(&[]);
    let since = Instant::now();
    let token = server.login().token();
    for _ in 0..20 {
        let answer = server.login_with(&json!({ "username": DEMO_USER, "password": "not the password" }));
        assert!([400, 429].contains(&answer.status), "{}", answer.shown());
    }
    let line = server.line();
    server.limit_file_sizes(Some(0));
    for _ in 0..100 {
        assert_eq!(line.exchange(&token).status, 503);
    }
    server.limit_file_sizes(None);
    server.terminate();
    for (event, count, reasons) in [("login_failed", 20, 2), ("store_unavailable", 100, 1)] {
        let until = Instant::now() + PATIENCE;
        while lines_about(&server.log(), event).1 < count && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        let (lines, events) = lines_about(&server.log(), event);
        assert_eq!(events, count, "{event} in {}", server.log());
        assert!(lines <= reasons * (since.elapsed().as_secs() + 3), "{lines} lines of {event}");
    }
}
