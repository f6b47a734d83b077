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
    build("shelflife-issuer", "shelflife", profile().ends_with("release"))
}

/// Builds a program of the workspace where the running test was built, as it would be shipped (`release`) or for tests, and
/// gives its path.
pub fn build(package: &str, program: &str, release: bool) -> PathBuf {
    let profile = profile();
    let target = profile.parent().expect("target");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--package", package, "--bin", program]);
    cargo.args(release.then_some("--release")).arg("--target-dir").arg(target);
    let status = cargo.stdin(Stdio::null()).status().expect("cargo starts");
    assert!(status.success(), "`cargo build` of {program} failed");
    target
        .join(if release { "release" } else { "debug" })
        .join(format!("{program}{}", std::env::consts::EXE_SUFFIX))
}

/// The folder of the profile of the running test, in the target folder.
fn profile() -> PathBuf {
    // target/debug/deps/the-test: two up is where cargo puts binaries.
    let test = std::env::current_exe().expect("the path of the running test");
    test.parent().and_then(|deps| deps.parent()).expect("a test lies in target/PROFILE/deps").to_owned()
}
