//! `cargo xtask size`: what weighs what in the npm package, and whether that is what was promised.

mod module;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process::{command, output};
use crate::{repo, tools, wasm};

/// What is promised of each way to load the package, gzip -9: the files that travel, and KiB at most.
const PROMISES: [(&str, &[&str], f64); 5] = [
    ("wasm", &["verifier.wasm"], 48.0),
    ("workerd", &["workerd.js", "verifier.wasm"], 56.0),
    ("edge-light", &["edge-light.js", "verifier.wasm"], 56.0),
    ("browser", &["browser.js"], 56.0),
    // Base64 of bytes as they are compresses badly, by some 15 KiB. It is what every runtime reads with no import and in the
    // least time, and this entry never travels to a page.
    ("default (Node, Deno, Bun)", &["index.js"], 72.0),
];
const DIST: &str = "verifier-wasm/js/dist";
const KIB: f64 = 1024.0;

/// Builds the package, prints what it weighs and why, and gives whether it is light enough.
pub(crate) fn run() -> Result<bool> {
    wasm::build(wasm::Std::Auto, false)?;
    let fine = promises()?;
    println!();
    module::print(&wasm::named()?)?;
    Ok(fine)
}

/// Prints what every entry weighs and gives whether it is light enough. The package must have been built.
pub(crate) fn promises() -> Result<bool> {
    println!("{:<28}{:>10}{:>12}{:>12}{:>12}", "entry", "bytes", "gzip -9", "brotli", "at most");
    let mut fine = true;
    for (name, files, most) in PROMISES {
        let (raw, zipped) = weight(files)?;
        let brotli: u64 = files.iter().map(|file| brotli(file)).sum::<Result<_>>()?;
        let kib = |bytes: u64| format!("{:.1} KiB", bytes as f64 / KIB);
        let verdict = if zipped as f64 / KIB > most { "TOO HEAVY" } else { "" };
        fine &= verdict.is_empty();
        println!(
            "{name:<28}{raw:>10}{:>12}{:>12}{:>12}  {verdict}",
            kib(zipped),
            kib(brotli),
            format!("{most} KiB")
        );
    }
    Ok(fine)
}

/// Bytes as they are and after `gzip -9`, of several files together.
fn weight(files: &[&str]) -> Result<(u64, u64)> {
    files.iter().try_fold((0, 0), |(raw, zipped), file| {
        let (more, more_zipped) = tools::sizes(&path(file))?;
        Ok((raw + more, zipped + more_zipped))
    })
}

/// Bytes after brotli at its best. Node brings it.
fn brotli(file: &str) -> Result<u64> {
    let script = "const { readFileSync } = require('fs'); const { brotliCompressSync } = require('zlib'); \
                  console.log(brotliCompressSync(readFileSync(process.argv[1])).length)";
    let printed = output(command("node").args(["-e", script]).arg(path(file)))?;
    printed.trim().parse().with_context(|| format!("node did not say how long {file} is compressed"))
}

fn path(file: &str) -> PathBuf {
    repo::path(DIST).join(file)
}
