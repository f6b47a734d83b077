//! Who gets to the handler, and what everybody else is told.

use std::sync::atomic::Ordering;

use shelflife_token::{Claims, Code, SigningKey};

use crate::server::{FROM, Server, claims, token};

#[test]
fn a_fresh_token_gets_to_the_handler_with_its_claims() {
    let server = Server::start();
    let answer = server.with_token("/me", &token(&claims()));
    assert_eq!((answer.status, answer.body.as_str()), (200, "ann 890"));
    let answer = server.with_token("/layered", &token(&claims()));
    assert_eq!(answer.status, 200);
    let payload: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(payload["sid"], "s1");
    assert_eq!(server.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn without_a_token_the_challenge_names_no_error_and_no_handler_runs() {
    let server = Server::start();
    for path in ["/me", "/layered"] {
        for lines in [vec![], vec!["authorization: Basic YTpi".to_owned()]] {
            server.get(path, &lines).is_refused(401, "no-token", "Bearer");
        }
    }
    assert_eq!(server.calls.load(Ordering::SeqCst), 0);
}

#[test]
fn two_authorization_headers_are_a_bad_request_even_if_both_are_good() {
    let server = Server::start();
    let line = format!("authorization: Bearer {}", token(&claims()));
    let challenge = r#"Bearer error="invalid_request", error_description="There is more than one `Authorization` header.""#;
    server.get("/me", &[line.clone(), line]).is_refused(400, "two-tokens", challenge);
}

#[test]
fn a_stale_token_is_told_from_an_expired_one_at_the_very_second() {
    let server = Server::start();
    let token = token(&claims());
    let stale = r#"Bearer error="invalid_token", error_description="The token is stale: exchange it at the issuer and try again.""#;
    let expired =
        r#"Bearer error="invalid_token", error_description="The token has expired: sign in again.""#;
    for path in ["/me", "/layered"] {
        server.clock.store(FROM + 899, Ordering::SeqCst);
        assert_eq!(server.with_token(path, &token).status, 200);
        for now in [FROM + 900, FROM + 8999] {
            server.clock.store(now, Ordering::SeqCst);
            server.with_token(path, &token).is_refused(401, "stale", stale);
        }
        server.clock.store(FROM + 9000, Ordering::SeqCst);
        server.with_token(path, &token).is_refused(401, "expired", expired);
    }
    assert_eq!(server.calls.load(Ordering::SeqCst), 2);
}

#[test]
fn a_token_that_is_not_enough_is_forbidden_and_told_what_would_be() {
    let server = Server::start();
    let needs_scope = r#"Bearer error="insufficient_scope", error_description="The token lacks a required scope.", scope="read write""#;
    server.with_token("/write", &token(&claims())).is_refused(403, "missing-scope", needs_scope);
    let both = Claims { scope: Some("write read".to_owned()), ..claims() };
    assert_eq!(server.with_token("/write", &token(&both)).status, 200);

    let needs_group =
        r#"Bearer error="insufficient_scope", error_description="The token lacks a required group.""#;
    let stranger = Claims { groups: vec![], ..claims() };
    server.with_token("/layered", &token(&stranger)).is_refused(403, "missing-group", needs_group);

    // RFC 9470: not forbidden, but to be proved again.
    let answer = server.with_token("/proved", &token(&claims()));
    assert!(answer.challenge.starts_with(r#"Bearer error="insufficient_user_authentication", "#));
    assert!(answer.challenge.ends_with(r#", max_age="300""#), "{}", answer.challenge);
    assert_eq!(answer.status, 401);
    let proved = Claims { auth_time: Some(FROM), ..claims() };
    assert_eq!(server.with_token("/proved", &token(&proved)).status, 200);
}

#[test]
fn what_is_no_token_of_ours_is_an_invalid_token_with_the_code_of_the_step_that_refused() {
    let server = Server::start();
    let good = token(&claims());
    let damaged = good.replace('.', ".A");
    let elsewhere = token(&Claims { aud: vec!["other".to_owned()], ..claims() });
    let unknown = SigningKey::from_seed(&[2; 32]).unwrap().sign_session(&claims()).unwrap();
    let long = "a".repeat(9000);
    let cases = [
        ("", Code::Malformed),
        ("a.b", Code::Malformed),
        (damaged.as_str(), Code::BadEncoding),
        (elsewhere.as_str(), Code::WrongAudience),
        (unknown.as_str(), Code::UnknownKey),
        (long.as_str(), Code::TooLong),
    ];
    for (token, code) in cases {
        let description = code.description();
        let challenge = format!(r#"Bearer error="invalid_token", error_description="{description}""#);
        server.with_token("/me", token).is_refused(401, code.as_str(), &challenge);
    }
    assert_eq!(server.calls.load(Ordering::SeqCst), 0);
}
