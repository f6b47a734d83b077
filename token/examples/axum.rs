//! A backend that takes session tokens: `cargo run -p shelflife-token --example axum --features axum,sign`
//!
//! It signs itself a token to be called with. A real backend has no signing key: it has the issuer's key set, pinned as
//! a file (`curl https://id.example.com/.well-known/jwks.json`), and leaves the feature `sign` off.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::Extension;
use axum::{Router, routing::get};
use shelflife_token::{Claims, Demand, Fresh, Guard, KeySet, Limits, Requirements, SigningKey, Verifier};

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

fn app(keys: KeySet) -> Router {
    let verifier = Verifier::new("https://id.example.com", "api", keys, Limits::default()).unwrap();
    let guard = Guard::new(verifier);
    // A layer asks the same of all routes above it; the extractor asks for each handler.
    let staff = Requirements { groups: vec!["staff".to_owned()], ..Requirements::default() };
    Router::new()
        .route("/report", get(report))
        .route_layer(guard.layer(staff))
        .route("/me", get(me))
        .route("/invoices", get(invoices))
        .with_state(guard)
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
        println!("curl -i http://{address}/{path} -H 'Authorization: Bearer {}'", token(&key));
    }
    axum::serve(listener, app(KeySet::of([&key]).unwrap())).await
}

/// What the issuer would give a user who may read, fresh for a quarter of an hour.
fn token(key: &SigningKey) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let claims = Claims {
        iss: "https://id.example.com".to_owned(),
        aud: vec!["api".to_owned()],
        sub: "ann".to_owned(),
        sid: "s1".to_owned(),
        iat: now,
        bbf: now + 15 * 60,
        exp: now + 30 * 24 * 60 * 60,
        scope: Some("read".to_owned()),
        groups: vec!["staff".to_owned()],
        ..Claims::default()
    };
    key.sign_session(&claims).unwrap()
}
