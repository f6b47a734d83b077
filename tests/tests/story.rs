//! What one can do with curl alone, with the server killed between every two steps.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::thread::sleep;
use std::time::{Duration, SystemTime};

use shelflife_tests::{ISSUER, Server, wait_until};
use shelflife_token::{Claims, KeySet, Limits, Requirements, Verdict, Verifier};

/// Long enough for a restart on a busy machine.
const GRACE: Duration = Duration::from_secs(10);

fn now() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

/// The claims of a fresh token, as anybody reads them who knows the issuer's public keys.
fn claims(server: &Server, token: &str) -> Claims {
    let keys = KeySet::from_json(server.get("/.well-known/jwks.json").body.as_bytes()).unwrap();
    let verifier = Verifier::new(ISSUER, "api", keys, Limits::default()).unwrap();
    let verdict = verifier.verify(token, now(), &Requirements::default());
    let Verdict::Fresh(judged) = verdict else { unreachable!("not fresh: {verdict:?}") };
    judged.claims
}

fn generation(server: &Server, token: &str) -> u64 {
    claims(server, token).r#gen
}

#[test]
fn a_session_lives_through_crashes_until_its_token_is_used_from_two_places() {
    let mut server = Server::demo(&["--grace", "10s"]);
    let first = server.login().token();
    server.crash();

    let generation_of_first = generation(&server, &first);
    server.crash();

    let second = server.exchange(&first).token();
    let exchanged = std::time::Instant::now();
    assert_ne!(second, first);
    server.crash();

    assert_eq!(generation(&server, &second), generation_of_first + 1);
    let again = server.exchange(&first).token();
    assert!(exchanged.elapsed() < GRACE, "this machine is too slow for a grace of {GRACE:?}");
    assert_eq!(again, second, "the answer that was lost comes again, byte for byte");
    server.crash();

    assert_eq!(server.get_as("/sessions", &second).status, 200);
    server.crash();

    // What an issuer was shown before is forgotten: it is more lenient then, not wrong.
    assert_eq!(server.post_as("/sessions/seen", &second).status, 204);
    sleep((GRACE + Duration::from_millis(1500)).saturating_sub(exchanged.elapsed()));
    let refused = server.exchange(&first);
    assert_eq!(
        (refused.status, refused.member("error").as_str()),
        (400, "invalid_grant"),
        "{}",
        refused.shown()
    );
    assert_eq!(refused.member("reason"), "reuse_detected");
    assert!(!refused.member("error_description").is_empty(), "a refusal says why in words");
    server.crash();

    let newest = server.exchange(&second);
    assert_eq!(
        (newest.status, newest.member("reason").as_str()),
        (400, "reuse_detected"),
        "{}",
        newest.shown()
    );
    server.crash();

    let gone = server.get_as("/sessions", &second);
    assert_eq!(gone.status, 401, "{}", gone.shown());
    assert!(gone.header("www-authenticate").contains("invalid_token"), "{:?}", gone.headers);
}

#[test]
fn an_answer_that_was_lost_in_an_outage_longer_than_the_grace_is_no_theft() {
    let mut server = Server::demo(&["--grace", "1s"]);
    let token = server.login().token();
    let lost = server.exchange(&token).token();
    server.kill9();
    sleep(Duration::from_millis(1500));
    server.restart();
    let late = server.exchange(&token);
    assert_eq!(late.status, 200, "{}", late.shown());
    assert_eq!(generation(&server, &late.token()), 3);
    wait_until("the log does not tell", || server.log().contains("late_exchange"));
    // The lost answer was found after all: two parties hold this session.
    assert_eq!(server.exchange(&lost).member("reason"), "reuse_detected");
    assert_eq!(server.exchange(&late.token()).member("reason"), "reuse_detected");
}

#[test]
fn a_crash_during_exchanges_loses_nothing_that_was_answered() {
    let mut server = Server::demo(&["--grace", "0s"]);
    let mut token = server.login().token();
    for step in 1..=10 {
        let next = server.exchange(&token).token();
        server.crash();
        assert_eq!(generation(&server, &next), generation(&server, &token) + 1, "step {step}");
        token = next;
    }
    assert_eq!(server.exchange(&token).status, 200, "the newest token is still the one the server expects");
}

#[test]
fn signing_out_is_final_across_a_crash() {
    let mut server = Server::demo(&[]);
    let token = server.login().token();
    let out = server.post_as("/logout", &token);
    assert!((200..300).contains(&out.status), "{}", out.shown());
    server.crash();
    let refused = server.exchange(&token);
    assert_eq!(
        (refused.status, refused.member("reason").as_str()),
        (400, "logged_out"),
        "{}",
        refused.shown()
    );
    assert_eq!(server.get_as("/sessions", &token).status, 401);
}

#[test]
fn a_token_answer_is_what_oauth_clients_understand() {
    let server = Server::demo(&["--access-ttl", "15m", "--refresh-ttl", "30d", "--jitter", "0"]);
    let answer = server.login();
    let json = answer.json();
    assert_eq!(json["token_type"], "Bearer");
    assert_eq!(json["access_token"], json["refresh_token"], "the same string is both");
    assert!((898..=900).contains(&json["expires_in"].as_u64().unwrap()), "{}", json["expires_in"]);
    assert!((2_591_998..=2_592_000).contains(&json["refresh_expires_in"].as_u64().unwrap()));
    let claims = claims(&server, &answer.token());
    assert_eq!(json["session_id"], claims.sid.as_str());
    assert_eq!(claims.exp - claims.iat, 2_592_000);
}

#[test]
fn without_remember_me_a_token_is_never_stale() {
    let server = Server::demo(&[]);
    let answer = server.login_with(&serde_json::json!({ "username": "demo", "password": "best-before" }));
    let claims = claims(&server, &answer.token());
    assert_eq!(claims.bbf, claims.exp);
    assert_eq!(answer.json()["expires_in"], answer.json()["refresh_expires_in"]);
}
