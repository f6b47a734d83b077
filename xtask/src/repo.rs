//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// The root of the repository: the folder above `xtask/`. What cargo says at the start counts before what it said at
/// compile time: two checkouts that share a target folder share this binary.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    own.parent().unwrap_or(&own).to_path_buf()
}

/// A path below the root, written with `/`.
pub(crate) fn path(relative: &str) -> PathBuf {
    root().join(relative)
}

/// The same path as a person standing at the root would write it.
pub(crate) fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Where cargo puts what it builds for this machine.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => path("target"),
    }
}

/// The folder of the wasm build, apart from `target/` because a second toolchain may write it.
pub(crate) fn wasm_target_dir() -> PathBuf {
    path("target-wasm")
}

/// Every file below `folder` whose name ends in one of `endings`, sorted; build output and dependencies are left out.
pub(crate) fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(folder, endings, &mut found);
    found.sort();
    found
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    const NOT_SOURCES: [&str; 5] = ["node_modules", "dist", "dist.new", "target", "target-wasm"];
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !NOT_SOURCES.contains(&name.as_ref()) {
                collect(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}
