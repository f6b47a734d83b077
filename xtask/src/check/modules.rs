//! Which module names which: read from the sources, because inside a crate the compiler allows every arrow.

use std::path::Path;

use anyhow::{Context, Result};

use super::arrows::{CLOCK_IN_TOKEN, ISSUER, Layer, NOT_IN_TOKEN};
use super::{Finding, source};
use crate::repo;

/// Inside the issuer: no layer names one above it.
pub(super) fn arrows() -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for layer in &ISSUER {
        let folder = repo::path("issuer/src").join(layer.name);
        let file = folder.with_extension("rs");
        let mut files = repo::files(&folder, &[".rs"]);
        files.extend(file.is_file().then_some(file));
        for file in files {
            let within = file.strip_prefix(repo::path("issuer/src")).unwrap_or(&file);
            findings.extend(in_layer(layer, &depth_one(within), &file)?);
        }
    }
    Ok(findings)
}

/// The token crate knows no clock, no files, no network and no chance.
pub(super) fn pure_token() -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in repo::files(&repo::path("token/src"), &[".rs"]) {
        for named in source::paths(&read(&file)?) {
            let forbidden = NOT_IN_TOKEN.iter().find(|it| names(&named.path, it));
            let clock = names(&named.path, "std::time") || names(&named.path, "SystemTime");
            if clock && repo::shown(&file) == CLOCK_IN_TOKEN {
                continue;
            }
            if let Some(forbidden) = forbidden {
                let rule = format!("the token crate must not name `{forbidden}`");
                findings.push(Finding::new(format!("{}:{}", repo::shown(&file), named.line), rule));
            }
        }
    }
    Ok(findings)
}

fn in_layer(layer: &Layer, module: &[String], file: &Path) -> Result<Vec<Finding>> {
    let findings = source::paths(&read(file)?).into_iter().filter_map(|named| {
        let broken = broken(layer, module, &named.path)?;
        let rule = format!("{} must not name `{broken}`", layer.name);
        Some(Finding::new(format!("{}:{}", repo::shown(file), named.line), rule))
    });
    Ok(findings.collect())
}

/// The forbidden thing this path names, if any.
fn broken(layer: &Layer, module: &[String], path: &str) -> Option<String> {
    if let Some(target) = own_layer(module, path)
        && layer.layers.contains(&target)
    {
        return Some(format!("crate::{target}"));
    }
    layer.paths.iter().find(|it| names(path, it)).map(|it| (*it).to_owned())
}

/// The first module below the crate's root that `path`, written in `module`, leads to; none for paths of other crates.
fn own_layer<'a>(module: &[String], path: &'a str) -> Option<&'a str> {
    let mut segments = path.split("::").peekable();
    if segments.next_if_eq(&"crate").is_some() || segments.next_if_eq(&"shelflife_issuer").is_some() {
        return segments.next();
    }
    let mut ups = 0;
    while segments.next_if_eq(&"super").is_some() {
        ups += 1;
    }
    if ups > 0 && ups >= module.len() { segments.next() } else { None }
}

/// Whether `path` is `forbidden` or something below it, however it begins; a lone word also matches inside a path.
fn names(path: &str, forbidden: &str) -> bool {
    let path: Vec<&str> = path.split("::").collect();
    let forbidden: Vec<&str> = forbidden.split("::").collect();
    match forbidden.as_slice() {
        [word] if word.starts_with(char::is_uppercase) => path.contains(word),
        // A crate is only named at the start of a longer path: `rand` alone may be a variable.
        [name] => path.len() > 1 && path.first() == Some(name),
        longer => path.starts_with(longer),
    }
}

/// The module a file is, as names below the crate's root: `domain/exchange.rs` is `domain::exchange`.
fn depth_one(file: &Path) -> Vec<String> {
    let file = file.with_extension("");
    let mut names: Vec<String> = file.iter().map(|it| it.to_string_lossy().into_owned()).collect();
    names.pop_if(|last| last == "mod");
    names
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", repo::shown(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAIN: Layer =
        Layer { name: "domain", layers: &["http"], paths: &["axum", "SystemTime", "tokio::net"] };

    fn module() -> Vec<String> {
        depth_one(Path::new("domain/exchange.rs"))
    }

    #[test]
    fn an_arrow_upwards_is_found_however_it_is_written() {
        for path in ["crate::http::Error", "super::super::http", "axum::Router", "std::time::SystemTime::now"]
        {
            assert!(broken(&DOMAIN, &module(), path).is_some(), "{path}");
        }
        assert!(broken(&DOMAIN, &module(), "tokio::net::TcpStream").is_some());
    }

    #[test]
    fn arrows_downwards_and_names_that_only_look_alike_are_fine() {
        for path in ["crate::store::Row", "super::http", "http", "axum", "tokio::sync::Mutex", "my::http"] {
            assert_eq!(broken(&DOMAIN, &module(), path), None, "{path}");
        }
    }
}
