//! Proving the password again, and changing it.

use std::sync::Arc;

use crate::common::{PAGE_ORIGIN, PASSWORD, Running, START, payload, policy, start, start_by};
use shelflife_issuer::domain::Policy;

const NEW: &str = "another horse battery";

async fn change(server: &Running, token: &str, current: &str, new: &str) -> crate::common::Answer {
    let body = format!(r#"{{"current_password":"{current}","new_password":"{new}"}}"#);
    server.post_as("/password", token, &body).await
}

async fn login_with(server: &Running, password: &str) -> crate::common::Answer {
    let body = format!(r#"{{"username":"ada","password":"{password}","remember_me":true}}"#);
    server.post_json("/login", &body).await
}

async fn step_up(server: &Running, token: &str) -> crate::common::Answer {
    server.post_as("/step-up", token, &format!(r#"{{"password":"{PASSWORD}"}}"#)).await
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_and_keeps_this_one() {
    let server = start().await;
    let here = server.login("ada").await;
    let there = server.login("ada").await;
    let stranger = server.login("eve").await;
    let wrong = change(&server, &here, "not it, sorry", NEW).await;
    assert_eq!((wrong.status, wrong.text("reason").as_str()), (403, "bad_credentials"));
    let short = change(&server, &here, PASSWORD, "short").await;
    assert_eq!((short.status, short.text("reason").as_str()), (400, "bad_password"));

    let answer = change(&server, &here, PASSWORD, NEW).await;
    assert_eq!((answer.status, answer.json()["ended"].as_u64()), (200, Some(1)), "{}", answer.body);
    assert_eq!(server.exchange(&there).await.text("reason"), "password_changed");
    assert_eq!(server.exchange(&here).await.status, 200);
    assert_eq!(server.exchange(&stranger).await.status, 200);
    assert_eq!(login_with(&server, PASSWORD).await.status, 400);
    assert_eq!(login_with(&server, NEW).await.status, 200);
}

#[tokio::test]
async fn a_password_is_changed_with_a_fresh_token_only() {
    let server = start().await;
    let token = server.login("ada").await;
    server.clock.advance_millis(60_000);
    let answer = change(&server, &token, PASSWORD, NEW).await;
    assert_eq!((answer.status, answer.text("reason").as_str()), (401, "stale"));
}

/// Whatever the order: a session that was opened with the old password is over once the new one is in place.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_races_with_a_new_password_leaves_no_session_of_the_old_one() {
    let server = Arc::new(start().await);
    let here = server.login("ada").await;
    // One less than the failures after which the password is not even looked at for a while.
    let racing: Vec<_> = (0..4)
        .map(|number| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(number * 50)).await;
                login_with(&server, PASSWORD).await
            })
        })
        .collect();
    assert_eq!(change(&server, &here, PASSWORD, NEW).await.status, 200);
    for login in racing {
        let login = login.await.unwrap();
        match login.status {
            200 => assert_eq!(
                server.exchange(&login.text("access_token")).await.text("reason"),
                "password_changed"
            ),
            status => assert_eq!((status, login.text("reason").as_str()), (400, "bad_credentials")),
        }
    }
    assert_eq!(server.exchange(&here).await.status, 200);
    let with_the_new_one = login_with(&server, NEW).await.text("access_token");
    assert_eq!(server.exchange(&with_the_new_one).await.status, 200);
}

#[tokio::test]
async fn a_step_up_gives_the_next_token_with_a_new_time_of_proof() {
    let server = start().await;
    let token = server.login("ada").await;
    server.clock.advance_millis(10_000);
    let answer = step_up(&server, &token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let stepped = answer.text("access_token");
    let claims = payload(&stepped);
    assert_eq!((claims["gen"].as_u64(), claims["auth_time"].as_u64()), (Some(2), Some(START + 10)));
    assert_eq!(claims["amr"][0], "pwd");
    // Repeated within grace, the same; and then the chain goes on.
    assert_eq!(step_up(&server, &token).await.text("access_token"), stepped);
    let next = payload(&server.exchange(&stepped).await.text("access_token"));
    assert_eq!((next["gen"].as_u64(), next["auth_time"].as_u64()), (Some(3), Some(START + 10)));
}

#[tokio::test]
async fn a_wrong_password_steps_nothing_up_and_changes_nothing() {
    let server = start().await;
    let token = server.login("ada").await;
    let wrong = server.post_as("/step-up", &token, r#"{"password":"not it, sorry"}"#).await;
    assert_eq!((wrong.status, wrong.text("reason").as_str()), (403, "bad_credentials"));
    assert_eq!(payload(&server.exchange(&token).await.text("access_token"))["gen"], 2);
    let missing =
        server.send("POST", "/step-up", &[("content-type", "application/json")], r#"{"password":"x"}"#).await;
    assert_eq!((missing.status, missing.text("reason").as_str()), (401, "missing"));
}

#[tokio::test]
async fn a_bound_session_is_stepped_up_with_its_cookie_only() {
    let server = start().await;
    let body =
        format!(r#"{{"username":"ada","password":"{PASSWORD}","remember_me":true,"binder":"cookie"}}"#);
    let login = server.post_json("/login", &body).await;
    let (token, cookie) = (login.text("access_token"), login.header("set-cookie").split(';').next().unwrap());
    assert_eq!(step_up(&server, &token).await.text("reason"), "binder_mismatch");
    let bearer = format!("Bearer {token}");
    let body = format!(r#"{{"password":"{PASSWORD}"}}"#);
    let mut headers = vec![
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("cookie", cookie),
        ("origin", "http://evil.example"),
    ];
    assert_eq!(server.send("POST", "/step-up", &headers, &body).await.status, 403);
    headers[3].1 = PAGE_ORIGIN;
    assert_eq!(server.send("POST", "/step-up", &headers, &body).await.status, 200);
}

#[tokio::test]
async fn who_has_to_prove_the_password_every_so_often_goes_on_by_doing_so() {
    let server = start_by(Policy { reauth_after: Some(100), ..policy() }.into()).await;
    let token = server.login("ada").await;
    server.clock.advance_millis(50_000);
    let second = server.exchange(&token).await.text("access_token");
    assert_eq!(payload(&second)["bbf"], START + 100, "no token is fresh when the password is due");
    server.clock.advance_millis(50_000);
    let refused = server.exchange(&second).await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (400, "reauthentication_required"));
    let third = step_up(&server, &second).await;
    assert_eq!(third.status, 200, "{}", third.body);
    assert_eq!(server.authorized("GET", "/sessions", &third.text("access_token")).await.status, 200);
    server.clock.advance_millis(50_000);
    assert_eq!(server.exchange(&third.text("access_token")).await.status, 200);
}
