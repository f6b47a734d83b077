//! Records to write, and stores to write them to.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;
use shelflife_issuer::store::{
    Added, Client, DataFolder, EmbeddedStore, EndReason, Ended, Engine, EngineKind, JournaledEngine,
    MemoryEngine, OpenStore, RedbEngine, Session, SledEngine, Store, Swap, User,
};

pub(crate) use crate::hanging::Hanging;

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
    next.parent = next.generation;
    next.generation += 1;
    next.iat += 50;
    next.exp += 50;
    next
}

/// Exchanges a session, and gives it as it is now.
pub(crate) async fn exchange(store: &EmbeddedStore, present: Session) -> Session {
    let next = exchanged(&present);
    assert_eq!(store.replace(present, &next).await.unwrap(), Swap::Done);
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
    /// Rows in memory, with a journal on disk before them.
    Journal(Arc<MemoryEngine>, tempfile::TempDir),
}

impl Place {
    pub(crate) fn memory() -> Place {
        Place::Memory(Arc::default())
    }

    pub(crate) fn disk(kind: EngineKind) -> Place {
        Place::Disk(kind, tempfile::tempdir().unwrap())
    }

    pub(crate) fn journal() -> Place {
        Place::Journal(Arc::default(), tempfile::tempdir().unwrap())
    }

    /// Opens the store, as a server would.
    pub(crate) fn open(&self) -> EmbeddedStore {
        match self {
            Place::Memory(engine) => EmbeddedStore::start(engine.clone()).unwrap(),
            Place::Disk(kind, folder) => open_folder(folder.path().to_owned(), *kind),
            Place::Journal(..) => EmbeddedStore::start(self.engine()).unwrap(),
        }
    }

    /// Opens the engine alone.
    pub(crate) fn engine(&self) -> Arc<dyn Engine> {
        match self {
            Place::Memory(engine) => engine.clone(),
            Place::Journal(engine, folder) => {
                Arc::new(JournaledEngine::open(engine.clone(), folder.path(), false).unwrap())
            }
            Place::Disk(EngineKind::Sled, folder) => Arc::new(SledEngine::open(folder.path()).unwrap()),
            Place::Disk(EngineKind::Redb, folder) => Arc::new(RedbEngine::open(folder.path()).unwrap()),
        }
    }
}

pub(crate) fn open_folder(path: PathBuf, kind: EngineKind) -> EmbeddedStore {
    let how = OpenStore { id: "a store", engine: Some(kind), ..OpenStore::default() };
    DataFolder::lock(&path).unwrap().open(how).unwrap()
}
