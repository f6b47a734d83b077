//! `shelflife` with clocks that a file moves: for tests of what happens over hours and days, and under a clock that is wrong.
//!
//! The file named by the variable `CLOCK_FILE` holds two numbers of milliseconds: by how much the wall clock and the monotonic
//! clock are ahead of those of the machine. It is read at every look; one that is missing or half written counts as before.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use shelflife_issuer::clock::{Clock, SystemClock};
use shelflife_issuer::domain::Moment;

struct FileClock {
    path: std::path::PathBuf,
    wall: AtomicI64,
    monotonic: AtomicU64,
}

impl FileClock {
    fn look(&self) {
        let text = std::fs::read_to_string(&self.path).unwrap_or_default();
        let numbers = text.strip_suffix('\n').and_then(|line| line.split_once(' '));
        if let Some((Ok(wall), Ok(monotonic))) = numbers.map(|(wall, mono)| (wall.parse(), mono.parse())) {
            self.wall.store(wall, Ordering::SeqCst);
            self.monotonic.store(monotonic, Ordering::SeqCst);
        }
    }
}

impl Clock for FileClock {
    fn now(&self) -> Moment {
        self.look();
        let now = SystemClock.now();
        let wall = now.millis().saturating_add_signed(self.wall.load(Ordering::SeqCst));
        Moment::at(wall, now.uptime_millis().saturating_add(self.monotonic.load(Ordering::SeqCst)))
    }
}

fn main() -> ExitCode {
    let Some(path) = std::env::var_os("CLOCK_FILE") else { return ExitCode::from(2) };
    let clock = FileClock { path: path.into(), wall: AtomicI64::new(0), monotonic: AtomicU64::new(0) };
    shelflife_issuer::cli::run(Arc::new(clock))
}
