//! Signing in: what it tells, and what it keeps to itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use serde_json::json;
use shelflife_tests::{Answer, DEMO_PASSWORD, DEMO_USER, Server};

/// All of an answer that does not depend on the moment.
fn look(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
    (answer.status, headers, answer.body.clone())
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let server = Server::demo(&[]);
    let wrong = server.login_with(&json!({ "username": DEMO_USER, "password": "worst-after" }));
    let unknown = server.login_with(&json!({ "username": "nobody", "password": DEMO_PASSWORD }));
    assert_eq!(look(&wrong), look(&unknown));
    assert_eq!(
        (wrong.status, wrong.member("reason").as_str()),
        (400, "bad_credentials"),
        "{}",
        wrong.shown()
    );
}

#[test]
fn answers_with_a_token_are_never_stored_on_the_way() {
    let server = Server::demo(&[]);
    let login = server.login();
    let exchange = server.exchange(&login.token());
    for answer in [&login, &exchange] {
        assert!(answer.header("cache-control").contains("no-store"), "{:?}", answer.headers);
        assert!(answer.header("content-encoding").is_empty(), "a token is never compressed");
        assert_eq!(answer.header("content-type").split(';').next(), Some("application/json"));
    }
}

#[test]
fn the_demo_user_is_gone_when_the_server_runs_without_demo() {
    let mut server = Server::demo(&[]);
    let token = server.login().token();
    assert!(server.terminate().success());
    server.restart_with(&[]);
    assert_eq!(server.login().status, 400, "the password that is printed in the manual opens no session");
    assert_ne!(server.exchange(&token).status, 200, "nor lives on from an earlier sign-in");
}

#[test]
fn the_demo_user_never_exists_beyond_this_machine() {
    let data = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(shelflife_tests::binary())
        .args(["serve", "--demo", "--listen", "0.0.0.0:0", "--data"])
        .arg(data.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--demo"), "it names the setting: {said}");
}

#[test]
fn without_a_token_one_is_asked_for_and_nothing_more_is_said() {
    let server = Server::demo(&[]);
    let answer = server.get("/sessions");
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"shelflife\"");
    assert_eq!(answer.member("reason"), "missing");
}

#[test]
fn a_stale_token_opens_nothing_at_the_issuer_either_and_the_answer_says_stale() {
    let server = Server::demo(&["--access-ttl", "1s", "--refresh-ttl", "1h", "--jitter", "0"]);
    let token = server.login().token();
    std::thread::sleep(std::time::Duration::from_millis(2200));
    let answer = server.get_as("/sessions", &token);
    assert_eq!((answer.status, answer.member("reason").as_str()), (401, "stale"), "{}", answer.shown());
    assert!(answer.header("www-authenticate").contains("error=\"invalid_token\""), "{:?}", answer.headers);
    assert_eq!(server.exchange(&token).status, 200);
}
