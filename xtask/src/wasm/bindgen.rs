//! wasm-bindgen, as a library: the module cargo made becomes a module and its JavaScript.

use std::path::Path;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::repo;

/// Whether the module says what its functions are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// For shipping.
    Stripped,
    /// For looking at.
    Kept,
}

/// Writes `{name}.js`, `{name}.d.ts` and `{name}_bg.wasm` into `folder`, for `--target web` and without a
/// `new URL("...wasm")`: the entries of the npm package bring the module themselves.
pub(super) fn generate(module: &Path, folder: &Path, name: &str, names: Names) -> Result<()> {
    same_versions(&std::fs::read_to_string(repo::path("Cargo.lock")).context("cannot read Cargo.lock")?)?;
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", repo::shown(folder)))?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(true).omit_default_module_path(true);
    bindgen.remove_name_section(names == Names::Stripped).remove_producers_section(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(folder))
        .with_context(|| format!("wasm-bindgen cannot read {}", repo::shown(module)))
}

/// The two halves of wasm-bindgen talk in a format that changes with every release.
fn same_versions(lock: &str) -> Result<()> {
    let used = locked(lock, "wasm-bindgen");
    let ours = locked(lock, "wasm-bindgen-cli-support");
    if used != ours {
        bail!(
            "wasm-bindgen is {} but wasm-bindgen-cli-support is {}: give both the same version \
             (verifier-wasm/Cargo.toml and xtask/Cargo.toml)",
            used.unwrap_or("absent"),
            ours.unwrap_or("absent"),
        );
    }
    Ok(())
}

/// The version of a package in the text of a Cargo.lock.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    after.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_versions_of_wasm_bindgen_are_an_error_that_names_both() {
        let lock = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.131\"\n\n\
                    [[package]]\nname = \"wasm-bindgen-cli-support\"\nversion = \"0.2.130\"\n";
        let error = same_versions(lock).unwrap_err().to_string();
        assert!(error.contains("0.2.131") && error.contains("0.2.130"), "{error}");
        assert!(same_versions(&lock.replace("131", "130")).is_ok());
    }
}
