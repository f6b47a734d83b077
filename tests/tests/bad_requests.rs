//! Requests that are malformed, too large, or never end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::time::Duration;

use shelflife_tests::{Answer, LOGIN, Server, TOKEN, raw};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const SOON: Duration = Duration::from_secs(5);

/// Every refusal is JSON with an error and a sentence.
fn assert_refused(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.shown());
    assert!(!answer.member("error").is_empty(), "{what}: {}", answer.shown());
    assert!(!answer.member("error_description").is_empty(), "{what}: {}", answer.shown());
}

#[test]
fn a_json_body_that_is_not_one_clean_object_is_refused() {
    let server = Server::demo(&[]);
    for (what, body) in [
        ("an array where an object belongs", r#"["demo","best-before"]"#),
        ("an array with an object in it", r#"[{"username":"demo","password":"best-before"}]"#),
        ("a doubled member", r#"{"username":"demo","username":"demo","password":"best-before"}"#),
        ("an unknown member", r#"{"username":"demo","password":"best-before","admin":true}"#),
        ("a member of another type", r#"{"username":"demo","password":12}"#),
        ("a missing member", r#"{"username":"demo"}"#),
        ("something after the object", r#"{"username":"demo","password":"best-before"}x"#),
        ("half an object", r#"{"username":"demo","#),
        ("nothing", ""),
        ("a word", "null"),
    ] {
        assert_refused(&server.post(LOGIN, JSON, body.as_bytes()), 400, what);
    }
    assert_refused(&server.post(LOGIN, JSON, b"{\"username\":\"\xff\",\"password\":\"x\"}"), 400, "no UTF-8");
    assert_eq!(server.login().status, 200, "and the server goes on");
}

#[test]
fn a_form_with_doubled_or_unknown_parameters_is_refused() {
    let server = Server::demo(&[]);
    let token = server.login().token();
    let grant = "grant_type=refresh_token&refresh_token=";
    for (what, form) in [
        ("a doubled token", format!("{grant}{token}&refresh_token={token}")),
        ("a doubled grant", format!("grant_type=refresh_token&{grant}{token}")),
        ("an unknown parameter", format!("{grant}{token}&colour=blue")),
    ] {
        assert_refused(&server.post(TOKEN, FORM, form.as_bytes()), 400, what);
    }
    assert_eq!(server.exchange(&token).status, 200, "none of them counted as an exchange");
}

#[test]
fn a_body_of_another_type_is_refused_as_such() {
    let server = Server::demo(&[]);
    let body = br#"{"username":"demo","password":"best-before"}"#;
    for kind in ["text/plain", FORM, "application/jsonx", "multipart/form-data; boundary=x"] {
        assert_refused(&server.post(LOGIN, kind, body), 415, kind);
    }
    assert_refused(
        &server.post(TOKEN, JSON, br#"{"grant_type":"refresh_token"}"#),
        415,
        "JSON at the token endpoint",
    );
    assert_eq!(server.post(LOGIN, "application/json; charset=utf-8", body).status, 200);
}

#[test]
fn a_body_over_sixteen_kibibytes_is_too_large() {
    let server = Server::demo(&[]);
    let large = format!(r#"{{"username":"demo","password":"{}"}}"#, "x".repeat(17 * 1024));
    assert_refused(&server.post(LOGIN, JSON, large.as_bytes()), 413, "JSON");
    let large = format!("grant_type=refresh_token&refresh_token={}", "x".repeat(17 * 1024));
    assert_refused(&server.post(TOKEN, FORM, large.as_bytes()), 413, "a form");
}

#[test]
fn a_path_or_method_that_is_not_there_is_refused_as_json() {
    let server = Server::demo(&[]);
    assert_refused(&server.get("/nothing-here"), 404, "an unknown path");
    assert_refused(&server.get(LOGIN), 405, "GET where POST belongs");
}

#[test]
fn a_request_needs_exactly_one_host() {
    let server = Server::demo(&[]);
    for (what, hosts) in [
        ("no Host", ""),
        ("two Hosts", "Host: one.example\r\nHost: two.example\r\n"),
        ("the same Host twice", "Host: one.example\r\nHost: one.example\r\n"),
        ("an empty Host", "Host: \r\n"),
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
        let answer = raw(server.address(), request.as_bytes(), SOON).expect(what);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{what}: {answer}");
    }
    let fine = "GET /healthz HTTP/1.1\r\nHost: one.example\r\nConnection: close\r\n\r\n";
    assert!(raw(server.address(), fine.as_bytes(), SOON).unwrap().starts_with("HTTP/1.1 200 "));
}

#[test]
fn a_request_that_never_ends_is_cut_and_others_are_served_meanwhile() {
    let server = Server::demo(&[]);
    let half_head = "POST /login HTTP/1.1\r\nHost: one.example\r\nContent-Ty";
    let half_body = "POST /login HTTP/1.1\r\nHost: one.example\r\nContent-Type: application/json\r\n\
                     Content-Length: 100\r\n\r\n{\"username\"";
    let address = server.address().to_owned();
    let waiting = [half_head, half_body].map(|request| {
        let address = address.clone();
        std::thread::spawn(move || raw(&address, request.as_bytes(), Duration::from_secs(60)))
    });
    assert_eq!(server.get("/healthz").status, 200);
    for (what, one) in ["half a head", "half a body"].into_iter().zip(waiting) {
        let answer = one.join().unwrap().unwrap_or_else(|| panic!("{what}: still open after a minute"));
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408 ") || answer.starts_with("HTTP/1.1 400 "),
            "{answer}"
        );
    }
}

#[test]
fn links_and_names_never_come_from_the_host_header() {
    let server = Server::demo(&[]);
    let request = "GET /.well-known/jwks.json HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    let answer = raw(server.address(), request.as_bytes(), SOON).unwrap();
    assert!(!answer.contains("evil.example"), "{answer}");
}
