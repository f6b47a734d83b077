//! Users kept elsewhere are users.

use serde_json::json;

use crate::common::{Running, START, basic, payload, start, start_by};
use shelflife_issuer::domain::Policy;

async fn opened(server: &Running, body: &str) -> String {
    let answer = server.as_shop("POST", "/admin/sessions", body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.text("access_token")
}

fn sid(token: &str) -> String {
    payload(token)["sid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_demanded_proof_is_given_by_the_backend_that_knows_the_user() {
    let server = start().await;
    let token = opened(&server, r#"{"sub":"42","remember_me":true}"#).await;
    server.clock.advance_millis(10_000);
    assert_eq!(server.as_admin("POST", "/admin/users/42/reauthenticate", "").await.json()["sessions"], 1);
    assert_eq!(server.exchange(&token).await.text("reason"), "reauthentication_required");
    let path = format!("/admin/sessions/{}/proved", sid(&token));
    let early = server.as_shop("POST", &path, &format!(r#"{{"auth_time":{}}}"#, START + 9)).await;
    assert_eq!((early.status, early.text("reason").as_str()), (400, "proof_too_old"));
    server.clock.advance_millis(5_000);
    let body = format!(r#"{{"auth_time":{},"amr":["otp","pwd"],"acr":"urn:example:silver"}}"#, START + 12);
    let proved = server.as_shop("POST", &path, &body).await;
    assert_eq!(proved.status, 200, "{}", proved.body);
    let proved = proved.text("access_token");
    let claims = payload(&proved);
    assert_eq!((&claims["auth_time"], &claims["amr"]), (&json!(START + 12), &json!(["otp", "pwd"])));
    // The device follows with the token it has.
    assert_eq!(server.exchange(&token).await.text("access_token"), proved);
    assert_eq!(server.exchange(&proved).await.status, 200);
}

#[tokio::test]
async fn a_proof_that_is_due_by_the_rules_is_given_the_same_way() {
    let server =
        start_by(Policy { reauth_after: Some(120), ..Policy { ..crate::common::policy() } }.into()).await;
    let body =
        format!(r#"{{"sub":"42","remember_me":true,"auth_time":{},"amr":["mfa"],"acr":"1"}}"#, START - 60);
    let token = opened(&server, &body).await;
    assert_eq!(payload(&token)["auth_time"], START - 60);
    server.clock.advance_millis(60_000);
    assert_eq!(server.exchange(&token).await.text("reason"), "reauthentication_required");
    let path = format!("/admin/sessions/{}/proved", sid(&token));
    assert_eq!(server.as_shop("POST", &path, "{}").await.status, 200);
    assert_eq!(server.exchange(&token).await.status, 200);
}

#[tokio::test]
async fn what_a_backend_says_about_the_proof_is_checked() {
    let server = start().await;
    for (member, value) in [
        ("auth_time", json!(START + 61)),
        ("auth_time", json!("now")),
        ("amr", json!(["p w d"])),
        ("amr", json!(["a", "b", "c", "d", "e", "f", "g", "h", "i"])),
        ("acr", json!("")),
        ("acr", json!("a\"b")),
        ("ip", json!("not an address")),
    ] {
        let body = json!({"sub": "42", member: value}).to_string();
        assert_eq!(server.as_shop("POST", "/admin/sessions", &body).await.status, 400, "{body}");
    }
    let token = opened(&server, &format!(r#"{{"sub":"42","auth_time":{}}}"#, START + 60)).await;
    assert_eq!(payload(&token)["auth_time"], START, "a clock that is a minute ahead");
}

#[tokio::test]
async fn a_backend_sees_and_ends_the_sessions_it_has_opened_and_no_others() {
    let server = start().await;
    let body = r#"{"sub":"42","device":"a till","ip":"192.0.2.7","user_agent":"Till/1.0","acr":"1"}"#;
    let own = format!("/admin/sessions/{}", sid(&opened(&server, body).await));
    let foreign = format!("/admin/sessions/{}", sid(&server.login("ada").await));
    let shown = server.as_shop("GET", &own, "").await.json();
    assert_eq!(
        (&shown["sub"], &shown["device"], &shown["acr"]),
        (&json!("42"), &json!("a till"), &json!("1"))
    );
    assert_eq!((&shown["address"], &shown["user_agent"]), (&json!("192.0.2.7"), &json!("Till/1.0")));
    for method in ["GET", "DELETE"] {
        assert_eq!(server.as_shop(method, &foreign, "").await.text("reason"), "session_not_found");
        assert_eq!(server.as_shop(method, "/admin/sessions/none", "").await.status, 404);
        assert_eq!(server.send(method, &own, &[], "").await.status, 401);
    }
    assert_eq!(server.as_shop("DELETE", &own, "").await.status, 204);
    assert_eq!(server.as_shop("DELETE", &own, "").await.status, 204, "once more does no harm");
    assert_eq!(server.as_shop("GET", &own, "").await.json()["reason"], "ended_by_operator");
    assert_eq!(server.as_admin("DELETE", &foreign, "").await.status, 204);
}

#[tokio::test]
async fn a_user_kept_elsewhere_is_disabled_by_its_sub() {
    let server = start().await;
    let token = opened(&server, r#"{"sub":"customer 42","remember_me":true}"#).await;
    let path = "/admin/users/customer%2042";
    assert_eq!(server.as_admin("GET", path, "").await.status, 404);
    let disabled = server.as_admin("PATCH", path, r#"{"disabled":true}"#).await;
    assert_eq!((disabled.status, &disabled.json()["disabled"]), (200, &json!(true)), "{}", disabled.body);
    assert_eq!(server.as_admin("GET", path, "").await.json()["username"], json!(null));
    assert_eq!(server.exchange(&token).await.text("reason"), "user_disabled");
    let body = r#"{"sub":"customer 42"}"#;
    let refused = server.as_shop("POST", "/admin/sessions", body).await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (403, "user_disabled"));
    let groups = server.as_admin("PATCH", path, r#"{"groups":["a"],"disabled":true}"#).await;
    assert_eq!((groups.status, groups.text("reason").as_str()), (400, "user_elsewhere"));
    assert_eq!(server.as_admin("PATCH", path, r#"{"disabled":false}"#).await.status, 200);
    opened(&server, body).await;
    let headers = [("authorization", basic("shop")), ("content-type", "application/json".to_owned())];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        server.send("PATCH", path, &headers, r#"{"disabled":true}"#).await.status,
        403,
        "role sessions"
    );
}
