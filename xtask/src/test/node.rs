//! `node --test`, with its results counted from TAP.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use super::{Counts, Failure};
use crate::process::{command, say};
use crate::repo;

/// Runs every test file below these folders; true when Node was content.
pub(super) fn run(folders: &[&str], environment: &[(&str, PathBuf)]) -> Result<(Counts, bool)> {
    let files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| repo::files(&repo::path(folder), &[".test.mjs", ".test.js"]))
        .collect();
    if files.is_empty() {
        // `node --test` without files would look for some by itself.
        return Ok((Counts::default(), true));
    }
    let report = tempfile::NamedTempFile::new().context("cannot make a temporary file")?;
    let mut node = command("node");
    // Counted for each test and for each file: only what hangs takes that long, on however slow a machine.
    node.args(["--test", "--test-concurrency=1", "--test-timeout=600000"])
        .args(["--test-reporter=spec", "--test-reporter-destination=stdout"])
        .args(["--test-reporter=tap", "--test-reporter-destination"])
        .arg(report.path())
        .args(files.iter().map(|file| file.strip_prefix(repo::root()).unwrap_or(file)))
        .envs(environment.iter().map(|(name, value)| (name, value)));
    say!("node --test {} ({} files)", folders.join(" "), files.len());
    let status = node.stdin(Stdio::null()).status().context("cannot start `node`")?;
    Ok((counts(report.path())?, status.success()))
}

fn counts(report: &Path) -> Result<Counts> {
    let report = std::fs::read_to_string(report).context("cannot read the report of `node --test`")?;
    Ok(read(&report))
}

/// The footer counts (`# pass 3`); a test that was cancelled has failed. Skips name themselves: `ok 3 - name # SKIP why`.
fn read(tap: &str) -> Counts {
    let footer = |word: &str| {
        let number = |line: &str| line.strip_prefix("# ")?.strip_prefix(word)?.trim().parse::<u64>().ok();
        tap.lines().rev().find_map(number).unwrap_or(0)
    };
    let skip = |line: &str| {
        let (name, why) = line.trim_start().strip_prefix("ok ")?.split_once(" # SKIP")?;
        let name = name.split_once(" - ").map_or(name, |(_, name)| name);
        let why = why.trim();
        Some(format!("{name}: {}", if why.is_empty() { "no reason given" } else { why }))
    };
    Counts {
        passed: footer("pass "),
        failed: footer("fail ") + footer("cancelled "),
        failures: failures(tap),
        skipped: tap.lines().filter_map(skip).collect(),
    }
}

/// `not ok 3 - name` and the block below it, without the stack. A suite whose only fault is a test within is left out.
fn failures(tap: &str) -> Vec<Failure> {
    let mut lines = tap.lines();
    let mut failures = Vec::new();
    while let Some(line) = lines.next() {
        let Some(failed) = line.trim_start().strip_prefix("not ok ") else { continue };
        let name = failed.split_once(" - ").map_or(failed, |(_, name)| name).to_owned();
        let opening = lines.next().unwrap_or_default();
        let indent = opening.len() - opening.trim_start().len();
        let said: Vec<String> = lines
            .by_ref()
            .map(|line| line.get(indent..).unwrap_or_default().trim_end())
            .take_while(|line| *line != "..." && !line.starts_with("stack:"))
            .filter(|line| !line.starts_with("duration_ms:"))
            .map(str::to_owned)
            .collect();
        if !said.iter().any(|line| line == "failureType: 'subtestsFailed'") {
            failures.push(Failure { name, said });
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_footer_is_counted_and_a_skip_keeps_its_reason() {
        let tap = "TAP version 13\n    ok 1 - in a suite # SKIP no network\nok 2 - other\n1..2\n# tests 4\n# suites 1\n\
                   # pass 1\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0\n";
        let counts = read(tap);
        assert_eq!((counts.passed, counts.failed), (1, 2));
        assert_eq!(counts.skipped, ["in a suite: no network"]);
    }

    #[test]
    fn a_failed_test_is_named_with_its_error_and_the_suite_around_it_is_not() {
        let tap = "TAP version 13\n    not ok 1 - inner\n      ---\n      duration_ms: 1.3\n      error: |-\n        one is\n          \
                   not two\n      stack: |-\n        at somewhere\n      ...\n    1..1\nnot ok 1 - suite\n  ---\n  \
                   failureType: 'subtestsFailed'\n  ...\nok 2 - other\n  ---\n  duration_ms: 1\n  ...\n# fail 2\n";
        let told: Vec<_> =
            read(tap).failures.into_iter().map(|failure| (failure.name, failure.said)).collect();
        let said = ["error: |-", "  one is", "    not two"].map(str::to_owned).to_vec();
        assert_eq!(told, [("inner".to_owned(), said)]);
    }
}
