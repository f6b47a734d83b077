//! Building the parts that run: the issuer's binary, the verifier package, the gate and the demo page.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::process::{cargo, run};
use crate::{npm, repo, wasm};

/// Builds the release binary and gives its path.
pub(crate) fn issuer() -> Result<PathBuf> {
    run(cargo().args(["build", "--release", "--package", "shelflife-issuer", "--bin", "shelflife"]))?;
    let binary =
        repo::target_dir().join("release").join(format!("shelflife{}", std::env::consts::EXE_SUFFIX));
    if !binary.is_file() {
        bail!("cargo built no {}", binary.display());
    }
    Ok(binary)
}

/// Builds what runs as JavaScript, in the order in which one needs the other.
pub(crate) fn web() -> Result<()> {
    wasm::build(wasm::Std::Auto, false)?;
    for workspace in ["edge-worker", "web-demo"] {
        npm::run_script_if_present(workspace, "build")?;
    }
    Ok(())
}
