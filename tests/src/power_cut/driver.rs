//! The process whose disk loses its power: it writes to the real store, and says what it tries and what was
//! acknowledged, each on a line of standard output.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use shelflife_issuer::store::{
    Added, Created, DataFolder, EmbeddedStore, EndReason, Ended, EngineKind, OpenStore, Session, Store,
    StoreError, Swap, User,
};

use super::Engine;
use super::plain_sled::PlainSled;

/// Clients that write at the same time, so that writes share commits.
const CLIENTS: u64 = 8;
const EXCHANGES: u64 = 40;

/// Writes until the disk fails, or `limit` sessions per client were dealt with; one client alone if `alone`.
///
/// # Errors
/// When the store cannot be opened.
pub fn drive(engine: Engine, data: &Path, name: &str, alone: bool, limit: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (store, _folder) = open(engine, data)?;
    let store = Arc::new(store);
    say("ready");
    let clients = if alone { 1 } else { CLIENTS };
    let tasks: Vec<_> = (0..clients)
        .map(|client| runtime.spawn(work(store.clone(), format!("{name}-{client}"), limit)))
        .collect();
    for task in tasks {
        // The first refusal is the end: the power is gone.
        if runtime.block_on(task).map_err(|error| error.to_string())?.is_err() {
            std::process::exit(0);
        }
    }
    store.close();
    Ok(())
}

async fn work(store: Arc<EmbeddedStore>, name: String, limit: u64) -> Result<(), StoreError> {
    let owner = user(&name);
    say(&format!("try user {name}"));
    if store.add_user(owner.clone()).await? == Added::Done {
        say(&format!("did user {name}"));
    }
    for number in 0..limit {
        let mut current = session(&format!("{name}-{number}"), &owner.sub);
        let sid = current.sid.clone();
        say(&format!("try write {sid} 1"));
        assert_eq!(store.create(current.clone()).await?, Created::Done);
        say(&format!("did write {sid} 1"));
        for _ in 0..EXCHANGES {
            let present = current.clone();
            current.revision += 1;
            current.generation += 1;
            say(&format!("try write {sid} {}", current.revision));
            assert_eq!(store.replace(present, &current).await?, Swap::Done);
            say(&format!("did write {sid} {}", current.revision));
        }
        if number % 2 == 0 {
            say(&format!("try end {sid}"));
            assert!(store.end(&sid, Ended { at: 2_000, reason: EndReason::LoggedOut }).await?);
            say(&format!("did end {sid}"));
        }
    }
    Ok(())
}

/// Opens the store and says all that is in it, and what is wrong with it.
///
/// # Errors
/// When the store cannot be opened or read.
pub fn show(engine: Engine, data: &Path) -> Result<(), String> {
    let (store, _folder) = open(engine, data)?;
    let in_words = |error: StoreError| error.to_string();
    for problem in store.check().map_err(in_words)?.problems {
        say(&format!("problem {problem}"));
    }
    for user in store.users(None, usize::MAX).map_err(in_words)? {
        say(&format!("user {}", user.name));
    }
    for session in store.sessions(None, usize::MAX).map_err(in_words)? {
        let ended = if session.ended.is_some() { "ended" } else { "alive" };
        // What was written together must be there together.
        let torn =
            if session.ended.is_none() && session.revision != session.generation { "torn" } else { "whole" };
        say(&format!("session {} {} {ended} {torn}", session.sid, session.revision));
    }
    say("end");
    store.close();
    Ok(())
}

fn open(engine: Engine, data: &Path) -> Result<(EmbeddedStore, Option<DataFolder>), String> {
    let kind = match engine {
        Engine::Sled => EngineKind::Sled,
        Engine::Redb => EngineKind::Redb,
        Engine::PlainSled => {
            let engine = PlainSled::open(data).map_err(|error| error.to_string())?;
            return Ok((EmbeddedStore::start(Arc::new(engine)).map_err(|error| error.to_string())?, None));
        }
    };
    let folder = DataFolder::lock(data).map_err(|error| error.to_string())?;
    let how = OpenStore { id: "power cut", engine: Some(kind), ..OpenStore::default() };
    let store = folder.open(how).map_err(|error| error.to_string())?;
    Ok((store, Some(folder)))
}

/// One `write` a line: what was said before the end was said.
fn say(line: &str) {
    let _ = std::io::stdout().lock().write_all(format!("{line}\n").as_bytes());
}

fn user(name: &str) -> User {
    serde_json::from_value(json!({
        "sub": format!("sub-{name}"), "name": name, "password_hash": "none", "groups": [], "claims_version": 1,
        "disabled": false, "created_at": 1_000, "demo": false,
    }))
    .expect("a user")
}

fn session(sid: &str, sub: &str) -> Session {
    serde_json::from_value(json!({
        "sid": sid, "sub": sub, "revision": 1, "kid": "key", "generation": 1, "iat": 1_000, "bbf": 1_060,
        "exp": 4_600, "remember_me": true, "created_at": 1_000, "absolute_exp": 90_000, "auth_time": 1_000,
        "amr": ["pwd"], "last_exchanged_at": 0, "grace_until_ms": 0, "reauth_required": false, "groups": ["staff"],
        "device": "a phone of ordinary length",
    }))
    .expect("a session")
}
