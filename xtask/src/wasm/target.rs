//! Compiling for wasm32 on a machine that may lack the target. What is here already is used before anything is fetched:
//! the target in the toolchain, a compiler that can build the standard library, rustup, that compiler's packages.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::process::{ask, cargo, command, forget_own_package, output, run, say};
use crate::{repo, tools};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler with the sources of its standard library, where rustup cannot bring the target.
pub(crate) const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Where the standard library for wasm comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Std {
    /// Whatever is here; else the target by rustup, else from source
    Auto,
    /// The target must be installed already
    Installed,
    /// Built from source by Debian's compiler
    Source,
}

/// Compiles `package` and gives the path of its module.
pub(super) fn compile(std: Std, package: &str) -> Result<PathBuf> {
    match std {
        Std::Installed if !target_is_installed() => {
            bail!("{TARGET} is not installed: rustup target add {TARGET}")
        }
        Std::Installed => with_target(package)?,
        Std::Source => from_source(package)?,
        Std::Auto if target_is_installed() || added_by_rustup() => with_target(package)?,
        Std::Auto => from_source(package)?,
    }
    let folder = repo::wasm_target_dir().join(TARGET).join("wasm");
    let module = folder.join(format!("{}.wasm", package.replace('-', "_")));
    if !module.is_file() {
        bail!("cargo made no {}: is the crate type of {package} `cdylib`?", repo::shown(&module));
    }
    Ok(module)
}

/// Whether the toolchain in use brings the target.
pub(crate) fn target_is_installed() -> bool {
    sysroot().is_some_and(|sysroot| sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir())
}

/// rustup fails at once without network, so it is simply asked.
fn added_by_rustup() -> bool {
    if ask("rustup", &["--version"]).is_none() {
        return false;
    }
    say!("{TARGET} is not installed: trying rustup");
    match run(command("rustup").args(["target", "add", TARGET])) {
        Ok(()) => target_is_installed(),
        Err(error) => {
            say!("{error:#}");
            false
        }
    }
}

fn with_target(package: &str) -> Result<()> {
    let mut cargo = cargo();
    build_arguments(&mut cargo, package);
    run(&mut cargo)
}

fn from_source(package: &str) -> Result<()> {
    if !tools::has_debian(&DEBIAN_PACKAGES) {
        let why =
            format!("{TARGET} is not to be had from rustup, so its standard library is built from source");
        tools::install_debian(&DEBIAN_PACKAGES, &why)?;
    }
    let mut cargo = command("/usr/bin/cargo");
    forget_rustup(&mut cargo);
    forget_own_package(&mut cargo);
    build_arguments(&mut cargo, package);
    cargo
        .arg("-Zbuild-std=std,panic_abort")
        // Building the standard library is a nightly feature of cargo. The compiler is pinned by its package, and the
        // result is tested like any other.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTC", "/usr/bin/rustc")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
    run(&mut cargo)
}

fn build_arguments(cargo: &mut Command, package: &str) {
    cargo.args(["build", "--package", package, "--profile", "wasm", "--target", TARGET]);
    cargo.arg("--target-dir").arg(repo::wasm_target_dir());
}

/// rustup's cargo leaves its toolchain in the environment; another toolchain must not see it.
fn forget_rustup(cargo: &mut Command) {
    const LEFT_BEHIND: [&str; 9] = [
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_TOOLCHAIN_SOURCE",
        "RUST_RECURSION_COUNT",
        "CARGO",
        "RUSTC",
        "RUSTDOC",
        "LD_LIBRARY_PATH",
        "DYLD_FALLBACK_LIBRARY_PATH",
        "CARGO_TARGET_DIR",
    ];
    for name in LEFT_BEHIND {
        cargo.env_remove(name);
    }
}

/// A linker for wasm: the one in rustup's toolchain, or LLVM's own.
fn linker() -> Result<PathBuf> {
    rust_lld().or_else(|| which("wasm-ld")).context(
        "no linker for wasm: neither rust-lld in the toolchain nor wasm-ld (Debian's package lld) is there",
    )
}

pub(crate) fn rust_lld() -> Option<PathBuf> {
    let host = output(command("rustc").arg("-vV")).ok()?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: "))?;
    let path = sysroot()?.join("lib/rustlib").join(host).join("bin/rust-lld");
    path.is_file().then_some(path)
}

fn sysroot() -> Option<PathBuf> {
    ask("rustc", &["--print", "sysroot"]).map(PathBuf::from)
}

fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder: PathBuf| folder.join(program))
        .find(|path: &PathBuf| Path::is_file(path))
}
