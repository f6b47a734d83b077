//! Formatters, linters and type checkers. They print what they find, with file and line, themselves.

use anyhow::Result;

use super::Finding;
use crate::process::{cargo, command, run, say};
use crate::{npm, repo, wasm};

pub(super) fn rustfmt() -> Result<Vec<Finding>> {
    run(cargo().args(["fmt", "--all", "--check"])).map(|()| Vec::new())
}

/// The lints of the workspace, among them those against panics, in every target of every package.
pub(super) fn clippy() -> Result<Vec<Finding>> {
    let mut clippy = cargo();
    clippy.args(["clippy", "--quiet", "--workspace", "--all-targets", "--features", "xtask/codes"]);
    run(clippy.args(["--", "-D", "warnings"])).map(|()| Vec::new())
}

pub(super) fn rustdoc() -> Result<Vec<Finding>> {
    let mut rustdoc = cargo();
    rustdoc.args(["doc", "--quiet", "--workspace", "--no-deps", "--document-private-items"]);
    run(rustdoc.env("RUSTDOCFLAGS", "-D warnings")).map(|()| Vec::new())
}

/// Each workspace by its own tsconfigs. They import the verifier package, so it has to be there.
pub(super) fn tsc() -> Result<Vec<Finding>> {
    wasm::build(wasm::Std::Auto, false)?;
    let tsc = npm::binary("tsc", "typescript")?;
    let mut failed = Vec::new();
    for workspace in npm::workspaces() {
        let configs = repo::files(&repo::path(&workspace), &["tsconfig.json"]);
        if configs.is_empty() {
            say!("{workspace} has no tsconfig.json: nothing to check there");
        }
        for config in configs {
            if let Err(error) = run(command(&tsc).args(["--noEmit", "--pretty", "false", "-p"]).arg(&config))
            {
                failed.push(Finding::new(repo::shown(&config), format!("{error:#}")));
            }
        }
    }
    Ok(failed)
}

pub(super) fn biome() -> Result<Vec<Finding>> {
    if !repo::path("biome.json").is_file() {
        say!("there is no biome.json: nothing to check");
        return Ok(Vec::new());
    }
    npm::ensure()?;
    let biome = npm::binary("biome", "@biomejs/biome")?;
    run(command(biome).args(["ci", "--colors=off", "."])).map(|()| Vec::new())
}
