//! The npm side of the repository: one lock file at the root, workspaces below it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{command, run, say};
use crate::{repo, tools};

/// Installs the npm packages when they are absent or not those of the lock file.
pub(crate) fn ensure() -> Result<()> {
    tools::ensure_node()?;
    match state() {
        State::Current => return Ok(()),
        State::Differs => from_lock_file()?,
        State::Unlocked if repo::path("package-lock.json").exists() => {
            bail!("package-lock.json is not JSON: restore it, or remove it and run `npm install`")
        }
        State::Unlocked => {
            say!("there is no package-lock.json yet: npm makes one");
            install(&["install"])?;
        }
    }
    match state() {
        State::Current => Ok(()),
        _ => bail!(
            "package-lock.json does not fit what package.json asks for: run `npm install` and commit the lock file"
        ),
    }
}

/// `npm ci` wants a lock file that names every optional package of every other system, and a registry that is a mirror
/// may not have them all. What `npm install --no-save` takes is the same, by version and hash, without that demand.
fn from_lock_file() -> Result<()> {
    say!("npm ci");
    let ci = command("npm").args(["ci", "--no-audit", "--no-fund"]).output().context("cannot start `npm`")?;
    if ci.status.success() {
        return Ok(());
    }
    for line in
        String::from_utf8_lossy(&ci.stderr).lines().filter(|line| line.starts_with("npm error")).take(4)
    {
        say!("{line}");
    }
    install(&["install", "--no-save"])
}

fn install(how: &[&str]) -> Result<()> {
    run(command("npm").args(how).args(["--no-audit", "--no-fund"]))
        .context("the npm packages could not be installed")
}

/// A program that an npm package brought.
pub(crate) fn binary(name: &str, package: &str) -> Result<PathBuf> {
    let path = repo::path("node_modules/.bin").join(name);
    if !path.exists() {
        bail!("node_modules/.bin/{name} is absent: no workspace lists the npm package `{package}`");
    }
    Ok(path)
}

/// Runs a script of a workspace's package.json, if it has one of that name.
pub(crate) fn run_script_if_present(workspace: &str, script: &str) -> Result<()> {
    let manifest = read_json(&repo::path(workspace).join("package.json"));
    if manifest.as_ref().and_then(|it| it.pointer(&format!("/scripts/{script}"))).is_none() {
        return Ok(());
    }
    let workspace = format!("./{workspace}");
    run(command("npm").args(["run", "--silent", script, "-w", &workspace]))
}

/// The folders named as workspaces in the root manifest.
pub(crate) fn workspaces() -> Vec<String> {
    let names = read_json(&repo::path("package.json")).and_then(|it| it.get("workspaces").cloned());
    let names = names.as_ref().and_then(Value::as_array).cloned().unwrap_or_default();
    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// How what is installed compares with the lock file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    Current,
    Differs,
    Unlocked,
}

/// npm writes down what it installed in `node_modules/.package-lock.json`. Contents are compared, not dates: a checkout
/// gives every file a new date.
pub(crate) fn state() -> State {
    let Some(wanted) = read_json(&repo::path("package-lock.json")) else {
        return State::Unlocked;
    };
    let installed = read_json(&repo::path("node_modules/.package-lock.json"));
    match installed {
        Some(installed) if same_packages(&wanted, &installed) => State::Current,
        _ => State::Differs,
    }
}

fn same_packages(wanted: &Value, installed: &Value) -> bool {
    let (Some(wanted), Some(installed)) = (packages(wanted), packages(installed)) else {
        return false;
    };
    let all_there = wanted.iter().filter(|(name, _)| !name.is_empty()).all(|(name, package)| {
        match installed.get(name) {
            Some(present) => present.get("version") == package.get("version"),
            // What is built for other systems is in the lock file and rightly not here.
            None => package.get("optional") == Some(&Value::Bool(true)) || package.get("peer").is_some(),
        }
    });
    all_there && installed.keys().all(|name| wanted.contains_key(name))
}

fn packages(lock: &Value) -> Option<&serde_json::Map<String, Value>> {
    lock.get("packages")?.as_object()
}

fn read_json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_package_for_another_system_is_not_missed_but_any_other_is() {
        let wanted = json!({"packages": {"": {}, "node_modules/a": {"version": "1.0.0"},
            "node_modules/b-darwin": {"version": "1.0.0", "optional": true}}});
        let here = json!({"packages": {"node_modules/a": {"version": "1.0.0"}}});
        assert!(same_packages(&wanted, &here));
        assert!(!same_packages(&wanted, &json!({"packages": {}})));
    }

    #[test]
    fn another_version_or_a_package_too_many_counts_as_different() {
        let wanted = json!({"packages": {"node_modules/a": {"version": "1.0.0"}}});
        assert!(!same_packages(&wanted, &json!({"packages": {"node_modules/a": {"version": "1.0.1"}}})));
        let more = json!({"packages": {"node_modules/a": {"version": "1.0.0"}, "node_modules/b": {"version": "1.0.0"}}});
        assert!(!same_packages(&wanted, &more));
    }
}
