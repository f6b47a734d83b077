//! Where the binary under test is.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Path of the `shelflife` binary: `SHELFLIFE_BIN`, or else the one beside the running test, which is built first.
pub fn binary() -> PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("SHELFLIFE_BIN").map_or_else(built, PathBuf::from)).clone()
}

fn built() -> PathBuf {
    // target/debug/deps/the-test: two up is where cargo puts binaries.
    let test = std::env::current_exe().expect("the path of the running test");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("a test lies in target/PROFILE/deps");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", "shelflife-issuer", "--bin", "shelflife"]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    cargo.arg("--target-dir").arg(profile.parent().expect("target"));
    let status = cargo.stdin(Stdio::null()).status().expect("cargo starts");
    assert!(status.success(), "`cargo build` of the binary under test failed");
    profile.join(format!("shelflife{}", std::env::consts::EXE_SUFFIX))
}
