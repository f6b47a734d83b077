//! Group commit: one thread owns every write.
//!
//! It takes what has queued, lets each write look at the state and stage its changes, commits them all as one
//! batch with one sync, and only then answers. Under load that is one sync for many writes; alone, a write
//! never waits for others.

mod bustle;
mod recovery;
mod staging;
mod view;
mod worker;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub use self::bustle::Bustle;
pub(super) use self::staging::Staging;
pub(super) use self::view::View;
use self::worker::Worker;
pub(super) use self::worker::count as commits_of;
use super::api::StoreError;
use super::engine::{Engine, Reopen, Witness};
use super::revoked::RevocationLog;

/// Writes that may wait; more are turned away.
const QUEUE: usize = 4096;

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
}

pub(super) struct Committer {
    queue: Mutex<Option<SyncSender<Write>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: Arc<AtomicBool>,
    bustle: Arc<OnceLock<Arc<Bustle>>>,
}

impl Committer {
    pub(super) fn start(
        engine: Arc<dyn Engine>,
        view: Arc<View>,
        aids: Aids,
    ) -> Result<Committer, StoreError> {
        let (sender, receiver) = sync_channel(QUEUE);
        let failed = Arc::new(AtomicBool::new(false));
        let bustle = Arc::default();
        let worker = Worker::new(engine, view, aids, Arc::clone(&failed), Arc::clone(&bustle))?;
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&receiver))
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        Ok(Committer { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), failed, bustle })
    }

    /// Queues a write and waits until it is durable. Once queued it happens, even when nobody waits any more.
    pub(super) async fn write<T, F>(&self, write: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Staging<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, durable) = oneshot::channel();
        self.enqueue(Box::new(move |staging| {
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

    /// From here on commits wait for the writes that threads at work are about to bring.
    pub(super) fn heed(&self, bustle: Arc<Bustle>) {
        let _ = self.bustle.set(bustle);
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }

    /// Lets the thread finish what is queued, and waits until it has let go of the engine.
    pub(super) fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    fn enqueue(&self, write: Write) -> Result<(), StoreError> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = queue.as_ref() else { return Err(StoreError::Closed) };
        queue.try_send(write).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => StoreError::Failed,
        })?;
        if let Some(bustle) = self.bustle.get() {
            bustle.bring();
        }
        Ok(())
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}
