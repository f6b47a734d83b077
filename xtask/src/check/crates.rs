//! Which crate depends on which, as cargo sees it.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use super::arrows::{CRATES, NOT_IN_WASM};
use crate::process::{cargo, output};
use crate::{repo, wasm};

/// Between the crates of the workspace: only the arrows of the table.
pub(super) fn arrows() -> Result<Vec<Finding>> {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    Ok(broken(list(&metadata, "packages")))
}

fn broken(packages: &[Value]) -> Vec<Finding> {
    let members: Vec<&str> = packages.iter().map(|package| text(package, "name")).collect();
    let mut findings = Vec::new();
    for package in packages {
        let name = text(package, "name");
        for dependency in list(package, "dependencies").iter().map(|it| text(it, "name")) {
            if members.contains(&dependency) && !allowed(name, dependency) {
                let manifest = text(package, "manifest_path");
                findings.push(Finding::new(
                    place(manifest, dependency),
                    format!("{name} must not depend on {dependency}"),
                ));
            }
        }
    }
    findings
}

fn allowed(name: &str, dependency: &str) -> bool {
    let known = CRATES.iter().any(|(member, _)| *member == dependency);
    match CRATES.iter().find(|(member, _)| *member == name) {
        Some((_, arrows)) => arrows.contains(&dependency),
        None => known,
    }
}

/// `manifest:line` of the line that names the dependency.
fn place(manifest: &str, dependency: &str) -> String {
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    let line = text.lines().position(|line| line.trim_start().starts_with(dependency)).unwrap_or(0);
    format!("{}:{}", repo::shown(manifest.as_ref()), line + 1)
}

/// What the wasm module is made of, on its own target.
pub(super) fn wasm_tree() -> Result<Vec<Finding>> {
    let tree = output(cargo().args([
        "tree",
        "--package",
        "shelflife-verifier-wasm",
        "--target",
        wasm::TARGET,
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]))?;
    let mut found: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    found.sort_unstable();
    found.dedup();
    let rule = |name: &str| {
        Finding::new("verifier-wasm/Cargo.toml:1", format!("the wasm build must not contain {name}"))
    };
    Ok(found.into_iter().filter(|name| NOT_IN_WASM.contains(name)).map(rule).collect())
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_runs_only_the_way_the_table_says() {
        assert!(allowed("shelflife-issuer", "shelflife-token"));
        assert!(allowed("shelflife-tests", "shelflife-token"));
        assert!(!allowed("shelflife-token", "shelflife-issuer"));
        assert!(!allowed("shelflife-verifier-wasm", "shelflife-issuer"));
        assert!(!allowed("shelflife-issuer", "shelflife-tests"));
        assert!(!allowed("xtask", "shelflife-tests"));
    }
}
