//! Background tasks that go on after a panic.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

/// How long a task rests after a panic. One that panics each time must not keep a processor busy.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs `task`, and starts it anew a second after each panic. Ends when the task ends by itself, or with this future.
pub(crate) async fn supervise<F: Future<Output = ()>>(name: &'static str, task: impl Fn() -> F) {
    supervise_with_pause(name, task, PAUSE).await;
}

async fn supervise_with_pause<F: Future<Output = ()>>(
    name: &'static str,
    task: impl Fn() -> F,
    pause: Duration,
) {
    loop {
        let mut run = Box::pin(task());
        let ended = poll_fn(|context| {
            catch_unwind(AssertUnwindSafe(|| run.as_mut().poll(context)))
                .map_or(Poll::Ready(false), |poll| poll.map(|()| true))
        });
        if ended.await {
            return;
        }
        // What it holds can panic as well.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(run)));
        tracing::error!(event = "task_panicked", task = name, "it is started anew");
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_is_started_anew_until_it_ends_by_itself() {
        let runs = AtomicUsize::new(0);
        let task = || async {
            let before = runs.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            assert!(before == 2, "a fault");
        };
        supervise_with_pause("test", task, Duration::from_millis(1)).await;
        assert_eq!(runs.load(Ordering::SeqCst), 3);
    }
}
