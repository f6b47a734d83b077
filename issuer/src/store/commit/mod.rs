//! Group commit: one thread owns every write.
//!
//! It takes what has queued, lets each write look at the state and stage its changes, commits them all as one
//! batch with one sync, and only then answers. Under load that is one sync for many writes; alone, a write
//! never waits for others.

mod bustle;
mod queue;
mod recovery;
mod staging;
mod view;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub use self::bustle::Bustle;
use self::queue::Queue;
pub(super) use self::staging::Staging;
pub(super) use self::view::View;
use self::worker::Worker;
pub(super) use self::worker::count as commits_of;
use super::api::StoreError;
use super::engine::{Engine, Reopen, Witness};
use super::revoked::RevocationLog;

/// Tells the caller of one write how the whole batch went.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Write = Box<dyn FnOnce(&mut Staging<'_>) -> Answer + Send>;

/// What a store has beside its engine. Without them it works, until something breaks.
#[derive(Default)]
pub(super) struct Aids {
    /// Gets a working engine after this one has failed.
    pub(super) reopen: Option<Box<dyn Reopen>>,
    /// Is told how many commits were acknowledged.
    pub(super) witness: Option<Witness>,
    /// Is told what was revoked.
    pub(super) revocations: Arc<RevocationLog>,
    /// Changes with every change of users and clients; see [`super::api::Version`].
    pub(super) version: Arc<AtomicU64>,
}

pub(super) struct Committer {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: Arc<AtomicBool>,
}

impl Committer {
    pub(super) fn start(
        engine: Arc<dyn Engine>,
        view: Arc<View>,
        aids: Aids,
    ) -> Result<Committer, StoreError> {
        let queue = Arc::new(Queue::default());
        let failed = Arc::new(AtomicBool::new(false));
        let worker = Worker::new(engine, view, aids, Arc::clone(&failed))?;
        let outlet = queue.outlet();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&outlet))
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        Ok(Committer { queue, thread: Mutex::new(Some(thread)), failed })
    }

    /// Queues a write and waits until it is durable. Once queued it happens, even when nobody waits any more.
    pub(super) async fn write<T, F>(&self, write: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Staging<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, durable) = oneshot::channel();
        self.queue.push(Box::new(move |staging| {
            let outcome = write(staging);
            match outcome {
                Ok(_) => staging.keep(),
                Err(_) => staging.roll_back(),
            }
            Box::new(move |committed| {
                let _ = reply.send(committed.and(outcome));
            })
        }))?;
        // The sender is dropped unused when the write panicked, or was turned away after a failure.
        durable.await.unwrap_or(Err(StoreError::Failed))
    }

    /// Commits wait for the writes that threads at work are about to bring: this is where they say so.
    pub(super) fn bustle(&self) -> &Arc<Bustle> {
        self.queue.bustle()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Lets the thread finish what is queued, and waits until it has let go of the engine.
    pub(super) fn close(&self) {
        self.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}
