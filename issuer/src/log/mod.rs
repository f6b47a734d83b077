//! The log on standard error. Writing it never blocks, never fails and never panics on the thread that reports something:
//! lines wait in a queue of bounded length, and a thread of its own writes them. A line that finds no place, or that cannot
//! be written, is counted; the event `log_lost` tells how many there were once the log can be written again.
//!
//! This is not `tracing-appender`: when its queue is full at the end of the process, that crate reports it with `println!`,
//! which panics where standard output is gone.

mod queue;

use std::cell::RefCell;
use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use self::queue::Queue;
use crate::{events, repeats};

/// Lines that may wait to be written.
const WAITING_LINES: usize = 4096;
/// How long the end of the process waits for lines that still have to be written.
const LAST_WAIT: Duration = Duration::from_secs(1);
/// How often a log that failed is tried again while nothing else is reported.
const TRY_AGAIN: Duration = Duration::from_secs(1);

static LOG: OnceLock<Arc<Queue>> = OnceLock::new();

thread_local! {
    /// On the thread that writes the log: receives what that thread itself reports.
    static OWN_LINE: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Sends events that `filter` lets pass to standard error from now on, and panics with them. Once in a process.
///
/// # Errors
/// When the thread that writes cannot be started.
pub(crate) fn start(filter: EnvFilter) -> io::Result<()> {
    let queue = Arc::new(Queue::new(WAITING_LINES));
    let writer = Writer(Arc::clone(&queue));
    queue.start(io::stderr(), lost_line, TRY_AGAIN)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(io::stderr().is_terminal())
        // It would report a failure with `eprintln!`, which panics when standard error is gone.
        .log_internal_errors(false);
    if subscriber.try_init().is_ok() && LOG.set(queue).is_ok() {
        std::panic::set_hook(Box::new(report_panic));
    }
    Ok(())
}

/// Waits until what was reported is written, a second at most.
pub(crate) fn flush() {
    repeats::tell_all();
    if let Some(queue) = LOG.get() {
        queue.flush(LAST_WAIT);
    }
}

/// Writes a line that is no event, the reason of the end for instance, to standard error. Answers when it is written; where
/// the log was started it waits a second at most.
pub(crate) fn last_line(text: &str) {
    let line = format!("{text}\n").into_bytes();
    match LOG.get() {
        Some(queue) => {
            queue.push(line);
            queue.flush(LAST_WAIT);
        }
        // A line that cannot be written has no other place to go.
        None => drop(io::Write::write_all(&mut io::stderr(), &line)),
    }
}

/// The standard hook writes to standard error itself, and so waits for a reader that does not read. A text that was made at
/// run time can contain what must not be in a log, such as the string that an index missed, so only literals are written.
fn report_panic(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let text = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(not shown)");
    events::panicked(thread, &place, text);
}

/// The event `log_lost`, formatted as all others are.
fn lost_line(count: u64) -> Vec<u8> {
    OWN_LINE.set(Some(Vec::new()));
    tracing::warn!(event = "log_lost", count, "lines of the log could not be written");
    OWN_LINE.take().unwrap_or_default()
}

/// Puts lines into the queue.
struct Writer(Arc<Queue>);

impl<'a> MakeWriter<'a> for Writer {
    type Writer = &'a Writer;

    fn make_writer(&'a self) -> &'a Writer {
        self
    }
}

impl io::Write for &Writer {
    /// The formatter hands over one whole line at a time.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let is_own = OWN_LINE.with_borrow_mut(|own| match own {
            Some(own) => {
                own.extend_from_slice(line);
                true
            }
            None => false,
        });
        if !is_own {
            self.0.push(line.to_vec());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
