//! Lines between the threads that report and the one that writes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Pause before a write is tried again on a descriptor that does not block and has no room.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(20);

pub(super) struct Queue {
    capacity: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// A line was taken out and is being written.
    writing: bool,
    /// Lines that found no place or could not be written, since the last report.
    lost: u64,
}

impl Queue {
    /// For `capacity` lines.
    pub(super) fn new(capacity: usize) -> Queue {
        Queue { capacity, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Adds a line, or counts it as lost where there is no place. Never waits for the writer.
    pub(super) fn push(&self, line: Vec<u8>) {
        let mut state = self.lock();
        if state.lines.len() >= self.capacity {
            state.lost = state.lost.saturating_add(1);
            return;
        }
        state.lines.push_back(line);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until everything is written, for `patience` at most; whether it is.
    pub(super) fn flush(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        while !state.lines.is_empty() || state.writing {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Starts the thread that writes lines to `sink`, for as long as the process lives. After lines were lost it writes
    /// `report` of their number as soon as a write succeeds; while nothing else is written, it tries so every `try_again`.
    pub(super) fn start(
        self: &Arc<Queue>,
        sink: impl Write + Send + 'static,
        report: fn(u64) -> Vec<u8>,
        try_again: Duration,
    ) -> io::Result<()> {
        let queue = Arc::clone(self);
        let thread = std::thread::Builder::new().name("log".to_owned());
        thread.spawn(move || queue.run(Sink { sink, cut: false }, report, try_again)).map(drop)
    }

    fn run(&self, mut sink: Sink<impl Write>, report: fn(u64) -> Vec<u8>, try_again: Duration) {
        loop {
            let line = self.next(try_again);
            let written = line.as_deref().is_none_or(|line| sink.line(line));
            let mut state = self.lock();
            let lost = match written {
                true => std::mem::take(&mut state.lost),
                false => {
                    state.lost = state.lost.saturating_add(1);
                    0
                }
            };
            drop(state);
            if lost > 0 {
                let line = catch_unwind(AssertUnwindSafe(|| report(lost))).unwrap_or_default();
                if !sink.line(&line) {
                    let mut state = self.lock();
                    state.lost = state.lost.saturating_add(lost);
                }
            }
            self.lock().writing = false;
            self.changed.notify_all();
        }
    }

    /// The next line; `None` when lines were lost and none has come for so long.
    fn next(&self, try_again: Duration) -> Option<Vec<u8>> {
        let mut state = self.lock();
        loop {
            if let Some(line) = state.lines.pop_front() {
                state.writing = true;
                return Some(line);
            }
            let has_lost = state.lost > 0;
            let (guard, waited) =
                self.changed.wait_timeout(state, try_again).unwrap_or_else(PoisonError::into_inner);
            state = guard;
            if has_lost && waited.timed_out() && state.lines.is_empty() {
                return None;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where lines go.
struct Sink<W> {
    sink: W,
    /// The last line was cut off in the middle.
    cut: bool,
}

impl<W: Write> Sink<W> {
    /// Writes a line; whether all of it was written.
    fn line(&mut self, line: &[u8]) -> bool {
        let mut begun = false;
        let end = if std::mem::take(&mut self.cut) { &b"\n"[..] } else { b"" };
        let written = self.all(end, &mut begun) && self.all(line, &mut begun) && self.sink.flush().is_ok();
        self.cut = !written && (begun || !end.is_empty());
        written
    }

    fn all(&mut self, mut bytes: &[u8], begun: &mut bool) -> bool {
        while !bytes.is_empty() {
            match self.sink.write(bytes) {
                Ok(0) => return false,
                Ok(count) => {
                    *begun = true;
                    bytes = bytes.get(count..).unwrap_or_default();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Another process can have made the descriptor one that does not block.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(NO_ROOM_PAUSE),
                Err(_) => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);
    const SOON: Duration = Duration::from_millis(5);

    /// What the next write does; a write waits until a test says it.
    enum Next {
        Takes(usize),
        Fails,
    }

    struct Scripted {
        next: Receiver<Next>,
        written: Sender<String>,
    }

    impl Write for Scripted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.next.recv() {
                Ok(Next::Takes(most)) => {
                    let count = most.min(bytes.len());
                    let _ = self.written.send(String::from_utf8_lossy(&bytes[..count]).into_owned());
                    Ok(count)
                }
                Ok(Next::Fails) => Err(io::ErrorKind::StorageFull.into()),
                // The test is over.
                Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn queue_of(capacity: usize) -> (Arc<Queue>, Sender<Next>, Receiver<String>) {
        let (say, next) = channel();
        let (written, seen) = channel();
        let queue = Arc::new(Queue::new(capacity));
        queue
            .start(Scripted { next, written }, |count| format!("lost {count}\n").into_bytes(), SOON)
            .unwrap();
        (queue, say, seen)
    }

    fn push(queue: &Queue, lines: &[&str]) {
        lines.iter().for_each(|line| queue.push(format!("{line}\n").into_bytes()));
    }

    #[test]
    fn lines_that_find_no_place_while_a_write_hangs_are_counted_and_told_once_it_goes_on() {
        let (queue, say, seen) = queue_of(2);
        push(&queue, &["one"]);
        // It is taken out of the queue, and its write hangs.
        let since = Instant::now();
        while !queue.lock().writing && since.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        push(&queue, &["two", "three", "four", "five"]);
        assert!(!queue.flush(SOON), "a flush does not wait for a write that hangs");
        (0..4).for_each(|_| say.send(Next::Takes(100)).unwrap());
        let seen: Vec<String> = seen.iter().take(4).collect();
        assert_eq!(seen, ["one\n", "lost 2\n", "two\n", "three\n"]);
        assert!(queue.flush(PATIENCE));
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_told_even_if_nothing_else_is_reported() {
        let (queue, say, seen) = queue_of(8);
        push(&queue, &["one", "two"]);
        (0..3).for_each(|_| say.send(Next::Fails).unwrap());
        say.send(Next::Takes(100)).unwrap();
        assert_eq!(seen.recv_timeout(PATIENCE).unwrap(), "lost 2\n");
    }

    #[test]
    fn a_line_that_was_cut_off_is_ended_before_the_next_one() {
        let (queue, say, seen) = queue_of(8);
        push(&queue, &["one"]);
        [Next::Takes(2), Next::Fails].into_iter().for_each(|next| say.send(next).unwrap());
        (0..3).for_each(|_| say.send(Next::Takes(100)).unwrap());
        let seen: Vec<String> = seen.iter().take(3).collect();
        assert_eq!(seen, ["on", "\n", "lost 1\n"]);
    }
}
