//! The clocks of a server under test: the same program as `shelflife`, and the file that says by how much its clocks are ahead.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::build;

/// Moves the clocks of one server; see `src/bin/clocked.rs`.
pub struct Clocks {
    file: PathBuf,
    wall: AtomicI64,
    monotonic: AtomicU64,
}

impl Clocks {
    pub(crate) fn new(file: &Path) -> Clocks {
        let clocks = Clocks { file: file.to_owned(), wall: AtomicI64::new(0), monotonic: AtomicU64::new(0) };
        clocks.write();
        clocks
    }

    /// The program that reads them.
    pub(crate) fn program(&self) -> Command {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let mut command = Command::new(PROGRAM.get_or_init(|| build("shelflife-tests", "clocked", false)));
        command.env("CLOCK_FILE", &self.file);
        command
    }

    /// Time passes: both clocks move forward.
    pub fn pass(&self, seconds: u64) {
        self.monotonic.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
        self.leap(i64::try_from(seconds).expect("some seconds"));
    }

    /// The wall clock is set, forward or back, while no time passes.
    pub fn leap(&self, seconds: i64) {
        self.wall.fetch_add(seconds.saturating_mul(1000), Ordering::SeqCst);
        self.write();
    }

    fn write(&self) {
        let (wall, monotonic) = (self.wall.load(Ordering::SeqCst), self.monotonic.load(Ordering::SeqCst));
        // In one step: the server reads at any time.
        let draft = self.file.with_extension("new");
        std::fs::write(&draft, format!("{wall} {monotonic}\n")).expect("a temporary folder");
        std::fs::rename(draft, &self.file).expect("a temporary folder");
    }
}
