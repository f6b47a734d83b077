//! What a process takes from the machine, as `/proc` tells it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};

/// Bytes of a block as `stat` counts them, whatever the file system uses.
const BLOCK: u64 = 512;

/// Seconds of processor time a process has had.
#[derive(Clone, Copy)]
pub(super) struct Cpu(f64);

impl Cpu {
    pub(super) fn of(pid: u32) -> Result<Cpu> {
        seconds(&format!("/proc/{pid}/stat")).map(Cpu)
    }

    pub(super) fn own() -> Result<Cpu> {
        seconds("/proc/self/stat").map(Cpu)
    }

    pub(super) fn since(self, pid: u32) -> Result<f64> {
        Ok(Cpu::of(pid)?.0 - self.0)
    }

    pub(super) fn since_own(self) -> Result<f64> {
        Ok(Cpu::own()?.0 - self.0)
    }
}

fn seconds(path: &str) -> Result<f64> {
    let stat = fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    // The name of the program, in brackets, may hold anything.
    let (_, fields) = stat.rsplit_once(')').context("a strange /proc/.../stat")?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<f64>);
    let (user, system) = (times.next().context("no time")??, times.next().context("no time")??);
    Ok((user + system) / rustix::param::clock_ticks_per_second() as f64)
}

/// Bytes resident in memory.
pub(super) fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the server is gone")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024)
}

/// Bytes that everything below `folder` takes from the file system.
pub(super) fn on_disk(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        // Between the two looks the store may have tidied up.
        let Ok(metadata) = entry.metadata() else { continue };
        bytes += if metadata.is_dir() { on_disk(&entry.path())? } else { metadata.blocks() * BLOCK };
    }
    Ok(bytes)
}
