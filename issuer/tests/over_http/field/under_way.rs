//! What is read before a wait is compared in the write after it.

use std::sync::Arc;

use serde_json::json;

use crate::common::{payload, start};
use crate::revocations::{now, verifier, word};

/// Sign-ins wait for their hash while the operator takes the group away and ends all sessions.
#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_under_way_get_the_groups_of_now_and_are_not_born_revoked() {
    let server = Arc::new(start().await);
    let sub = payload(&server.login("ada").await)["sub"].as_str().unwrap().to_owned();
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.login_with("ada", r#","remember_me":true"#, &[]).await })
        })
        .collect();
    while !tasks.iter().any(tokio::task::JoinHandle::is_finished) {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    server.clock.advance_millis(2_000);
    let path = format!("/admin/users/{sub}");
    assert_eq!(server.as_admin("PATCH", &path, r#"{"groups":[]}"#).await.status, 200);
    assert_eq!(server.as_admin("DELETE", &format!("{path}/sessions"), "").await.status, 200);
    let mut living = 0;
    let mut tokens = Vec::new();
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status == 200 {
            tokens.push(answer.text("access_token"));
        }
    }
    let verifier = verifier(&server).await;
    for token in tokens {
        let lives = server.authorized("GET", "/sessions", &token).await.status == 200;
        let said = word(&verifier, &token, now(&server));
        assert_eq!(said, if lives { "fresh" } else { "revoked" });
        assert!(!lives || payload(&token)["groups"].is_null(), "{}", payload(&token));
        living += u32::from(lives);
    }
    assert!(living > 0, "every sign-in came before the operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_disabled_while_the_password_is_checked_does_not_get_in() {
    let server = Arc::new(start().await);
    let sub = payload(&server.login("ada").await)["sub"].as_str().unwrap().to_owned();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.login_with("ada", "", &[]).await })
        })
        .collect();
    let disabled = server.as_admin("PATCH", &format!("/admin/users/{sub}"), r#"{"disabled":true}"#).await;
    assert_eq!(disabled.json()["disabled"], json!(true));
    for task in tasks {
        let answer = task.await.unwrap();
        if answer.status == 200 {
            let token = answer.text("access_token");
            assert_eq!(server.exchange(&token).await.text("reason"), "user_disabled");
        }
    }
}
