//! The vectors in `tests/vectors`: one fault a file, and what every verifier must say about it. `cargo xtask vectors`
//! writes them.
//!
//! What is expected is written by hand beside each fault; nothing here asks a verifier. Keys and dates are fixed and no
//! randomness is used, so the files come out the same everywhere.

mod claims;
mod form;
mod good;
mod header;
mod keysets;
mod policy;
mod revocations;
mod signature;
mod speccheck;
mod writing;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Result;
use std::path::{Path, PathBuf};

/// Every generated file by its path below `tests/vectors`.
pub fn files() -> BTreeMap<String, String> {
    let parts = [
        good::vectors(),
        form::vectors(),
        header::vectors(),
        signature::vectors(),
        claims::vectors(),
        claims::numbers(),
        policy::vectors(),
        revocations::vectors(),
        keysets::vectors(),
    ];
    let mut files: BTreeMap<String, String> =
        parts.iter().flatten().map(|vector| (vector.path(), vector.json())).collect();
    files.insert("ed25519/speccheck.json".into(), speccheck::speccheck());
    files
}

/// What stands in a folder of generated files and is not generated: published facts.
const BY_HAND: [&str; 2] = ["ed25519/rfc.json", "ed25519/speccheck-published.json"];

/// Files that are not what they should be, each with what it should be: `None` for one that should not be there, as the
/// old file of a vector that was renamed, which nothing would look at any more.
///
/// # Errors
/// When a folder that is there cannot be read.
pub fn differences() -> Result<Vec<(PathBuf, Option<String>)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let wanted = files();
    let folders: BTreeSet<PathBuf> =
        wanted.keys().filter_map(|path| root.join(path).parent().map(Path::to_owned)).collect();
    let mut surplus = BTreeSet::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(folder)? {
            surplus.insert(entry?.path());
        }
    }
    for published in BY_HAND {
        surplus.remove(&root.join(published));
    }
    let mut found = Vec::new();
    for (path, text) in wanted {
        let path = root.join(path);
        surplus.remove(&path);
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            found.push((path, Some(text)));
        }
    }
    found.extend(surplus.into_iter().map(|path| (path, None)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_files_are_what_the_generator_writes() {
        let differences = super::differences().unwrap();
        let paths: Vec<_> = differences.iter().map(|(path, _)| path).collect();
        assert!(paths.is_empty(), "run `cargo xtask vectors`: {paths:#?}");
    }
}
