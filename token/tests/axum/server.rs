//! The server of these tests, and the token it takes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use axum::extract::{Extension, FromRef, State};
use axum::{Router, routing::get};
use shelflife_token::{Claims, Demand, Fresh, Guard, KeySet, Limits, Requirements, SigningKey, Verifier};

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const FROM: u64 = 1_700_000_000;

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

pub(crate) struct Server {
    address: SocketAddr,
    /// One of the clones that judge.
    pub(crate) guard: Guard,
    pub(crate) clock: Arc<AtomicU64>,
    /// How often a handler ran.
    pub(crate) calls: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start() -> Server {
        Server::guarded_by(Guard::new(verifier()))
    }

    /// With this guard, and the clock of the tests.
    pub(crate) fn guarded_by(guard: Guard) -> Server {
        let clock = Arc::new(AtomicU64::new(FROM + 10));
        let calls = Arc::new(AtomicUsize::new(0));
        let now = Arc::clone(&clock);
        let guard = guard.with_clock(move || now.load(Ordering::SeqCst));
        let app = router(App { guard: guard.clone(), calls: Arc::clone(&calls) });
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
        Server { address, guard, clock, calls }
    }

    /// The answer to `GET path` with these header lines.
    pub(crate) fn get(&self, path: &str, lines: &[String]) -> Answer {
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

    pub(crate) fn with_token(&self, path: &str, token: &str) -> Answer {
        self.get(path, &[format!("authorization: Bearer {token}")])
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) challenge: String,
    cache: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, reason: &str, challenge: &str) {
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

pub(crate) fn verifier() -> Verifier {
    Verifier::new(ISSUER, "api", KeySet::of([&key()]).unwrap(), Limits::default()).unwrap()
}

pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32]).unwrap()
}

pub(crate) fn claims() -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
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

pub(crate) fn token(claims: &Claims) -> String {
    key().sign_session(claims).unwrap()
}
