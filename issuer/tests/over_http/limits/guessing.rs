//! Guessing passwords over a real socket.

use crate::common::{Answer, PASSWORD, Running, start};

/// A login from `address`, as a proxy of ours reports it.
async fn attempt(server: &Running, name: &str, password: &str, address: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    let body = format!(r#"{{"username":"{name}","password":"{password}","remember_me":true}}"#);
    server.send("POST", "/login", &headers, &body).await
}

async fn fail(server: &Running, name: &str, address: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(attempt(server, name, "not it, sorry", address).await.status, 401);
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
    let server = std::sync::Arc::new(start().await);
    let logins: Vec<_> = (0..20)
        .map(|_| {
            let server = std::sync::Arc::clone(&server);
            tokio::spawn(async move { attempt(&server, "ada", PASSWORD, "203.0.113.1").await.status })
        })
        .collect();
    for login in logins {
        assert_eq!(login.await.unwrap(), 200);
    }
}
