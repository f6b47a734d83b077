//! An answer that was lost is not a theft.

use std::collections::BTreeSet;
use std::sync::Arc;

use shelflife_issuer::domain::{LateExchange, Policy};

use crate::common::{Answer, Running, START, payload, policy, start, start_by};

async fn seen(server: &Running, token: &str) -> Answer {
    server.authorized("POST", "/sessions/seen", token).await
}

#[tokio::test]
async fn a_device_whose_answer_was_lost_goes_on_however_late_it_comes_back() {
    let server = start().await;
    let token = server.login("ada").await;
    let lost = server.exchange(&token).await.text("access_token");
    server.clock.advance_millis(3_500_000);
    let late = server.exchange(&token).await;
    assert_eq!(late.status, 200, "{}", late.body);
    let late = late.text("access_token");
    assert_eq!((payload(&late)["gen"].as_u64(), &payload(&late)["sid"]), (Some(3), &payload(&token)["sid"]));
    assert_eq!(server.exchange(&token).await.text("access_token"), late, "its grace has begun");
    // Where the answer was not lost after all, its holder and the other one are out.
    assert_eq!(server.exchange(&lost).await.text("reason"), "reuse_detected");
    assert_eq!(server.exchange(&late).await.text("reason"), "reuse_detected");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_simultaneous_late_exchanges_give_one_successor_sixty_four_times() {
    let server = Arc::new(start().await);
    let token = server.login("ada").await;
    server.exchange(&token).await;
    server.clock.advance_millis(60_000);
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (server, token) = (Arc::clone(&server), token.clone());
            tokio::spawn(async move { server.exchange(&token).await })
        })
        .collect();
    let mut successors = BTreeSet::new();
    for task in tasks {
        let answer = task.await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body);
        successors.insert(answer.text("access_token"));
    }
    assert_eq!(successors.len(), 1);
    assert_eq!(payload(successors.first().unwrap())["gen"], 3);
}

#[tokio::test]
async fn a_successor_that_arrived_makes_its_parent_a_spent_token() {
    for shown_by in ["seen", "a call"] {
        let server = start().await;
        let token = server.login("ada").await;
        let successor = server.exchange(&token).await.text("access_token");
        match shown_by {
            "seen" => assert_eq!(seen(&server, &successor).await.status, 204),
            _ => assert_eq!(server.authorized("GET", "/sessions", &successor).await.status, 200),
        }
        assert_eq!(server.exchange(&token).await.text("access_token"), successor, "within grace");
        server.clock.advance_millis(1000);
        assert_eq!(server.exchange(&token).await.text("reason"), "reuse_detected", "{shown_by}");
        assert_eq!(server.exchange(&successor).await.text("reason"), "reuse_detected");
    }
}

#[tokio::test]
async fn seen_takes_stale_tokens_and_is_refused_for_those_that_are_over() {
    let server = start().await;
    let token = server.login("ada").await;
    server.clock.advance_millis(61_000);
    assert_eq!(seen(&server, &token).await.status, 204, "stale");
    assert_eq!(server.send("POST", "/sessions/seen", &[], "").await.status, 401);
    assert_eq!(seen(&server, "a.b.c").await.status, 401);
    server.authorized("POST", "/logout", &token).await;
    assert_eq!(seen(&server, &token).await.text("reason"), "logged_out");
    server.clock.advance_millis(3_600_000);
    assert_eq!(seen(&server, &token).await.text("reason"), "expired");
}

#[tokio::test]
async fn late_exchanges_are_refused_or_allowed_where_the_operator_says_so() {
    for (late_exchange, expected) in [(LateExchange::Refuse, 400), (LateExchange::Allow, 200)] {
        let server = start_by(Policy { late_exchange, ..policy() }.into()).await;
        let token = server.login("ada").await;
        let successor = server.exchange(&token).await.text("access_token");
        if expected == 200 {
            seen(&server, &successor).await;
        }
        server.clock.advance_millis(1000);
        let late = server.exchange(&token).await;
        assert_eq!(late.status, expected, "{late_exchange:?}: {}", late.body);
    }
}

#[tokio::test]
async fn a_session_that_is_not_remembered_survives_an_answer_lost_in_its_last_seconds() {
    let rules = Policy { grace_ms: 30_000, jitter_percent: 50, ..policy() };
    let server = start_by(rules.into()).await;
    let token = server.login_with("ada", "", &[]).await.text("access_token");
    server.clock.advance_millis(59_000);
    let lost = server.exchange(&token).await;
    // Jitter does not make such a session shorter.
    assert_eq!(payload(&lost.text("access_token"))["exp"], START + 119);
    server.clock.advance_millis(5_000);
    let again = server.exchange(&token).await;
    assert_eq!(again.text("access_token"), lost.text("access_token"), "its own end has passed meanwhile");
    server.clock.advance_millis(25_000);
    assert_eq!(server.exchange(&token).await.text("reason"), "expired");
}
