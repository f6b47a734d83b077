//! `cargo xtask doctor`: what this machine has, what it lacks, and what helps.

use anyhow::Result;

use crate::process::ask;
use crate::{npm, repo, tools, wasm};

/// One thing that is looked for.
struct Sign {
    name: &'static str,
    /// What was found, or nothing.
    found: Option<String>,
    /// What brings it.
    help: String,
    /// Whether nothing works without it, and no command here installs it.
    vital: bool,
}

/// Prints what there is and what is missing. False when something is that no command here can install.
pub(crate) fn run() -> Result<bool> {
    let signs: Vec<Sign> = [toolchain(), javascript(), made()].into_iter().flatten().collect();
    for sign in &signs {
        match &sign.found {
            Some(found) => println!("ok      {:<26}{found}", sign.name),
            None => {
                println!("{} {:<26}{}", if sign.vital { "MISSING" } else { "absent " }, sign.name, sign.help)
            }
        }
    }
    let missing = signs.iter().filter(|sign| sign.vital && sign.found.is_none()).count();
    println!();
    match missing {
        0 => println!("Nothing is missing that the other commands would not install themselves."),
        _ => println!("{missing} of what only you can install is missing."),
    }
    Ok(missing == 0)
}

fn toolchain() -> Vec<Sign> {
    let debian = wasm::DEBIAN_PACKAGES.join(" ");
    vec![
        sign("rustc", ask("rustc", &["--version"]), "rustup toolchain install", true),
        sign("rustfmt", ask("cargo", &["fmt", "--version"]), "rustup component add rustfmt", false),
        sign("clippy", ask("cargo", &["clippy", "--version"]), "rustup component add clippy", false),
        sign(
            "C compiler (linker)",
            ask("cc", &["--version"]).map(first_line),
            "apt-get install gcc libc6-dev",
            true,
        ),
        sign(
            "wasm target",
            wasm::target_is_installed().then(|| wasm::TARGET.to_owned()),
            &format!("rustup target add {}; otherwise the next one will do", wasm::TARGET),
            false,
        ),
        sign(
            "wasm target from source",
            tools::has_debian(&wasm::DEBIAN_PACKAGES).then(|| debian.clone()),
            &format!("cargo xtask wasm, or: apt-get install --no-install-recommends {debian}"),
            false,
        ),
        sign(
            "rust-lld",
            wasm::rust_lld().map(|path| path.display().to_string()),
            "apt-get install lld",
            false,
        ),
        sign(
            "valgrind",
            tools::valgrind(),
            "cargo xtask test, or: apt-get install --no-install-recommends valgrind",
            false,
        ),
    ]
}

fn javascript() -> Vec<Sign> {
    let node = tools::node_version().filter(|major| *major >= 20).and_then(|_| ask("node", &["--version"]));
    let packages = match npm::state() {
        npm::State::Current => Some("as in package-lock.json".to_owned()),
        npm::State::Differs | npm::State::Unlocked => None,
    };
    vec![
        sign("node, 20 or newer", node, "install Node 20 or newer", true),
        sign("npm", ask("npm", &["--version"]), "install npm", true),
        sign("npm packages", packages, "npm ci", false),
        sign(
            "wasm-opt",
            npm::binary("wasm-opt", "binaryen").ok().map(|path| repo::shown(&path)),
            "npm ci",
            false,
        ),
        sign(
            "chromium",
            tools::chromium().map(|path| path.display().to_string()),
            "cargo xtask test, or: apt-get install --no-install-recommends chromium",
            false,
        ),
    ]
}

fn made() -> Vec<Sign> {
    let made = |path: std::path::PathBuf| path.exists().then(|| repo::shown(&path));
    vec![
        sign(
            "verifier package",
            made(repo::path("verifier-wasm/js/dist/package.json")),
            "cargo xtask wasm",
            false,
        ),
        sign("issuer", made(repo::target_dir().join("release/shelflife")), "cargo build --release", false),
    ]
}

fn sign(name: &'static str, found: Option<String>, help: &str, vital: bool) -> Sign {
    Sign { name, found, help: help.to_owned(), vital }
}

fn first_line(text: String) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
