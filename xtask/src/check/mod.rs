//! `cargo xtask check`: everything that can be told without running the product.

mod arrows;
mod crates;
mod modules;
mod source;
mod tools;

use anyhow::Result;

use crate::codes;
use crate::process::say;

/// A check by name. Tools print what they find themselves; ours give it back.
type Check = (&'static str, fn() -> Result<Vec<Finding>>);

const CHECKS: [Check; 10] = [
    ("rustfmt", tools::rustfmt),
    ("crate arrows", crates::arrows),
    ("wasm tree", crates::wasm_tree),
    ("module arrows", modules::arrows),
    ("pure token", modules::pure_token),
    ("clippy", tools::clippy),
    ("rustdoc", tools::rustdoc),
    ("codes", codes::check),
    ("tsc", tools::tsc),
    ("biome", tools::biome),
];

/// Where a rule is broken, and which.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) place: String,
    pub(crate) rule: String,
}

impl Finding {
    pub(crate) fn new(place: impl Into<String>, rule: impl Into<String>) -> Finding {
        Finding { place: place.into(), rule: rule.into() }
    }
}

/// Runs all checks, also after one has failed, and sums up. True when none did.
pub(crate) fn run() -> Result<bool> {
    let mut broken = Vec::new();
    for (name, check) in CHECKS {
        say!("check: {name}");
        let fine = match check() {
            Ok(findings) => {
                for Finding { place, rule } in &findings {
                    println!("{place}: {rule}");
                }
                findings.is_empty()
            }
            Err(error) => {
                println!("{name}: {error:#}");
                false
            }
        };
        if !fine {
            broken.push(name);
        }
    }
    summary(&broken);
    Ok(broken.is_empty())
}

fn summary(broken: &[&str]) {
    println!();
    for (name, _) in CHECKS {
        println!("{:<6}{name}", if broken.contains(&name) { "FAIL" } else { "ok" });
    }
    println!("\n{} checks, {} failed", CHECKS.len(), broken.len());
}
