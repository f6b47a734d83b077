//! The extractor and the layer in a real axum server, spoken to over TCP, with a clock that stands where it is put.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use axum::extract::{Extension, FromRef, State};
use axum::{Router, routing::get};
use shelflife_token::{
    Claims, Code, Demand, Fresh, Guard, KeySet, Limits, Requirements, SigningKey, Verifier,
};

const FROM: u64 = 1_700_000_000;

struct MayWrite;

impl Demand for MayWrite {
    fn requirements() -> Requirements {
        let scope = ["read", "write"].map(str::to_owned).to_vec();
        Requirements { scope, ..Requirements::default() }
    }
}

struct JustProved;

impl Demand for JustProved {
    fn requirements() -> Requirements {
        Requirements { max_auth_age: Some(300), ..Requirements::default() }
    }
}

/// A state of which the guard is only a part.
#[derive(Clone)]
struct App {
    guard: Guard,
    calls: Arc<AtomicUsize>,
}

impl FromRef<App> for Guard {
    fn from_ref(app: &App) -> Guard {
        app.guard.clone()
    }
}

struct Server {
    address: SocketAddr,
    clock: Arc<AtomicU64>,
    /// How often a handler ran.
    calls: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Server {
        let clock = Arc::new(AtomicU64::new(FROM + 10));
        let calls = Arc::new(AtomicUsize::new(0));
        let keys = KeySet::of([&key()]).unwrap();
        let verifier = Verifier::new("https://id.example.com", "api", keys, Limits::default()).unwrap();
        let now = Arc::clone(&clock);
        let guard = Guard::new(verifier).with_clock(move || now.load(Ordering::SeqCst));
        let app = router(App { guard, calls: Arc::clone(&calls) });
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        // Ends with the test's process.
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, app).await.unwrap();
            });
        });
        Server { address, clock, calls }
    }

    /// The answer to `GET path` with these header lines.
    fn get(&self, path: &str, lines: &[String]) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n{lines}\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let header = |name: &str| {
            let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.unwrap_or_default().to_owned()
        };
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            challenge: header("www-authenticate"),
            cache: header("cache-control"),
            body: body.to_owned(),
        }
    }

    fn with_token(&self, path: &str, token: &str) -> Answer {
        self.get(path, &[format!("authorization: Bearer {token}")])
    }
}

struct Answer {
    status: u16,
    challenge: String,
    cache: String,
    body: String,
}

impl Answer {
    #[track_caller]
    fn is_refused(&self, status: u16, reason: &str, challenge: &str) {
        assert_eq!((self.status, self.challenge.as_str()), (status, challenge), "{}", self.body);
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!((body["reason"].as_str(), self.cache.as_str()), (Some(reason), "no-store"));
    }
}

fn router(app: App) -> Router {
    async fn extracted(State(app): State<App>, fresh: Fresh) -> String {
        app.calls.fetch_add(1, Ordering::SeqCst);
        format!("{} {}", fresh.claims.sub, fresh.fresh_for)
    }
    async fn writes(fresh: Fresh<MayWrite>) -> String {
        fresh.claims.sub
    }
    async fn proved(fresh: Fresh<JustProved>) -> String {
        fresh.claims.sub
    }
    async fn layered(State(app): State<App>, Extension(fresh): Extension<Fresh>) -> String {
        app.calls.fetch_add(1, Ordering::SeqCst);
        fresh.payload
    }
    let staff = Requirements { groups: vec!["staff".to_owned()], ..Requirements::default() };
    Router::new()
        .route("/layered", get(layered))
        .route_layer(app.guard.layer(staff))
        .route("/me", get(extracted))
        .route("/write", get(writes))
        .route("/proved", get(proved))
        .with_state(app)
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32]).unwrap()
}

fn claims() -> Claims {
    Claims {
        iss: "https://id.example.com".to_owned(),
        aud: vec!["api".to_owned()],
        sub: "ann".to_owned(),
        sid: "s1".to_owned(),
        iat: FROM,
        bbf: FROM + 900,
        exp: FROM + 9000,
        scope: Some("read".to_owned()),
        groups: vec!["staff".to_owned()],
        auth_time: Some(FROM - 1000),
        ..Claims::default()
    }
}

fn token(claims: &Claims) -> String {
    key().sign_session(claims).unwrap()
}

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
