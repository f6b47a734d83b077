//! An engine that panics at any call the thread of the store makes: callers get an answer, and the store goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use shelflife_issuer::store::{
    Batch, EmbeddedStore, Engine, EngineError, MemoryEngine, Reopen, Row, Store, StoreError, Swap,
};

use crate::common::{exchanged, session, with_user};

const PATIENCE: Duration = Duration::from_secs(30);

/// Panics at a call by the thread of the store, and fails commits that it has written.
#[derive(Default)]
struct Faults {
    /// Calls until one panics; at zero or below none does any more.
    calls_left: AtomicI64,
    /// All from then on panic, not just one.
    lasting: AtomicBool,
    commits_fail: AtomicBool,
}

impl Faults {
    fn call(&self) {
        if std::thread::current().name() != Some("store") {
            return;
        }
        let left = self.calls_left.fetch_sub(1, Ordering::SeqCst);
        let is_due = left == 1 || left < 1 && self.lasting.load(Ordering::SeqCst);
        assert!(!is_due, "a fault of the engine");
    }
}

#[derive(Clone)]
struct Disk(Arc<MemoryEngine>, Arc<Faults>);

impl Engine for Disk {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        self.1.call();
        self.0.get(key)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<Row>, EngineError> {
        self.1.call();
        self.0.scan(prefix, after, limit)
    }

    fn commit(&self, batch: &Batch) -> Result<(), EngineError> {
        self.1.call();
        self.0.commit(batch)?;
        match self.1.commits_fail.load(Ordering::SeqCst) {
            true => Err(EngineError("an error after all".into())),
            false => Ok(()),
        }
    }

    fn failure(&self) -> Option<EngineError> {
        self.1.call();
        None
    }

    fn reads_survive_failure(&self) -> bool {
        self.1.call();
        true
    }
}

impl Reopen for Disk {
    fn disk_works(&self) -> bool {
        self.1.call();
        true
    }

    fn open(&self) -> Result<Arc<dyn Engine>, EngineError> {
        self.1.call();
        Ok(Arc::new(self.clone()))
    }
}

fn disk() -> Disk {
    Disk(Arc::default(), Arc::default())
}

fn store_on(disk: &Disk) -> EmbeddedStore {
    EmbeddedStore::start_recoverable(Arc::new(disk.clone()), Box::new(disk.clone())).unwrap()
}

/// A write, with an answer in any case.
async fn replaced(store: &EmbeddedStore, generation: u64) -> Result<Swap, StoreError> {
    let mut present = session("one", "ada");
    while present.generation < generation {
        present = exchanged(&present);
    }
    let next = exchanged(&present);
    let write = tokio::time::timeout(PATIENCE, store.replace(present, &next));
    write.await.expect("the caller waits for ever")
}

async fn until_writable(store: &EmbeddedStore) {
    let since = Instant::now();
    while !store.is_writable() {
        assert!(since.elapsed() < PATIENCE, "writing does not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_at_any_call_costs_one_write_at_most_and_nothing_that_was_acknowledged() {
    for commits_fail in [false, true] {
        for call in 1..=24 {
            let case = format!("call {call}, commits fail: {commits_fail}");
            let disk = disk();
            let store = with_user(store_on(&disk), "ada").await;
            let first = session("one", "ada");
            store.create(first.clone()).await.unwrap();
            disk.1.commits_fail.store(commits_fail, Ordering::SeqCst);
            disk.1.calls_left.store(call, Ordering::SeqCst);
            let outcome = replaced(&store, first.generation).await;
            // What recovers commits as well.
            disk.1.commits_fail.store(false, Ordering::SeqCst);
            until_writable(&store).await;
            let found = store.find("one").unwrap().unwrap();
            match outcome {
                Ok(Swap::Done) => assert_eq!(found, exchanged(&first), "{case}"),
                _ => assert_eq!(found, first, "{case}: it was refused"),
            }
            // The panic may be due only now; the one after it is not.
            let _ = replaced(&store, found.generation).await;
            disk.1.calls_left.store(0, Ordering::SeqCst);
            until_writable(&store).await;
            let found = store.find("one").unwrap().unwrap();
            assert_eq!(replaced(&store, found.generation).await, Ok(Swap::Done), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_panics_all_the_time_refuses_writes_until_it_stops() {
    let disk = disk();
    let store = with_user(store_on(&disk), "ada").await;
    let first = session("one", "ada");
    store.create(first.clone()).await.unwrap();
    disk.1.lasting.store(true, Ordering::SeqCst);
    disk.1.calls_left.store(1, Ordering::SeqCst);
    for _ in 0..5 {
        assert!(replaced(&store, first.generation).await.is_err());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!store.is_writable());
    disk.1.lasting.store(false, Ordering::SeqCst);
    until_writable(&store).await;
    assert_eq!(replaced(&store, first.generation).await, Ok(Swap::Done));
    store.close();
}
