//! Group commit: one thread owns every write.
//!
//! It takes what has queued, lets each write look at the state and stage its changes, commits them all as one
//! batch with one sync, and only then answers. Under load that is one sync for many writes; alone, a write
//! never waits for others.

mod staging;
mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub(super) use self::staging::Staging;
pub(super) use self::view::View;
use super::api::StoreError;
use super::engine::Engine;

/// Writes that may wait; more are turned away.
const QUEUE: usize = 4096;
/// Writes that share one sync at most.
const BATCH: usize = 1024;

/// Tells the caller of one write how the whole batch went.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Write = Box<dyn FnOnce(&mut Staging<'_>) -> Answer + Send>;

pub(super) struct Committer {
    queue: Mutex<Option<SyncSender<Write>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    failed: Arc<AtomicBool>,
}

impl Committer {
    pub(super) fn start(engine: Arc<dyn Engine>, view: Arc<View>) -> Result<Committer, StoreError> {
        let (sender, receiver) = sync_channel(QUEUE);
        let failed = Arc::new(AtomicBool::new(false));
        let worker = Worker { engine, view, failed: Arc::clone(&failed) };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || worker.run(&receiver))
            .map_err(|error| StoreError::Engine(error.to_string()))?;
        Ok(Committer { queue: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)), failed })
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
        // The sender is dropped unused when the write panicked.
        durable.await.unwrap_or(Err(StoreError::Failed))
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
        })
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.close();
    }
}

struct Worker {
    engine: Arc<dyn Engine>,
    view: Arc<View>,
    failed: Arc<AtomicBool>,
}

impl Worker {
    fn run(self, queue: &Receiver<Write>) {
        while let Ok(first) = queue.recv() {
            self.commit(std::iter::once(first).chain(queue.try_iter()).take(BATCH));
        }
        // The engine is let go here, on a thread that may wait: the view's handle first, ours with `self`.
        self.view.close();
    }

    fn commit(&self, writes: impl Iterator<Item = Write>) {
        let mut staging = Staging::new(self.engine.as_ref());
        let mut answers = Vec::new();
        for write in writes {
            match catch_unwind(AssertUnwindSafe(|| write(&mut staging))) {
                Ok(answer) => answers.push(answer),
                Err(_) => staging.roll_back(),
            }
        }
        let outcome = self.make_durable(staging);
        for answer in answers {
            answer(outcome.clone());
        }
    }

    fn make_durable(&self, staging: Staging<'_>) -> Result<(), StoreError> {
        let batch = staging.into_batch();
        if self.failed.load(Ordering::Acquire) {
            return Err(StoreError::Failed);
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.view.hold(self.engine.as_ref(), &batch)?;
        let committed = catch_unwind(AssertUnwindSafe(|| self.engine.commit(&batch)));
        match committed {
            Ok(Ok(())) => {
                self.view.release();
                Ok(())
            }
            Ok(Err(error)) => Err(self.fail(&error.0)),
            Err(_) => Err(self.fail("the engine panicked")),
        }
    }

    /// What is on disk is in doubt now. Readers keep what was durable before, and nobody writes until a
    /// restart has looked.
    fn fail(&self, why: &str) -> StoreError {
        self.failed.store(true, Ordering::Release);
        tracing::error!(
            event = "store_failed",
            why,
            "a commit failed: the store refuses writes until it is opened again"
        );
        StoreError::Failed
    }
}
