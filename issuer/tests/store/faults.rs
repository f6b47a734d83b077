//! A disk that fails, and engines that lie: what the store does about it, and that these tests can fail.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use shelflife_issuer::store::{
    Batch, Created, EmbeddedStore, Engine, EngineError, JournaledEngine, Reopen, Row, Session, Store,
    StoreError, Swap,
};

use crate::common::{exchange, exchanged, session, with_user};

/// How a commit goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It works.
    None,
    /// The disk is full: nothing is written, and the engine says so.
    Full,
    /// All is written, and then the sync fails: opened again, the disk does not have it.
    SyncFails,
    /// All is written and durable, and yet the engine reports an error.
    WrittenButFails,
    /// A lie: the engine says yes, but a power cut would take it back.
    SaysDurable,
    /// Worse than any honest disk: a failure that takes earlier commits with it.
    LosesOld,
    Panics,
}

/// A disk, what the engine shows of it, and how it misbehaves.
struct Disk {
    durable: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    shown: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    fault: Mutex<Fault>,
    works: AtomicBool,
    opened: AtomicUsize,
    /// Opening it again takes until this is false.
    held: AtomicBool,
    /// So often it cannot be opened again.
    refused: AtomicUsize,
    reads_survive: bool,
}

struct Handle {
    disk: Arc<Disk>,
    dead: AtomicBool,
}

struct Again(Arc<Disk>);

impl Disk {
    fn new(reads_survive: bool) -> Arc<Disk> {
        Arc::new(Disk {
            durable: Mutex::default(),
            shown: Mutex::default(),
            fault: Mutex::new(Fault::None),
            works: AtomicBool::new(true),
            opened: AtomicUsize::new(0),
            held: AtomicBool::new(false),
            refused: AtomicUsize::new(0),
            reads_survive,
        })
    }

    fn set(&self, fault: Fault) {
        self.works.store(fault == Fault::None, Ordering::SeqCst);
        *self.fault.lock().unwrap() = fault;
    }

    fn open(self: &Arc<Disk>) -> Arc<dyn Engine> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        *self.shown.lock().unwrap() = self.durable.lock().unwrap().clone();
        Arc::new(Handle { disk: self.clone(), dead: AtomicBool::new(false) })
    }

    fn store(self: &Arc<Disk>) -> EmbeddedStore {
        EmbeddedStore::start_recoverable(self.open(), Box::new(Again(self.clone()))).unwrap()
    }
}

impl Reopen for Again {
    fn disk_works(&self) -> bool {
        self.0.works.load(Ordering::SeqCst)
    }

    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        while self.0.held.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        let left = |refused: usize| refused.checked_sub(1);
        if self.0.refused.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
            return Err(EngineError("no space left on device".into()));
        }
        Ok(self.0.open())
    }
}

fn apply(rows: &Mutex<BTreeMap<Vec<u8>, Vec<u8>>>, batch: &Batch) {
    let mut rows = rows.lock().unwrap();
    for (key, change) in batch {
        match change {
            Some(value) => rows.insert(key.clone(), value.clone()),
            None => rows.remove(key),
        };
    }
}

impl Handle {
    fn alive(&self) -> Result<(), EngineError> {
        if self.dead.load(Ordering::SeqCst) && !self.disk.reads_survive {
            return Err(EngineError("the handle is dead".into()));
        }
        Ok(())
    }
}

impl Engine for Handle {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.alive()?;
        Ok(self.disk.shown.lock().unwrap().get(key).cloned())
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        self.alive()?;
        let rows = self.disk.shown.lock().unwrap();
        let matching = rows
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && after.is_none_or(|after| key.as_slice() > after));
        Ok(matching.take(limit).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        assert!(!self.dead.load(Ordering::SeqCst), "a dead handle is written to");
        let fault = *self.disk.fault.lock().unwrap();
        self.dead.store(!matches!(fault, Fault::None | Fault::SaysDurable), Ordering::SeqCst);
        if fault != Fault::Full {
            apply(&self.disk.shown, batch);
        }
        match fault {
            Fault::None => apply(&self.disk.durable, batch),
            Fault::SaysDurable => {}
            Fault::Full => return Err(EngineError("no space left on device".into())),
            Fault::SyncFails => return Err(EngineError("the sync failed".into())),
            Fault::WrittenButFails => {
                apply(&self.disk.durable, batch);
                return Err(EngineError("an error after all".into()));
            }
            Fault::LosesOld => {
                self.disk.durable.lock().unwrap().clear();
                return Err(EngineError("all is lost".into()));
            }
            Fault::Panics => panic!("the engine gave up"),
        }
        Ok(())
    }

    fn reads_survive_failure(&self) -> bool {
        self.disk.reads_survive
    }
}

async fn wait_until_writable(store: &EmbeddedStore) -> bool {
    let since = Instant::now();
    while !store.is_writable() && since.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    store.is_writable()
}

async fn with_session(disk: &Arc<Disk>) -> (EmbeddedStore, Session) {
    let store = with_user(disk.store(), "ada").await;
    let first = session("one", "ada");
    store.create(first.clone()).await.unwrap();
    (store, first)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_every_fault_readers_go_on_nothing_is_used_up_and_writing_comes_back() {
    for reads_survive in [true, false] {
        for fault in [Fault::Full, Fault::SyncFails, Fault::WrittenButFails, Fault::Panics] {
            let case = format!("{fault:?}, readers of a failed handle survive: {reads_survive}");
            let disk = Disk::new(reads_survive);
            let (store, first) = with_session(&disk).await;
            disk.set(fault);
            assert_eq!(
                store.replace(first.clone(), &exchanged(&first)).await,
                Err(StoreError::Failed),
                "{case}"
            );
            assert!(!store.is_writable(), "{case}");
            assert_eq!(store.create(session("two", "ada")).await, Err(StoreError::Failed), "{case}");
            tokio::time::sleep(Duration::from_millis(150)).await;
            assert_eq!(store.find("one").unwrap(), Some(first.clone()), "{case}");
            assert_eq!(store.sessions(None, 9).unwrap(), std::slice::from_ref(&first), "{case}");
            assert!(!store.is_writable(), "{case}: the disk does not work yet");
            disk.set(Fault::None);
            assert!(wait_until_writable(&store).await, "{case}");
            assert_eq!(store.find("one").unwrap(), Some(first.clone()), "{case}: it was refused");
            assert_eq!(store.replace(first.clone(), &exchanged(&first)).await, Ok(Swap::Done), "{case}");
            assert_eq!(store.create(session("two", "ada")).await, Ok(Created::Done), "{case}");
            assert_eq!(store.check().unwrap().problems, Vec::<String>::new(), "{case}");
            store.close();
            // And the disk has it too.
            let store = disk.store();
            assert_eq!(store.find("one").unwrap(), Some(exchanged(&first)), "{case}");
        }
    }
}

/// Reading goes on however long the engine takes to be opened again and however often that fails: readers wait for it. They
/// wait without a thread: the one thread of this runtime has other work.
#[tokio::test(flavor = "current_thread")]
async fn readers_wait_for_an_engine_that_is_opened_again_and_hold_up_no_other_request() {
    let disk = Disk::new(false);
    let (store, first) = with_session(&disk).await;
    let store = Arc::new(store);
    disk.refused.store(2, Ordering::SeqCst);
    disk.held.store(true, Ordering::SeqCst);
    disk.set(Fault::Full);
    assert_eq!(store.replace(first.clone(), &exchanged(&first)).await, Err(StoreError::Failed));
    while store.find("one") != Err(StoreError::Reopening) {
        tokio::task::yield_now().await;
    }
    let reader = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            loop {
                match store.find("one") {
                    Err(StoreError::Reopening) => {
                        store.readable(Duration::from_secs(60)).await;
                    }
                    found => return found,
                }
            }
        }
    });
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(!reader.is_finished());
    }
    disk.held.store(false, Ordering::SeqCst);
    assert_eq!(reader.await.unwrap(), Ok(Some(first)));
    assert_eq!(disk.refused.load(Ordering::SeqCst), 0);
    disk.set(Fault::None);
    store.close();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_again_while_it_recovers_is_tried_again() {
    let disk = Disk::new(true);
    let (store, first) = with_session(&disk).await;
    disk.set(Fault::WrittenButFails);
    assert_eq!(store.replace(first.clone(), &exchanged(&first)).await, Err(StoreError::Failed));
    // The probe says that it works, the commit that would take back the failed batch fails.
    *disk.fault.lock().unwrap() = Fault::SyncFails;
    disk.works.store(true, Ordering::SeqCst);
    let since = Instant::now();
    while disk.opened.load(Ordering::SeqCst) < 4 && since.elapsed() < Duration::from_secs(10) {
        assert_eq!(store.find("one").unwrap(), Some(first.clone()));
        assert!(!store.is_writable());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    disk.set(Fault::None);
    assert!(wait_until_writable(&store).await);
    assert_eq!(store.find("one").unwrap(), Some(first.clone()));
    store.close();
    assert_eq!(disk.store().find("one").unwrap(), Some(first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_lost_what_was_acknowledged_stays_closed() {
    let disk = Disk::new(true);
    let (store, first) = with_session(&disk).await;
    disk.set(Fault::LosesOld);
    assert_eq!(store.replace(first.clone(), &exchanged(&first)).await, Err(StoreError::Failed));
    disk.set(Fault::None);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(!store.is_writable());
    assert_eq!(store.find("one"), Err(StoreError::Failed), "it must not say that there is no such session");
    assert_eq!(store.create(session("two", "ada")).await, Err(StoreError::Failed));
    assert_eq!(disk.opened.load(Ordering::SeqCst), 2, "there is nothing more to try");
}

/// A disk whose engine has a journal before it.
#[derive(Clone)]
struct WithJournal(Arc<Disk>, Arc<tempfile::TempDir>);

impl WithJournal {
    fn engine(&self) -> Arc<dyn Engine> {
        Arc::new(JournaledEngine::open(self.0.open(), self.1.path(), false).unwrap())
    }
}

impl Reopen for WithJournal {
    fn disk_works(&self) -> bool {
        self.0.works.load(Ordering::SeqCst)
    }

    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        Ok(self.engine())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_behind_the_journal_stops_writing_only_and_by_itself() {
    for reads_survive in [true, false] {
        let case = format!("readers of a failed handle survive: {reads_survive}");
        let place = WithJournal(Disk::new(reads_survive), Arc::new(tempfile::tempdir().unwrap()));
        let disk = &place.0;
        let store = EmbeddedStore::start_recoverable(place.engine(), Box::new(place.clone())).unwrap();
        let store = with_user(store, "ada").await;
        disk.set(Fault::Full);
        let mut acknowledged = Vec::new();
        // What carries rows over fails after a while, and a write finds that out, or nobody does.
        while acknowledged.len() < 400 && store.is_writable() {
            let mut next = session(&format!("s{}", acknowledged.len()), "ada");
            next.device = Some("x".repeat(7_000));
            match store.create(next.clone()).await {
                Ok(created) => assert_eq!(created, Created::Done, "{case}"),
                Err(StoreError::Failed | StoreError::Engine(_)) => break,
                Err(error) => panic!("{case}: {error}"),
            }
            acknowledged.push(next);
        }
        // A file of it holds some seventy of these.
        assert!(acknowledged.len() > 60, "{case}: the journal has room");
        let since = Instant::now();
        while store.is_writable() || store.find("s0").is_err() {
            assert!(since.elapsed() < Duration::from_secs(10), "{case}: nobody looks after the engine");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        for session in &acknowledged {
            assert_eq!(store.find(&session.sid).unwrap().as_ref(), Some(session), "{case}");
        }
        assert!(!store.is_writable(), "{case}: the disk does not work yet");
        disk.set(Fault::None);
        assert!(wait_until_writable(&store).await, "{case}");
        store.create(session("later", "ada")).await.unwrap();
        store.close();
        let store = EmbeddedStore::start(disk.open()).unwrap();
        for session in &acknowledged {
            assert_eq!(store.find(&session.sid).unwrap().as_ref(), Some(session), "{case}");
        }
        assert!(store.find("later").unwrap().is_some(), "{case}: what is closed in peace is whole");
    }
}

/// Acknowledges some writes, cuts the power, and says what is missing.
async fn lost_in_a_power_cut(disk: &Arc<Disk>, fault: Fault) -> Vec<String> {
    let (store, mut current) = with_session(disk).await;
    *disk.fault.lock().unwrap() = fault;
    for _ in 0..5 {
        current = exchange(&store, current).await;
    }
    store.create(session("two", "ada")).await.unwrap();
    store.close();
    let store = disk.store();
    let found = [("one", Some(current)), ("two", Some(session("two", "ada")))];
    let lost = found.into_iter().filter(|(sid, expected)| store.find(sid).unwrap() != *expected);
    lost.map(|(sid, _)| sid.to_owned()).collect()
}

#[tokio::test]
async fn an_engine_that_lies_about_durability_is_caught_by_these_tests() {
    assert_eq!(lost_in_a_power_cut(&Disk::new(true), Fault::None).await, Vec::<String>::new());
    assert_eq!(lost_in_a_power_cut(&Disk::new(true), Fault::SaysDurable).await, ["one", "two"]);
}
