//! Files of the data folder are for their owner alone, under any umask.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use shelflife_tests::{Server, binary};

/// Everything beneath the folder that group or others have any right to.
fn open_to_others(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mode = path.metadata().unwrap().permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            found.push(format!("{} {mode:o}", path.display()));
        }
        if path.is_dir() {
            found.extend(open_to_others(&path));
        }
    }
    found
}

/// Runs the server under a umask of 0, by way of a shell, until it is ready and has done something.
fn serve_with_open_umask(data: &Path, engine: &str) {
    let mut sh = Command::new("sh");
    sh.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(binary());
    sh.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--store", engine, "--data"]).arg(data);
    let mut child = sh.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on"), "{line}");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}

#[test]
fn nothing_is_readable_by_others_whatever_the_umask() {
    for engine in ["sled", "redb"] {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        serve_with_open_umask(&data, engine);
        assert_eq!(open_to_others(folder.path()), Vec::<String>::new(), "{engine}");
        assert!(data.join(engine).is_dir() && data.join("lock").is_file() && data.join("commits").is_file());
    }
}

#[test]
fn what_was_readable_by_others_is_not_any_more_once_the_folder_was_opened() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Server::at(&data, &[]));
    let mut chmod = Command::new("chmod");
    let open = chmod
        .args(["-R", "go+rX"])
        .args(["sled", "journal", "lock", "commits", "store.json"].map(|name| data.join(name)));
    let mut open = open.stdout(Stdio::null()).spawn().unwrap();
    assert!(open.wait().unwrap().success());
    assert!(open_to_others(&data).len() > 4);
    drop(Server::at(&data, &[]));
    assert_eq!(open_to_others(&data), Vec::<String>::new());
}
