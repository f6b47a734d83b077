//! The machine, as far as it explains the numbers.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rustix::fs::FsWord;
use serde::Serialize;

use crate::statistics::Spread;

const TMPFS: FsWord = 0x0102_1994;
const PROBES: usize = 60;

#[derive(Debug, Serialize)]
pub(super) struct Machine {
    cores: usize,
    /// Threads of the load generator.
    client_threads: usize,
    /// Milliseconds that 4 KiB and an `fdatasync` take on the disk of the servers' data.
    fdatasync: Spread,
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Machine {
    pub(super) fn look(place: &Path, client_threads: usize) -> Result<Machine> {
        let kind = rustix::fs::statfs(place).context("cannot ask for the file system")?.f_type;
        ensure!(
            kind != TMPFS,
            "{} lies in memory, where a sync costs nothing: set CARGO_TARGET_DIR to a folder on a disk",
            place.display()
        );
        Ok(Machine { cores: cores(), client_threads, fdatasync: probe(place)? })
    }
}

fn probe(place: &Path) -> Result<Spread> {
    let path = place.join("probe");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..PROBES {
        let started = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    std::fs::remove_file(path)?;
    Ok(Spread::of(times))
}
