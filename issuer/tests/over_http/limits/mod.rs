//! How many sessions a user may have, and how long they last for whom.

mod clients;
mod devices;
mod guessing;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::common::{PASSWORD, Running, START, payload, policy, start_by};
use shelflife_issuer::domain::{Cap, Narrowing, Policy, Rules, WhenFull};

fn at_most(most: usize, when_full: WhenFull) -> Rules {
    Rules { sessions_per_user: Some(Cap { most, when_full }), ..policy().into() }
}

async fn living(server: &Running, token: &str) -> Vec<String> {
    let list = server.authorized("GET", "/sessions", token).await.json();
    let list = list["sessions"].as_array().unwrap().clone();
    let living = list.iter().filter(|session| session["ended_at"].is_null());
    living.map(|session| session["session_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn one_session_more_than_allowed_is_denied_until_another_ends() {
    let server = start_by(at_most(2, WhenFull::Deny)).await;
    let first = server.login("ada").await;
    server.login("ada").await;
    let body = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    let denied = server.post_json("/login", &body).await;
    assert_eq!((denied.status, denied.text("reason").as_str()), (403, "session_limit"), "{}", denied.body);
    let wrong = server.post_json("/login", r#"{"username":"ada","password":"not it, sorry"}"#).await;
    assert_eq!(wrong.text("reason"), "bad_credentials", "only who knows the password learns of the limit");
    server.login("eve").await;
    assert_eq!(server.authorized("POST", "/logout", &first).await.status, 204);
    server.login("ada").await;
    assert_eq!(server.post_json("/login", &body).await.status, 403);
    // Sessions whose last token has expired take no place.
    server.clock.advance_millis(3_600_000);
    server.login("ada").await;
}

#[tokio::test]
async fn a_session_that_lay_idle_for_too_long_takes_no_place() {
    let idle = Policy { idle_ttl: Some(600), ..policy() };
    let server = start_by(Rules { policy: idle, ..at_most(1, WhenFull::Deny) }).await;
    server.login("ada").await;
    let body = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    server.clock.advance_millis(599_000);
    assert_eq!(server.post_json("/login", &body).await.text("reason"), "session_limit");
    server.clock.advance_millis(1_000);
    assert_eq!(server.post_json("/login", &body).await.status, 200);
}

#[tokio::test]
async fn one_session_more_than_allowed_evicts_the_oldest_which_can_read_why() {
    let server = start_by(at_most(2, WhenFull::EvictOldest)).await;
    let mut tokens = Vec::new();
    for _ in 0..3 {
        tokens.push(server.login("ada").await);
        server.clock.advance_millis(1000);
    }
    assert_eq!(server.exchange(&tokens[0]).await.text("reason"), "evicted");
    assert_eq!(server.authorized("GET", "/sessions", &tokens[0]).await.text("reason"), "evicted");
    assert_eq!(server.exchange(&tokens[1]).await.status, 200);
    assert_eq!(living(&server, &tokens[2]).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_that_race_do_not_get_past_the_limit() {
    for when_full in [WhenFull::Deny, WhenFull::EvictOldest] {
        let server = Arc::new(start_by(at_most(3, when_full)).await);
        let logins: Vec<_> = (0..12)
            .map(|_| {
                let server = Arc::clone(&server);
                let body = format!(r#"{{"username":"ada","password":"{PASSWORD}","remember_me":true}}"#);
                tokio::spawn(async move { server.post_json("/login", &body).await })
            })
            .collect();
        let mut opened = Vec::new();
        for login in logins {
            let login = login.await.unwrap();
            match login.status {
                200 => opened.push(login.text("access_token")),
                status => assert_eq!((status, login.text("reason").as_str()), (403, "session_limit")),
            }
        }
        assert_eq!(opened.len(), if when_full == WhenFull::Deny { 3 } else { 12 });
        let mut in_force = BTreeSet::new();
        for token in &opened {
            let answer = server.exchange(token).await;
            match answer.status {
                200 => drop(in_force.insert(answer.text("session_id"))),
                _ => assert_eq!(answer.text("reason"), "evicted"),
            }
        }
        assert_eq!(in_force.len(), 3);
    }
}

#[tokio::test]
async fn clients_and_groups_have_stricter_lifetimes_than_everybody() {
    let narrow = |access| Narrowing { access_ttl: Some(access), ..Narrowing::default() };
    let server = start_by(Rules {
        clients: [("kiosk".to_owned(), narrow(30))].into(),
        groups: [("admin".to_owned(), Narrowing { idle_ttl: Some(20), ..narrow(10) })].into(),
        ..policy().into()
    })
    .await;
    let body =
        format!(r#"{{"username":"ada","password":"{PASSWORD}","client_id":"kiosk","remember_me":true}}"#);
    let token = server.post_json("/login", &body).await.text("access_token");
    assert_eq!(payload(&token)["bbf"], START + 30);
    assert_eq!(payload(&server.login("ada").await)["bbf"], START + 60);

    // A user who joins a group comes under its rules with the next exchange.
    let sub = payload(&token)["sub"].as_str().unwrap().to_owned();
    let joined = server.as_admin("PATCH", &format!("/admin/users/{sub}"), r#"{"groups":["admin"]}"#).await;
    assert_eq!(joined.status, 200, "{}", joined.body);
    let next = server.exchange(&token).await.text("access_token");
    assert_eq!(payload(&next)["bbf"], START + 10);
    server.clock.advance_millis(20_000);
    assert_eq!(server.exchange(&next).await.text("reason"), "idle_limit");
}
