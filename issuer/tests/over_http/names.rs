//! Ids and names: which are made, that older ones go on, and that a repeated request for a user is answered.

use serde_json::{Value, json};
use shelflife_issuer::domain::{ClientSecret, Moment, NewUserDraw, Password, new_user};
use shelflife_issuer::store::{Client, Role, Store, User};

use crate::common::{Answer, CLIENT_SECRET, PASSWORD, Running, START, basic, payload, start};

const ODD_SUB: &str = " \u{202e}x\u{200b}";
const ODD_NAME: &str = "car\u{200b}l";

fn encoded(id: &str) -> String {
    id.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn put(server: &Running, sub: &str, body: &Value) -> Answer {
    server.as_admin("PUT", &format!("/admin/users/{}", encoded(sub)), &body.to_string()).await
}

async fn open(server: &Running, client: &str, body: &Value) -> Answer {
    let basic = basic(client);
    let headers = [("authorization", basic.as_str()), ("content-type", "application/json")];
    server.send("POST", "/admin/sessions", &headers, &body.to_string()).await
}

fn user(name: &str, groups: &[&str]) -> Value {
    json!({"username": name, "password": PASSWORD, "groups": groups})
}

/// A user as an earlier version could make one.
async fn add_odd_user(server: &Running) {
    let draw = NewUserDraw { sub: [9; 16], salt: [9; 16] };
    let groups = vec!["a".to_owned(), "a".to_owned()];
    let user = new_user(
        ODD_NAME.into(),
        &Password::new(PASSWORD.into()),
        groups,
        false,
        &draw,
        Moment::from_secs(START),
    );
    server.store.add_user(User { sub: ODD_SUB.into(), ..user.unwrap() }).await.unwrap();
}

#[tokio::test]
async fn a_repeated_request_for_a_user_is_answered_with_the_user() {
    let server = start().await;
    let created = put(&server, "g1", &user("Grace", &["staff", "admin"])).await;
    assert_eq!(created.status, 201, "{}", created.body);
    for same in [user("Grace", &["staff", "admin"]), user("ｇｒａｃｅ", &["admin", "staff"])] {
        let again = put(&server, "g1", &same).await;
        assert_eq!((again.status, again.body.as_str()), (200, created.body.as_str()), "{same}");
    }
    let other_password =
        json!({"username": "Grace", "password": "another password", "groups": ["staff", "admin"]});
    for (sub, other) in [
        ("g1", other_password),
        ("g1", user("grace2", &["staff", "admin"])),
        ("g1", user("Grace", &["staff"])),
        ("g2", user("Grace", &["staff", "admin"])),
    ] {
        let refused = put(&server, sub, &other).await;
        assert_eq!((refused.status, refused.text("reason").as_str()), (409, "user_exists"), "{sub} {other}");
    }
    // Nothing was changed by any of them.
    assert_eq!(server.as_admin("GET", "/admin/users/g1", "").await.body, created.body);
    assert_eq!(payload(&server.login("grace").await)["groups"], json!(["staff", "admin"]));
    // A change in between is a different user, not one to put back.
    server.as_admin("PATCH", "/admin/users/g1", r#"{"groups":[]}"#).await;
    assert_eq!(put(&server, "g1", &user("Grace", &["staff", "admin"])).await.status, 409);
}

#[tokio::test]
async fn of_simultaneous_requests_for_one_user_one_makes_it_and_all_are_answered() {
    let server = start().await;
    let body = user("Grace", &["staff"]);
    let answers =
        tokio::join!(put(&server, "g1", &body), put(&server, "g1", &body), put(&server, "g1", &body));
    let mut statuses = [answers.0.status, answers.1.status, answers.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 201]);
}

#[tokio::test]
async fn ids_and_names_that_pass_for_others_are_not_made_and_the_rule_is_said() {
    let server = start().await;
    for (sub, rule) in [
        (".", "`.` or `..`"),
        ("..", "`.` or `..`"),
        (" x", "white space"),
        ("x\u{a0}", "white space"),
        ("adm\u{202e}in", "U+202E"),
        ("x\u{ad}", "U+00AD"),
        ("x\u{e0061}", "U+E0061"),
        ("a\"b", "quotation marks"),
    ] {
        for answer in
            [put(&server, sub, &user("zz", &[])).await, open(&server, "shop", &json!({"sub": sub})).await]
        {
            assert_eq!((answer.status, answer.text("reason").as_str()), (400, "bad_member"), "{sub:?}");
            let said = answer.text("error_description");
            assert!(said.contains("`sub`") && said.contains(rule), "{sub:?}: {said}");
        }
    }
    for (name, rule) in
        [(ODD_NAME, "U+200B"), ("a\u{3164}", "U+3164"), ("a\u{2800}", "U+2800"), ("a\u{fe0f}", "U+FE0F")]
    {
        let answer = put(&server, "c1", &user(name, &[])).await;
        let said = answer.text("error_description");
        assert!(
            answer.status == 400 && said.contains("`username`") && said.contains(rule),
            "{name:?}: {said}"
        );
    }
    for (groups, rule) in [(json!(["a", "b", "a"]), "twice"), (json!(["a\u{200b}"]), "U+200B")] {
        let path = "/admin/users/c1";
        let made = json!({"username": "carl", "password": PASSWORD, "groups": groups});
        let refused = [
            put(&server, "c1", &made).await,
            server.as_admin("PATCH", path, &json!({"groups": groups}).to_string()).await,
            open(&server, "shop", &json!({"sub": "42", "groups": groups})).await,
        ];
        for answer in refused {
            let said = answer.text("error_description");
            assert!(answer.status == 400 && said.contains("`groups`") && said.contains(rule), "{said}");
        }
    }
    assert_eq!(server.as_admin("GET", "/admin/users/c1", "").await.status, 404, "nothing was made");
}

#[tokio::test]
async fn users_of_before_sign_in_exchange_and_are_looked_after() {
    let server = start().await;
    add_odd_user(&server).await;
    let token = server.login(ODD_NAME).await;
    assert_eq!(payload(&token)["sub"], ODD_SUB);
    let token = server.exchange(&token).await.text("access_token");
    let path = format!("/admin/users/{}", encoded(ODD_SUB));
    let shown = server.as_admin("GET", &path, "").await;
    assert_eq!((shown.status, shown.text("username").as_str()), (200, ODD_NAME));
    let same = put(&server, ODD_SUB, &user(ODD_NAME, &["a"])).await;
    assert_eq!((same.status, same.body), (200, shown.body));
    let opened = open(&server, "shop", &json!({"sub": ODD_SUB})).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(server.as_admin("PATCH", &path, r#"{"disabled":true}"#).await.status, 200);
    assert_eq!(server.exchange(&token).await.text("reason"), "user_disabled");
}

#[tokio::test]
async fn a_subject_of_before_that_is_kept_elsewhere_gets_further_sessions() {
    let server = start().await;
    assert_eq!(open(&server, "shop", &json!({"sub": ".."})).await.status, 400);
    // Its first session was opened by an earlier version.
    let first = open(&server, "shop", &json!({"sub": "42", "remember_me": true})).await;
    let session = server.store.find(&first.text("session_id")).unwrap().unwrap();
    let session = shelflife_issuer::store::Session { sid: "before".into(), sub: "..".into(), ..session };
    server.store.create(session).await.unwrap();
    let second = open(&server, "shop", &json!({"sub": "..", "remember_me": true})).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_eq!(server.exchange(&second.text("access_token")).await.status, 200);
}

#[tokio::test]
async fn a_client_of_before_still_authenticates() {
    let server = start().await;
    let id = " shop\u{200b}";
    let secret = ClientSecret::from_bytes(&CLIENT_SECRET);
    let stored = server.store.client("shop").unwrap().unwrap();
    let client = Client { id: id.into(), roles: vec![Role::Sessions], ..stored };
    server.store.add_client(client).await.unwrap();
    let body = json!({"sub": "42", "client_id": id, "client_secret": secret.reveal()}).to_string();
    let answer = server.post_json("/admin/sessions", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(payload(&answer.text("access_token"))["client_id"], id);
}
