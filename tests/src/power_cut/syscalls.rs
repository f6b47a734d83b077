//! The same promise at the level of system calls: nothing is acknowledged while a file of the store has bytes that
//! were written after its last sync.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Engine;

const CALLS: &str =
    "trace=write,pwrite64,pwritev,pwritev2,writev,ftruncate,fallocate,fsync,fdatasync,sync_file_range";

/// What a trace showed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ordering {
    /// Acknowledgements.
    pub acknowledged: u64,
    /// Writes to the files of the store.
    pub writes: u64,
    /// Syncs of these files.
    pub syncs: u64,
    /// Acknowledgements that left while a file had unsynced bytes.
    pub too_early: u64,
}

/// Lets one client write on its own, so that each acknowledgement belongs to the writes just before it, and follows the
/// system calls.
///
/// # Errors
/// When there is no `strace` here, or it may not trace: why.
pub fn ordering(driver: &Path, engine: Engine) -> Result<Ordering, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let trace = folder.path().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-s", "24", "-e", CALLS, "-o"]).arg(&trace).arg(driver);
    strace.args(["drive", "--engine", engine.name(), "--name", "one", "--alone", "--limit", "3", "--data"]);
    strace.arg(folder.path().join("data"));
    let output = strace.stdin(Stdio::null()).stdout(Stdio::null()).output();
    let output = output.map_err(|error| format!("`strace` cannot be started: {error}"))?;
    let text = std::fs::read_to_string(&trace).unwrap_or_default();
    if !output.status.success() || text.is_empty() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`strace` failed: {}", said.lines().next().unwrap_or("it did not say why")));
    }
    Ok(read(&text))
}

fn read(trace: &str) -> Ordering {
    let mut seen = Ordering::default();
    // Files with unsynced bytes, and syncs that have begun, by thread.
    let mut dirty: HashMap<&str, bool> = HashMap::new();
    let mut syncing: HashMap<&str, &str> = HashMap::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(rest) = call.strip_prefix("<... ") {
            let done = (rest.starts_with("fdatasync") || rest.starts_with("fsync")) && rest.ends_with("= 0");
            if let (true, Some(file)) = (done, syncing.remove(thread)) {
                seen.syncs += 1;
                dirty.insert(file, false);
            }
            continue;
        }
        let Some((name, arguments)) = call.split_once('(') else { continue };
        let file =
            arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(file, _)| file);
        match name {
            "write" if arguments.contains("\"did ") => {
                seen.acknowledged += 1;
                seen.too_early += u64::from(dirty.values().any(|dirty| *dirty));
            }
            _ if !is_of_the_store(file) => {}
            "fsync" | "fdatasync" if call.ends_with("<unfinished ...>") => {
                syncing.insert(thread, file);
            }
            "fsync" | "fdatasync" if call.ends_with("= 0") => {
                seen.syncs += 1;
                dirty.insert(file, false);
            }
            "fsync" | "fdatasync" | "sync_file_range" => {}
            _ => {
                seen.writes += 1;
                dirty.insert(file, true);
            }
        }
    }
    seen
}

/// The journal, the log of sled with its large values, and the file of redb. sled's snapshots can be made again from its log.
fn is_of_the_store(file: &str) -> bool {
    file.ends_with("/db")
        || file.contains("/journal/")
        || file.ends_with("/store.redb")
        || file.contains("/blobs/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_before_the_sync_is_seen_and_one_after_it_is_fine() {
        let good = "7 pwrite64(5</x/sled/db>, \"a\"..., 9, 0) = 9\n7 fdatasync(6</x/sled/db> <unfinished ...>\n\
                    8 write(3</x/commits>, \"b\", 1) = 1\n7 <... fdatasync resumed>) = 0\n9 write(1<pipe:[1]>, \"did user a\\n\", 11) = 11\n";
        let seen = Ordering { acknowledged: 1, writes: 1, syncs: 1, too_early: 0 };
        assert_eq!(read(good), seen);
        for (bad, with) in [("fdatasync", "sync_file_range"), ("= 0", "= -1 EIO (Input/output error)")] {
            assert_eq!(read(&good.replace(bad, with)).too_early, 1, "{with}");
        }
    }
}
