//! `cargo xtask wasm`: from the Rust sources to the npm package in `verifier-wasm/js/dist`.
//!
//! cargo -> wasm-bindgen -> wasm-opt -> `verifier-wasm/js/build.mjs`.

mod bindgen;
mod stamp;
mod target;

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::process::{command, run, say};
use crate::{npm, repo, tools};
use bindgen::Names;
pub(crate) use target::{DEBIAN_PACKAGES, Std, TARGET, rust_lld, target_is_installed};

/// The name wasm-bindgen gives its output, and `build.mjs` reads.
const OUTPUT: &str = "shelflife_verifier_wasm";
const PACKAGE: &str = "shelflife-verifier-wasm";
const DIST: &str = "verifier-wasm/js/dist";

/// Builds the npm package, unless nothing has changed since the last time; with `force`, in any case.
pub(crate) fn build(std: Std, force: bool) -> Result<()> {
    npm::ensure()?;
    let _only_one_at_a_time = lock()?;
    let now = stamp::of_inputs()?;
    if !force && stamp::last() == Some(now) && repo::path(DIST).is_dir() {
        say!("{DIST} is up to date");
        return Ok(());
    }
    stamp::forget();
    let folder = repo::wasm_target_dir().join("bindgen");
    compile(std, PACKAGE, &folder, OUTPUT)?;
    package(&folder)?;
    stamp::write(now)
}

/// Builds the module of another package in the same way, with its JavaScript, and gives the folder of both.
pub(crate) fn module(package: &str, name: &str) -> Result<PathBuf> {
    let _only_one_at_a_time = lock()?;
    let folder = repo::wasm_target_dir().join(name);
    compile(Std::Auto, package, &folder, name)?;
    Ok(folder)
}

/// The module that is shipped, but with the names of its functions.
pub(crate) fn named() -> Result<PathBuf> {
    npm::ensure()?;
    let _only_one_at_a_time = lock()?;
    let folder = repo::wasm_target_dir().join("named");
    let module = target::compile(Std::Auto, PACKAGE)?;
    bindgen::generate(&module, &folder, OUTPUT, Names::Kept)?;
    let module = folder.join(format!("{OUTPUT}_bg.wasm"));
    optimise(&module, Names::Kept)?;
    Ok(module)
}

fn compile(std: Std, package: &str, folder: &Path, name: &str) -> Result<()> {
    let module = target::compile(std, package)?;
    bindgen::generate(&module, folder, name, Names::Stripped)?;
    optimise(&folder.join(format!("{name}_bg.wasm")), Names::Stripped)
}

/// Builds it and prints how large its files are.
pub(crate) fn build_and_measure(std: Std, force: bool) -> Result<()> {
    build(std, force)?;
    println!("{:<36}{:>12}{:>14}", DIST, "bytes", "gzip -9");
    for file in repo::files(&repo::path(DIST), &[".wasm", ".js"]) {
        let (raw, zipped) = tools::sizes(&file)?;
        let name = file.strip_prefix(repo::path(DIST)).unwrap_or(&file).display().to_string();
        println!("  {name:<34}{raw:>12}{zipped:>14}");
    }
    Ok(())
}

/// Two builds at once would write into each other's folder.
fn lock() -> Result<File> {
    let folder = repo::wasm_target_dir();
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", repo::shown(&folder)))?;
    let file = File::create(folder.join(".lock"))?;
    if file.try_lock().is_err() {
        say!("waiting for another wasm build to end");
        file.lock()?;
    }
    Ok(file)
}

/// What every runtime of the last years understands. Nothing newer may appear in the module.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Sections that only tools read.
const STRIPPED: [&str; 3] = ["--strip-debug", "--strip-producers", "--strip-target-features"];

/// The module is optimised in place. `-Os` keeps it small; the curve's hot loops are already unrolled by rustc.
fn optimise(module: &Path, names: Names) -> Result<()> {
    let wasm_opt = npm::binary("wasm-opt", "binaryen")?;
    let smaller = module.with_extension("opt.wasm");
    let sections: &[&str] = match names {
        Names::Stripped => &STRIPPED,
        Names::Kept => &["--debuginfo"],
    };
    run(command(wasm_opt).arg("-Os").args(FEATURES).args(sections).arg(module).arg("-o").arg(&smaller))?;
    std::fs::rename(&smaller, module).context("cannot replace the module by the optimised one")
}

fn package(bindgen_folder: &Path) -> Result<()> {
    let script = repo::path("verifier-wasm/js/build.mjs");
    if !script.is_file() {
        bail!(
            "{} is absent: it makes the npm package from {}",
            repo::shown(&script),
            repo::shown(bindgen_folder)
        );
    }
    run(command("node").arg(script).env("SHELFLIFE_BINDGEN_DIR", bindgen_folder))
}
