//! Backends that open sessions for their own users, and programs that look after users.

use serde_json::json;
use shelflife_issuer::domain::ClientSecret;

use crate::common::{Answer, CLIENT_SECRET, PASSWORD, Running, basic, payload, start};

async fn open(server: &Running, body: serde_json::Value) -> Answer {
    let basic = basic("shop");
    let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
    server.send("POST", "/admin/sessions", &headers, &body.to_string()).await
}

async fn sub_of(server: &Running, name: &str) -> String {
    payload(&server.login(name).await)["sub"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_backend_opens_a_session_for_a_user_of_its_own_and_its_claims_travel_on() {
    let server = start().await;
    let answer = open(
        &server,
        json!({
            "sub": "customer/42", "device": "a till", "groups": ["buyers"], "scope": "read write",
            "remember_me": true, "claims": {"tenant": "t1", "limits": [1, 2.5]}
        }),
    )
    .await;
    assert_eq!((answer.status, answer.text("scope").as_str()), (200, "read write"), "{}", answer.body);
    let mut token = answer.text("access_token");
    for generation in 1..4 {
        let claims = payload(&token);
        assert_eq!((&claims["sub"], &claims["gen"]), (&json!("customer/42"), &json!(generation)));
        assert_eq!((&claims["groups"], &claims["client_id"]), (&json!(["buyers"]), &json!("shop")));
        assert_eq!((&claims["tenant"], &claims["limits"]), (&json!("t1"), &json!([1, 2.5])));
        let next = server.exchange(&token).await;
        assert_eq!(server.exchange(&token).await.body, next.body, "byte for byte");
        token = next.text("access_token");
    }
    let list = server.authorized("GET", "/sessions", &token).await.json();
    assert_eq!(list["sessions"][0]["device"], "a till");
    // Such a user has no password here, and that is no guess at one.
    let step_up = server.post_as("/step-up", &token, r#"{"password":"not it, sorry"}"#).await;
    assert_eq!((step_up.status, step_up.text("reason").as_str()), (400, "user_elsewhere"));
}

#[tokio::test]
async fn only_a_client_with_its_secret_and_the_role_gets_in() {
    let server = start().await;
    let body = r#"{"sub":"42"}"#;
    let json_type = ("content-type", "application/json");
    let nobody = server.send("POST", "/admin/sessions", &[json_type], body).await;
    assert_eq!((nobody.status, nobody.text("error").as_str()), (401, "invalid_client"));
    assert!(nobody.header("www-authenticate").starts_with("Basic "));
    for header in ["Basic c2hvcDp3cm9uZw==", "Basic ????", "Bearer abc", "Basic c2hvcA=="] {
        let refused =
            server.send("POST", "/admin/sessions", &[("authorization", header), json_type], body).await;
        assert_eq!((refused.status, refused.body.as_str()), (401, nobody.body.as_str()), "{header}");
    }
    let unknown = basic("nobody");
    let refused =
        server.send("POST", "/admin/sessions", &[("authorization", &unknown), json_type], body).await;
    assert_eq!((refused.status, refused.body.as_str()), (401, nobody.body.as_str()));

    let console = basic("console");
    let refused =
        server.send("POST", "/admin/sessions", &[("authorization", &console), json_type], body).await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (403, "role_missing"));
    let shop = basic("shop");
    let refused = server.send("GET", "/admin/users/42", &[("authorization", &shop)], "").await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (403, "role_missing"));

    let secret = ClientSecret::from_bytes(&CLIENT_SECRET);
    let in_body = json!({"sub": "42", "client_id": "shop", "client_secret": secret.reveal()}).to_string();
    assert_eq!(server.post_json("/admin/sessions", &in_body).await.status, 200);
    let twice =
        server.send("POST", "/admin/sessions", &[("authorization", &shop), json_type], &in_body).await;
    assert_eq!((twice.status, twice.text("reason").as_str()), (400, "doubled_credentials"));
}

#[tokio::test]
async fn what_a_backend_may_not_say_is_refused() {
    let server = start().await;
    for (body, reason) in [
        (json!({"sub": ""}), "bad_member"),
        (json!({"sub": "a\nb"}), "bad_member"),
        (json!({"sub": "x".repeat(129)}), "bad_member"),
        (json!({"sub": "42", "scope": "a  b"}), "bad_member"),
        (json!({"sub": "42", "groups": ["a b"]}), "bad_member"),
        (json!({"sub": "42", "device": ""}), "bad_member"),
        (json!({"sub": "42", "claims": {"sub": "root"}}), "bad_member"),
        (json!({"sub": "42", "claims": {"exp": 1}}), "bad_member"),
        (json!({"sub": "42", "claims": {"a": {"b": 1}}}), "bad_member"),
        (json!({"sub": "42", "claims": [1]}), "malformed_body"),
        (json!({"sub": "42", "admin": true}), "malformed_body"),
        (json!({}), "malformed_body"),
    ] {
        let answer = open(&server, body.clone()).await;
        assert_eq!((answer.status, answer.text("reason").as_str()), (400, reason), "{body}");
    }
    let basic = basic("shop");
    let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
    let doubled = r#"{"sub":"42","claims":{"a":1,"a":2}}"#;
    assert_eq!(server.send("POST", "/admin/sessions", &headers, doubled).await.status, 400);
}

#[tokio::test]
async fn for_a_user_who_is_kept_here_the_groups_are_those_kept_here() {
    let server = start().await;
    let sub = sub_of(&server, "ada").await;
    let refused = open(&server, json!({"sub": sub, "groups": ["admin"]})).await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (400, "groups_kept_here"));
    let token = open(&server, json!({"sub": sub, "remember_me": true})).await.text("access_token");
    assert_eq!(payload(&token)["groups"], json!(["staff"]));
    let path = format!("/admin/users/{sub}");
    assert_eq!(server.as_admin("PATCH", &path, r#"{"disabled":true}"#).await.status, 200);
    let refused = open(&server, json!({"sub": sub})).await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (403, "user_disabled"));
    assert_eq!(server.exchange(&token).await.text("reason"), "user_disabled");
}

#[tokio::test]
async fn a_user_is_created_and_can_sign_in_with_the_id_that_was_given() {
    let server = start().await;
    let body = json!({"username": "Grace", "password": PASSWORD, "groups": ["staff"]}).to_string();
    let created = server.as_admin("PUT", "/admin/users/u%2F7", &body).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert!(!created.body.contains("argon2") && !created.body.contains(PASSWORD));
    assert_eq!(payload(&server.login("grace").await)["sub"], "u/7");
    let shown = server.as_admin("GET", "/admin/users/u%2F7", "").await;
    assert_eq!(shown.body, created.body);
    for (path, body) in [("/admin/users/u%2F7", body.replace("Grace", "other")), ("/admin/users/u8", body)] {
        let taken = server.as_admin("PUT", path, &body).await;
        assert_eq!((taken.status, taken.text("reason").as_str()), (409, "user_exists"), "{path}");
    }
    let short = json!({"username": "x", "password": "short"}).to_string();
    assert_eq!(server.as_admin("PUT", "/admin/users/u9", &short).await.text("reason"), "bad_password");
    assert_eq!(server.as_admin("GET", "/admin/users/u9", "").await.text("reason"), "user_not_found");
}

#[tokio::test]
async fn new_groups_are_in_the_next_token_with_a_new_version() {
    let server = start().await;
    let token = server.login("ada").await;
    let path = format!("/admin/users/{}", payload(&token)["sub"].as_str().unwrap());
    assert_eq!((&payload(&token)["groups"], &payload(&token)["cv"]), (&json!(["staff"]), &json!(1)));
    let changed = server.as_admin("PATCH", &path, r#"{"groups":["staff","admin"]}"#).await;
    assert_eq!(changed.json()["claims_version"], 2);
    let next = server.exchange(&token).await.text("access_token");
    assert_eq!((&payload(&next)["groups"], &payload(&next)["cv"]), (&json!(["staff", "admin"]), &json!(2)));
    // The same groups once more are no change.
    let same = server.as_admin("PATCH", &path, r#"{"groups":["staff","admin"]}"#).await;
    assert_eq!(same.json()["claims_version"], 2);
    let refused = server.as_admin("PATCH", &path, r#"{"groups":["two words"]}"#).await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (400, "bad_member"));
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_and_can_come_back_when_enabled() {
    let server = start().await;
    let token = server.login("ada").await;
    let path = format!("/admin/users/{}", payload(&token)["sub"].as_str().unwrap());
    let disabled = server.as_admin("PATCH", &path, r#"{"disabled":true}"#).await;
    assert_eq!((disabled.status, &disabled.json()["disabled"]), (200, &json!(true)));
    assert_eq!(server.exchange(&token).await.text("reason"), "user_disabled");
    assert_eq!(server.authorized("GET", "/sessions", &token).await.text("reason"), "user_disabled");
    let body = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    assert_eq!(server.post_json("/login", &body).await.text("reason"), "bad_credentials");
    assert_eq!(server.as_admin("PATCH", &path, r#"{"disabled":false}"#).await.status, 200);
    server.login("ada").await;
    assert_eq!(server.exchange(&token).await.text("reason"), "user_disabled", "what ended stays ended");
}

#[tokio::test]
async fn an_admin_lists_and_ends_all_sessions_of_a_user_wherever_kept() {
    let server = start().await;
    let ada = server.login("ada").await;
    let elsewhere = open(&server, json!({"sub": "42", "remember_me": true})).await.text("access_token");
    for token in [&ada, &elsewhere] {
        let path = format!("/admin/users/{}/sessions", payload(token)["sub"].as_str().unwrap());
        let list = server.as_admin("GET", &path, "").await.json();
        assert_eq!(list["sessions"].as_array().unwrap().len(), 1);
        assert_eq!(list["sessions"][0]["current"], false);
        assert_eq!(server.as_admin("DELETE", &path, "").await.json()["ended"], 1);
        assert_eq!(server.exchange(token).await.text("reason"), "ended_by_operator");
        assert_eq!(server.as_admin("DELETE", &path, "").await.json()["ended"], 0);
    }
    server.login("ada").await;
}

#[tokio::test]
async fn a_user_whose_password_is_demanded_goes_on_after_proving_it() {
    let server = start().await;
    let token = server.login("ada").await;
    let path = format!("/admin/users/{}/reauthenticate", payload(&token)["sub"].as_str().unwrap());
    assert_eq!(server.as_admin("POST", &path, "").await.json()["sessions"], 1);
    assert_eq!(server.exchange(&token).await.text("reason"), "reauthentication_required");
    assert_eq!(
        server.authorized("GET", "/sessions", &token).await.text("reason"),
        "reauthentication_required"
    );
    let proved = server.post_as("/step-up", &token, &format!(r#"{{"password":"{PASSWORD}"}}"#)).await;
    assert_eq!(proved.status, 200, "{}", proved.body);
    assert_eq!(server.exchange(&proved.text("access_token")).await.status, 200);
    // Whoever does not know it can still sign out.
    assert_eq!(server.as_admin("POST", &path, "").await.json()["sessions"], 1);
    assert_eq!(server.authorized("POST", "/logout", &token).await.status, 204);
    // A session that is opened later is not meant.
    let later = server.login("ada").await;
    assert_eq!(server.exchange(&later).await.status, 200);
}
