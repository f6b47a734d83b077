//! Records to write, stores to write them to, and engines that can be held up.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use shelflife_issuer::store::{
    Added, Batch, Client, DataFolder, EmbeddedStore, EndReason, Ended, Engine, EngineError, EngineKind,
    MemoryEngine, OpenStore, RedbEngine, Row, Session, SledEngine, Store, User,
};

/// A test that fails while a commit hangs must still come to an end.
const LONGEST_HANG: Duration = Duration::from_secs(20);

pub(crate) const LOGGED_OUT: Ended = Ended { at: 2_000, reason: EndReason::LoggedOut };

/// The records grow with the product; these tests care about few of their fields.
pub(crate) fn user(name: &str) -> User {
    serde_json::from_value(json!({
        "sub": format!("sub-{name}"), "name": name, "password_hash": "$argon2id$of-nothing", "groups": ["staff"],
        "claims_version": 1, "disabled": false, "created_at": 1_000, "demo": false,
    }))
    .unwrap()
}

pub(crate) fn session(sid: &str, owner: &str) -> Session {
    serde_json::from_value(json!({
        "sid": sid, "sub": format!("sub-{owner}"), "revision": 1, "kid": "key", "generation": 1, "iat": 1_000,
        "bbf": 1_060, "exp": 4_600, "remember_me": true, "created_at": 1_000, "absolute_exp": 90_000,
        "auth_time": 1_000, "amr": ["pwd"], "last_exchanged_at": 0, "grace_until_ms": 0,
        "reauth_required": false, "groups": ["staff"], "device": "a phone",
    }))
    .unwrap()
}

pub(crate) fn client(id: &str) -> Client {
    serde_json::from_value(json!({
        "id": id, "secret_hash": "hash", "roles": ["Sessions", "Admin"], "created_at": 1_000,
    }))
    .unwrap()
}

/// The session after one more exchange.
pub(crate) fn exchanged(session: &Session) -> Session {
    let mut next = session.clone();
    next.revision += 1;
    next.generation += 1;
    next.iat += 50;
    next.exp += 50;
    next
}

pub(crate) async fn with_user(store: EmbeddedStore, name: &str) -> EmbeddedStore {
    assert_eq!(store.add_user(user(name)).await.unwrap(), Added::Done);
    store
}

/// A place where a store of one kind lies, and outlives its being closed.
pub(crate) enum Place {
    Memory(Arc<MemoryEngine>),
    Disk(EngineKind, tempfile::TempDir),
}

impl Place {
    pub(crate) fn memory() -> Place {
        Place::Memory(Arc::default())
    }

    pub(crate) fn disk(kind: EngineKind) -> Place {
        Place::Disk(kind, tempfile::tempdir().unwrap())
    }

    /// Opens the store, as a server would.
    pub(crate) fn open(&self) -> EmbeddedStore {
        match self {
            Place::Memory(engine) => EmbeddedStore::start(engine.clone()).unwrap(),
            Place::Disk(kind, folder) => open_folder(folder.path().to_owned(), *kind),
        }
    }

    /// Opens the engine alone.
    pub(crate) fn engine(&self) -> Arc<dyn Engine> {
        match self {
            Place::Memory(engine) => engine.clone(),
            Place::Disk(EngineKind::Sled, folder) => Arc::new(SledEngine::open(folder.path()).unwrap()),
            Place::Disk(EngineKind::Redb, folder) => Arc::new(RedbEngine::open(folder.path()).unwrap()),
        }
    }
}

pub(crate) fn open_folder(path: PathBuf, kind: EngineKind) -> EmbeddedStore {
    let how = OpenStore { id: "a store", engine: Some(kind), ..OpenStore::default() };
    DataFolder::lock(&path).unwrap().open(how).unwrap()
}

/// An engine whose commits can be held up between the sync and the answer.
pub(crate) struct Hanging {
    inner: Arc<dyn Engine>,
    pub(crate) hanging: AtomicBool,
    pub(crate) commits: AtomicUsize,
}

impl Hanging {
    pub(crate) fn over(inner: Arc<dyn Engine>) -> Arc<Hanging> {
        Arc::new(Hanging { inner, hanging: AtomicBool::new(false), commits: AtomicUsize::new(0) })
    }

    pub(crate) fn wait_for_commit(&self, number: usize) {
        let since = Instant::now();
        while self.commits.load(Ordering::SeqCst) < number && since.elapsed() < LONGEST_HANG {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Engine for Hanging {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.inner.get(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        self.inner.scan(prefix, after, limit)
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        self.inner.commit(batch)?;
        self.commits.fetch_add(1, Ordering::SeqCst);
        let since = Instant::now();
        while self.hanging.load(Ordering::SeqCst) && since.elapsed() < LONGEST_HANG {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}
