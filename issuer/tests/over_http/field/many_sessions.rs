//! Limits are limits of what is there, not of what was looked at.

use std::collections::BTreeSet;

use serde_json::Value;
use shelflife_issuer::domain::{Cap, Narrowing, Policy, Rules, WhenFull};
use shelflife_issuer::store::{Session, Store};

use crate::common::{PASSWORD, Running, START, payload, policy, start, start_by};

/// Sessions beside the one of `token`, opened one a second since `from`.
async fn crowd(server: &Running, token: &str, count: u64, from: u64) {
    let claims = payload(token);
    let own: Session = server.store.find(claims["sid"].as_str().unwrap()).unwrap().unwrap();
    let writes: Vec<_> = (0..count)
        .map(|number| {
            let mut session = own.clone();
            session.sid = format!("crowd{number:05}");
            session.created_at = from + number;
            let store = server.store.clone();
            tokio::spawn(async move { store.create(session).await.unwrap() })
        })
        .collect();
    for write in writes {
        write.await.unwrap();
    }
}

async fn page(server: &Running, token: &str, query: &str) -> (Vec<Value>, Option<String>) {
    let answer = server.authorized("GET", &format!("/sessions{query}"), token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let list = answer.json();
    let next = list["next"].as_str().map(str::to_owned);
    (list["sessions"].as_array().unwrap().clone(), next)
}

#[tokio::test]
async fn of_five_thousand_sessions_the_newest_come_first_and_the_own_one_is_always_there() {
    let server = start().await;
    let token = server.login("ada").await;
    crowd(&server, &token, 2_500, START + 1).await;
    let (first, next) = page(&server, &token, "").await;
    assert_eq!(first.len(), 101);
    assert_eq!(first[0]["session_id"], "crowd02499");
    assert_eq!(first.iter().filter(|session| session["current"] == true).count(), 1);
    let mut seen: Vec<Value> = first;
    let mut after = next;
    while let Some(cursor) = after {
        let (sessions, next) = page(&server, &token, &format!("?limit=1000&after={cursor}")).await;
        seen.extend(sessions);
        after = next;
    }
    let ids: BTreeSet<&str> = seen.iter().map(|session| session["session_id"].as_str().unwrap()).collect();
    assert_eq!((seen.len(), ids.len()), (2_501, 2_501), "each of them once");
    for refused in ["?limit=0", "?limit=1001", "?limit=x", "?after=x", "?page=2", "?limit=1&limit=1"] {
        assert_eq!(
            server.authorized("GET", &format!("/sessions{refused}"), &token).await.status,
            400,
            "{refused}"
        );
    }
}

#[tokio::test]
async fn sessions_that_are_over_take_no_place_however_many_they_are() {
    let rules = Rules {
        policy: Policy { idle_ttl: Some(600), ..policy() },
        sessions_per_user: Some(Cap { most: 2, when_full: WhenFull::Deny }),
        ..policy().into()
    };
    let server = start_by(rules).await;
    let token = server.login("ada").await;
    crowd(&server, &token, 1_600, START - 5_000).await;
    server.clock.advance_millis(1_000);
    let body = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    assert_eq!(server.post_json("/login", &body).await.status, 200, "1600 lay idle for too long");
    assert_eq!(server.post_json("/login", &body).await.text("reason"), "session_limit");
}

#[tokio::test]
async fn stricter_limits_of_a_group_bind_the_own_calls_as_they_bind_the_exchange() {
    let narrow = Narrowing { absolute_ttl: Some(3_600), ..Narrowing::default() };
    let rules = Rules { groups: [("admins".to_owned(), narrow)].into(), ..policy().into() };
    let server = start_by(rules).await;
    let token = server.login("ada").await;
    server.clock.advance_millis(3_590_000);
    let token = server.exchange(&token).await.text("access_token");
    server.clock.advance_millis(20_000);
    let path = format!("/admin/users/{}", payload(&token)["sub"].as_str().unwrap());
    assert_eq!(server.authorized("GET", "/sessions", &token).await.status, 200);
    assert_eq!(server.as_admin("PATCH", &path, r#"{"groups":["admins"]}"#).await.status, 200);
    let body = format!(r#"{{"current_password":"{PASSWORD}","new_password":"another password"}}"#);
    assert_eq!(server.post_as("/password", &token, &body).await.text("reason"), "absolute_limit");
    assert_eq!(server.authorized("GET", "/sessions", &token).await.text("reason"), "absolute_limit");
    assert_eq!(server.exchange(&token).await.text("reason"), "absolute_limit");
}
