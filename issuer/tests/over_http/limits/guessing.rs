//! Guessing passwords over a real socket.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::{Answer, PASSWORD, Running, start};

/// A login from `address`, as a proxy of ours reports it.
pub(super) async fn attempt(server: &Running, name: &str, password: &str, address: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    let body = format!(r#"{{"username":"{name}","password":"{password}","remember_me":true}}"#);
    server.send("POST", "/login", &headers, &body).await
}

pub(super) async fn fail(server: &Running, name: &str, address: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(attempt(server, name, "not it, sorry", address).await.status, 400);
    }
}

#[tokio::test]
async fn after_five_wrong_passwords_the_account_pauses_for_that_address_and_for_no_other() {
    let server = start().await;
    fail(&server, "ada", "203.0.113.1", 5).await;
    let paused = attempt(&server, "ADA", PASSWORD, "203.0.113.1").await;
    assert_eq!((paused.status, paused.text("reason").as_str()), (429, "too_many_attempts"));
    assert_eq!(paused.header("retry-after"), "1");
    assert_eq!(attempt(&server, "ada", PASSWORD, "203.0.113.2").await.status, 200);
    assert_eq!(attempt(&server, "eve", PASSWORD, "203.0.113.1").await.status, 200);
    server.clock.advance_millis(1000);
    fail(&server, "ada", "203.0.113.1", 1).await;
    assert_eq!(attempt(&server, "ada", PASSWORD, "203.0.113.1").await.header("retry-after"), "2");
    server.clock.advance_millis(2000);
    assert_eq!(attempt(&server, "ada", PASSWORD, "203.0.113.1").await.status, 200);
    fail(&server, "ada", "203.0.113.1", 4).await;
    assert_eq!(attempt(&server, "ada", PASSWORD, "203.0.113.1").await.status, 200, "the count began anew");
}

#[tokio::test]
async fn a_name_that_nobody_has_pauses_just_the_same() {
    let server = start().await;
    fail(&server, "nobody", "203.0.113.1", 5).await;
    fail(&server, "ada", "203.0.113.1", 5).await;
    let nobody = attempt(&server, "nobody", PASSWORD, "203.0.113.1").await;
    let ada = attempt(&server, "ada", PASSWORD, "203.0.113.1").await;
    assert_eq!((nobody.status, &nobody.body), (429, &ada.body));
}

#[tokio::test]
async fn what_a_stranger_writes_left_of_the_proxy_does_not_count() {
    let server = start().await;
    for number in 0..5 {
        fail(&server, "ada", &format!("198.51.100.{number}, 203.0.113.1"), 1).await;
    }
    assert_eq!(attempt(&server, "ada", PASSWORD, "198.51.100.9, 203.0.113.1").await.status, 429);
}

#[tokio::test]
async fn a_stolen_token_is_no_place_to_guess_the_password_at() {
    let server = start().await;
    let token = server.login("ada").await;
    for path in ["/step-up", "/password"] {
        let body = match path {
            "/step-up" => r#"{"password":"not it, sorry"}"#,
            _ => r#"{"current_password":"not it, sorry","new_password":"long enough"}"#,
        };
        let mut refused = 0;
        for _ in 0..10 {
            let answer = server.post_as(path, &token, body).await;
            match answer.status {
                403 => assert_eq!(answer.text("reason"), "bad_credentials"),
                status => {
                    assert_eq!((status, answer.text("reason").as_str()), (429, "too_many_attempts"));
                    assert_ne!(answer.header("retry-after"), "");
                    refused += 1;
                }
            }
        }
        assert!(refused >= 5, "{path} let {} guesses pass", 10 - refused);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_sign_ins_at_once_with_the_right_password_are_no_guesses() {
    let server = Arc::new(start().await);
    let logins: Vec<_> = (0..20)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { attempt(&server, "ada", PASSWORD, "203.0.113.1").await.status })
        })
        .collect();
    for login in logins {
        assert_eq!(login.await.unwrap(), 200);
    }
}

/// Statuses and how often each came.
async fn all_at_once(attempts: Vec<impl Future<Output = Answer> + Send + 'static>) -> BTreeMap<u16, usize> {
    let attempts: Vec<_> = attempts.into_iter().map(tokio::spawn).collect();
    let mut statuses = BTreeMap::new();
    for attempt in attempts {
        let answer = attempt.await.unwrap();
        assert!(answer.status != 429 || answer.header("retry-after").parse::<u64>().unwrap() > 0);
        *statuses.entry(answer.status).or_default() += 1;
    }
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_six_guesses_at_once_five_are_judged() {
    let server = Arc::new(start().await);
    let guesses = (0..66).map(|number| {
        let server = Arc::clone(&server);
        async move { attempt(&server, "ada", &format!("guess {number}"), "203.0.113.1").await }
    });
    assert_eq!(all_at_once(guesses.collect()).await, [(400, 5), (429, 61)].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn ninety_guessers_at_once_keep_no_user_from_signing_in() {
    let server = Arc::new(start().await);
    let guesses = (0..90).map(|number| {
        let server = Arc::clone(&server);
        let (name, address) = (format!("user{number}"), format!("198.51.100.{number}"));
        async move { attempt(&server, &name, "not it, sorry", &address).await }
    });
    let honest = (0..5).map(|number| {
        let server = Arc::clone(&server);
        async move { attempt(&server, "ada", PASSWORD, &format!("203.0.113.{number}")).await }
    });
    let guesses = tokio::spawn(all_at_once(guesses.collect()));
    assert_eq!(all_at_once(honest.collect()).await, [(200, 5)].into());
    assert_eq!(guesses.await.unwrap(), [(400, 90)].into(), "there is room for all of them");
}
