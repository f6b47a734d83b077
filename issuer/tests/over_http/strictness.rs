//! What the server does with requests that are not as they should be.

use std::time::Duration;

use crate::common::{PAGE_ORIGIN, PASSWORD, Running, parse, start};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

async fn refused(server: &Running, body: &str, status: u16, reason: &str) {
    let answer = server.post_json("/login", body).await;
    assert_eq!((answer.status, answer.text("reason").as_str()), (status, reason), "{body:.80}");
    assert_eq!(answer.text("error"), "invalid_request");
    assert!(!answer.body.contains(PASSWORD), "{}", answer.body);
}

#[tokio::test]
async fn a_body_that_is_not_the_object_that_belongs_there_is_refused() {
    let server = start().await;
    for body in [
        "",
        "{",
        "null",
        "\"ada\"",
        &format!(r#"["ada","{PASSWORD}"]"#),
        &format!(r#"{{"username":"ada","password":"{PASSWORD}"}} x"#),
        &format!(r#"{{"username":"ada","password":"{PASSWORD}","password":"{PASSWORD}"}}"#),
        &format!(r#"{{"username":"ada","password":"{PASSWORD}","admin":true}}"#),
        &format!(r#"{{"username":"ada","password":"{PASSWORD}","remember_me":"{PASSWORD}"}}"#),
        &format!(r#"{{"username":"ada","password":"{PASSWORD}","binder":"magnet"}}"#),
        &format!(r#"{{"username":["ada"],"password":"{PASSWORD}"}}"#),
        r#"{"username":"ada"}"#,
    ] {
        refused(&server, body, 400, "malformed_body").await;
    }
    for body in [
        format!(r#"{{"username":"ada","password":"{}"}}"#, "x".repeat(1025)),
        format!(r#"{{"username":"ada","password":"{PASSWORD}","device":"{}"}}"#, "x".repeat(129)),
        format!(r#"{{"username":"ada","password":"{PASSWORD}","device":"a\u0000b"}}"#),
        format!(r#"{{"username":"ada","password":"{PASSWORD}","client_id":""}}"#),
    ] {
        refused(&server, &body, 400, "bad_member").await;
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_415() {
    let server = start().await;
    let body = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    for headers in [
        &[][..],
        &[FORM][..],
        &[("content-type", "text/plain")][..],
        &[("content-type", "application/json; charset=latin1")][..],
        &[("content-type", "application/json"), ("content-type", "application/json")][..],
    ] {
        let answer = server.send("POST", "/login", headers, &body).await;
        assert_eq!((answer.status, answer.text("reason").as_str()), (415, "unsupported_media_type"));
    }
    let answer = server.send("POST", "/oauth/token", &[("content-type", "application/json")], &body).await;
    assert_eq!(answer.status, 415);
    let utf8 = [("content-type", "Application/JSON; charset=UTF-8")];
    assert_eq!(server.send("POST", "/login", &utf8, &body).await.status, 200);
}

#[tokio::test]
async fn a_body_over_sixteen_kibibytes_is_413_whether_its_length_was_told_or_not() {
    let server = start().await;
    let answer = server.post_json("/login", &"x".repeat(16 * 1024 + 1)).await;
    assert_eq!((answer.status, answer.text("reason").as_str()), (413, "body_too_large"));
    let chunk = format!("4001\r\n{}\r\n0\r\n\r\n", "x".repeat(0x4001));
    let head = "POST /login HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    assert_eq!(parse(&server.raw(&format!("{head}{chunk}")).await).status, 413);
    let answer = server.post_json("/login", &"x".repeat(16 * 1024)).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_form_with_unknown_doubled_or_missing_parameters_is_refused() {
    let server = start().await;
    for (form, error, reason) in [
        ("grant_type=refresh_token&refresh_token=a&x=1", "invalid_request", "unknown_parameter"),
        ("grant_type=refresh_token&refresh_token=a&refresh_token=a", "invalid_request", "doubled_parameter"),
        ("grant_type=refresh_token", "invalid_request", "missing_parameter"),
        ("refresh_token=a", "invalid_request", "missing_parameter"),
        ("", "invalid_request", "missing_parameter"),
        ("grant_type=password&refresh_token=a", "unsupported_grant_type", "unsupported_grant_type"),
        ("grant_type=refresh_token&refresh_token=", "invalid_grant", "invalid_token"),
        ("grant_type=refresh_token&refresh_token=a.b.c", "invalid_grant", "invalid_token"),
    ] {
        let answer = server.send("POST", "/oauth/token", &[FORM], form).await;
        assert_eq!((answer.status, answer.text("error").as_str()), (400, error), "{form}");
        assert_eq!(answer.text("reason"), reason, "{form}");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let answer =
        server.send("POST", "/oauth/token?grant_type=refresh_token", &[FORM], "refresh_token=a").await;
    assert_eq!((answer.status, answer.text("reason").as_str()), (400, "query_refused"));
}

#[tokio::test]
async fn a_request_needs_exactly_one_host() {
    let server = start().await;
    for request in [
        "GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n",
        "GET /healthz HTTP/1.0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nhost: a\r\nconnection: close\r\n\r\n",
        "POST /login HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
    ] {
        let answer = parse(&server.raw(request).await);
        assert_eq!((answer.status, answer.text("reason").as_str()), (400, "bad_host"), "{request}");
    }
    let answer = server.raw("GET /healthz HTTP/1.0\r\nhost: a\r\n\r\n").await;
    assert_eq!(parse(&answer).status, 200);
}

#[tokio::test]
async fn a_half_sent_head_is_cut_and_a_slow_body_is_408() {
    let server = start().await;
    assert_eq!(server.raw("POST /login HTTP/1.1\r\nhost: a\r\nx-slow:").await, "");
    let slow =
        "POST /login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 10\r\n\r\n{";
    let answer = parse(&server.raw(slow).await);
    assert_eq!((answer.status, answer.text("reason").as_str()), (408, "body_timeout"));
}

#[tokio::test]
async fn a_request_in_progress_is_still_answered_after_the_shutdown_began() {
    let server = start().await;
    let mut stream = TcpStream::connect(&server.address).await.unwrap();
    let body = format!(r#"{{"username":"ada","password":"{PASSWORD}"}}"#);
    let length = body.len();
    let head = format!(
        "POST /login HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         expect: 100-continue\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The request is in progress once its body is asked for.
    let mut asked = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut asked).await.unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&asked));
    let address = server.address.clone();
    let stopping = tokio::spawn(server.stop());
    let no_new_connections = async { while TcpStream::connect(&address).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(20), no_new_connections).await.expect("no new connections");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(parse(&answer).status, 200);
    stopping.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_lies_idle_is_closed() {
    let server = start().await;
    let answer = server.raw("GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_eq!(parse(&answer).status, 200);
}

#[tokio::test]
async fn what_does_not_exist_is_refused_as_json_too() {
    let server = start().await;
    let answer = server.send("GET", "/nothing", &[], "").await;
    assert_eq!((answer.status, answer.text("reason").as_str()), (404, "not_found"));
    let answer = server.send("DELETE", "/login", &[], "").await;
    assert_eq!((answer.status, answer.text("reason").as_str()), (405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), "POST");
    let answer = server.send("GET", "/sessions/a%00b", &[], "").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn a_protected_call_says_what_is_wrong_with_the_token() {
    let server = start().await;
    let missing = server.send("GET", "/sessions", &[], "").await;
    assert_eq!((missing.status, missing.text("reason").as_str()), (401, "missing"));
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"shelflife\"");
    let basic = server.send("GET", "/sessions", &[("authorization", "Basic YTpi")], "").await;
    assert_eq!(basic.text("reason"), "missing");
    for empty in ["Bearer", "bearer", "Bearer  "] {
        let empty = server.send("GET", "/sessions", &[("authorization", empty)], "").await;
        assert_eq!((empty.status, empty.text("reason").as_str()), (400, "empty_bearer"));
        assert_eq!(empty.text("error"), "invalid_request");
    }
    let garbage = server.authorized("GET", "/sessions", "garbage").await;
    assert_eq!((garbage.status, garbage.text("reason").as_str()), (401, "malformed"));
    assert!(
        garbage.header("www-authenticate").starts_with("Bearer realm=\"shelflife\", error=\"invalid_token\"")
    );
    let token = server.login("ada").await;
    let value = format!("Bearer {token}");
    let doubled = [("authorization", value.as_str()), ("authorization", value.as_str())];
    assert_eq!(server.send("GET", "/sessions", &doubled, "").await.status, 400);
    assert_eq!(
        server.send("GET", "/sessions", &[("authorization", &format!("bearer {token}"))], "").await.status,
        200
    );
}

#[tokio::test]
async fn only_listed_origins_may_call_from_a_page() {
    let server = start().await;
    let preflight = |origin: &'static str| {
        [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ]
    };
    let listed = server.send("OPTIONS", "/login", &preflight(PAGE_ORIGIN), "").await;
    assert_eq!(listed.header("access-control-allow-origin"), PAGE_ORIGIN);
    assert_eq!(listed.header("access-control-allow-credentials"), "true");
    for origin in ["http://evil.example", "null", "http://127.0.0.1:87870"] {
        let foreign = server.send("OPTIONS", "/login", &preflight(origin), "").await;
        assert_eq!(foreign.header("access-control-allow-origin"), "", "{origin}");
    }
    // A page can read refusals as well.
    let json = [("origin", PAGE_ORIGIN), ("content-type", "application/json")];
    let answer = server.send("POST", "/login", &json, "[]").await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (400, PAGE_ORIGIN));
}

#[tokio::test]
async fn keys_and_metadata_come_from_the_configuration_and_may_be_cached() {
    let server = start().await;
    let keys = server.send("GET", "/.well-known/jwks.json", &[], "").await;
    assert!(keys.header("cache-control").contains("max-age="));
    let keys = keys.json();
    assert_eq!((&keys["keys"][0]["kty"], &keys["keys"][0]["crv"]), (&"OKP".into(), &"Ed25519".into()));
    assert!(keys["keys"][0]["d"].is_null());
    let metadata = server.send("GET", "/.well-known/oauth-authorization-server", &[], "").await.json();
    assert_eq!(metadata["issuer"], "http://id.example");
    assert_eq!(metadata["token_endpoint"], "http://id.example/oauth/token");
    assert_eq!(server.send("GET", "/healthz", &[], "").await.status, 200);
    assert_eq!(server.send("GET", "/readyz", &[], "").await.status, 200);
}

#[tokio::test]
async fn garbage_costs_a_connection_and_nothing_else() {
    let server = start().await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 2"));
    }
    server.login("ada").await;
}
