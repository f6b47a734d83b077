//! A backend that takes session tokens: `cargo run -p shelflife-token --example axum --features axum,sign`
//!
//! It signs itself tokens to be called with, and the list of sessions that were ended. A real backend has no signing key: it
//! has the issuer's key set, pinned as a file (`curl https://id.example.com/.well-known/jwks.json`), asks the issuer for the
//! list (`GET /revocations`, or the stream, as `backend.rs` does), and leaves the feature `sign` off.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::Extension;
use axum::{Router, routing::get};
use shelflife_token::{
    Claims, Demand, Fresh, Guard, KeySet, Limits, Requirements, RevocationList, RevocationOptions,
    SessionPrefix, SigningKey, Verifier, WhenOutdated,
};

const ISSUER: &str = "https://id.example.com";
const ASK_EVERY: Duration = Duration::from_secs(10);

/// What it takes to call `/invoices`.
struct MayWrite;

impl Demand for MayWrite {
    fn requirements() -> Requirements {
        Requirements { scope: vec!["write".to_owned()], ..Requirements::default() }
    }
}

async fn me(fresh: Fresh) -> String {
    format!("{}, fresh for {} s\n", fresh.claims.sub, fresh.fresh_for)
}

async fn invoices(fresh: Fresh<MayWrite>) -> String {
    format!("written by {}\n", fresh.claims.sub)
}

async fn report(Extension(fresh): Extension<Fresh>) -> String {
    format!("for {}, who is in {:?}\n", fresh.claims.sub, fresh.claims.groups)
}

/// Remembers the tokens of some 4000 clients, and opens nothing when it has heard no news for five minutes.
fn guard(keys: KeySet) -> Guard {
    let options = RevocationOptions {
        max_age: Some(300),
        when_outdated: WhenOutdated::Shut,
        ..RevocationOptions::default()
    };
    let verifier = Verifier::new(ISSUER, "api", keys, Limits::default()).unwrap();
    Guard::new(verifier.with_revocations(options)).with_memory(4096)
}

fn app(guard: Guard) -> Router {
    // A layer asks the same of all routes above it; the extractor asks for each handler.
    let staff = Requirements { groups: vec!["staff".to_owned()], ..Requirements::default() };
    Router::new()
        .route("/report", get(report))
        .route_layer(guard.layer(staff))
        .route("/me", get(me))
        .route("/invoices", get(invoices))
        .with_state(guard)
}

/// Brings the latest list to a guard and all its clones, and never stands in the way of a request.
async fn keep_up_to_date(guard: Guard, key: SigningKey) {
    let mut due = tokio::time::interval(ASK_EVERY);
    loop {
        due.tick().await;
        let list = latest_list(&key);
        // Judging a long list takes some milliseconds: not on a thread that serves requests.
        let taking = guard.clone();
        let taken = tokio::task::spawn_blocking(move || taking.update_revocations(&list)).await;
        match taken.unwrap() {
            Ok(applied) if applied.changed => println!("{} entries are revoked", applied.entries),
            Ok(_) => (),
            // What was known before stays in force.
            Err(error) => println!("the list was refused: {error}"),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    // A seed that everybody knows, for an example that nobody relies on.
    let key = SigningKey::from_seed(&[1; 32]).unwrap();
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = tokio::net::TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    for path in ["me", "invoices", "report"] {
        println!("curl -i http://{address}/{path} -H 'Authorization: Bearer {}'", token(&key, "s1"));
    }
    println!("and of a session that was ended:");
    println!("curl -i http://{address}/me -H 'Authorization: Bearer {}'", token(&key, "s2"));
    let guard = guard(KeySet::of([&key]).unwrap());
    tokio::spawn(keep_up_to_date(guard.clone(), key));
    axum::serve(listener, app(guard)).await
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// What the issuer would give a user who may read, fresh for a quarter of an hour.
fn token(key: &SigningKey, sid: &str) -> String {
    let now = now();
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: vec!["api".to_owned()],
        sub: "ann".to_owned(),
        sid: sid.to_owned(),
        iat: now,
        bbf: now + 15 * 60,
        exp: now + 30 * 24 * 60 * 60,
        scope: Some("read".to_owned()),
        groups: vec!["staff".to_owned()],
        ..Claims::default()
    };
    key.sign_session(&claims).unwrap()
}

/// What the issuer would answer to `GET /revocations` after the session `s2` was ended.
fn latest_list(key: &SigningKey) -> String {
    let now = now();
    key.sign_revocations(&RevocationList {
        iss: ISSUER.to_owned(),
        iat: now,
        seq: 1,
        max_age: 300,
        sessions: vec![(SessionPrefix::of("s2"), now + 15 * 60)],
        ..RevocationList::default()
    })
}
