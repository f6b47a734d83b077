//! Whether anything that goes into the npm package has changed since it was made.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::repo;

const FOLDERS: [&str; 3] = ["token", "verifier-wasm", "xtask/src/wasm"];
const FILES: [&str; 4] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "package-lock.json"];
const ENDINGS: [&str; 7] = [".rs", ".toml", ".ts", ".js", ".mjs", ".json", ".md"];

/// A number that differs whenever a name or a byte of the inputs differs. Contents count, not dates: a checkout gives
/// every file a new date.
pub(super) fn of_inputs() -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    let folders = FOLDERS.iter().flat_map(|folder| repo::files(&repo::path(folder), &ENDINGS));
    for file in folders.chain(FILES.iter().map(|file| repo::path(file)).filter(|file| file.exists())) {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", repo::shown(&file)))?;
        repo::shown(&file).hash(&mut hasher);
        bytes.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// The number of the last complete build.
pub(super) fn last() -> Option<u64> {
    std::fs::read_to_string(place()).ok()?.trim().parse().ok()
}

/// Called when a build starts, so that one that is cut short counts as none.
pub(super) fn forget() {
    let _ = std::fs::remove_file(place());
}

pub(super) fn write(stamp: u64) -> Result<()> {
    std::fs::write(place(), stamp.to_string()).context("cannot note that the wasm build is complete")
}

fn place() -> PathBuf {
    repo::wasm_target_dir().join(".stamp")
}
