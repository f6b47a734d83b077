//! `cargo test`, with its results counted.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::{Counts, Failure};
use crate::process::{cargo, say, shown};
use crate::tools;

/// Runs the tests of all crates; true when cargo was content.
pub(super) fn run(binary: &Path) -> Result<(Counts, bool)> {
    // The one test that needs it says so and is skipped where it cannot be had.
    if let Err(error) = tools::ensure_valgrind() {
        say!("{error:#}");
    }
    let mut cargo = cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast"]).env("SHELFLIFE_BIN", binary);
    say!("{}", shown(&cargo));
    let mut child =
        cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start `cargo test`")?;
    let mut report = Report::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("cannot read what `cargo test` prints")?;
            println!("{line}");
            report.read(&line);
        }
    }
    Ok((report.counts, child.wait()?.success()))
}

/// What `cargo test` has told so far.
#[derive(Default)]
struct Report {
    counts: Counts,
    reading: Reading,
}

/// What the lines that come now are.
#[derive(Default)]
enum Reading {
    #[default]
    Results,
    /// What the last failure said.
    Failure,
    /// Where it came from: too long to be told twice, and what was said before it is what tells why.
    Backtrace,
}

impl Report {
    /// Among the results stands, behind `---- name stdout ----`, what a failed test said, until a line `failures:`.
    fn read(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" stdout ----")) {
            self.counts.failures.push(Failure { name: name.to_owned(), said: Vec::new() });
            self.reading = Reading::Failure;
            return;
        }
        match self.reading {
            _ if line == "failures:" => self.reading = Reading::Results,
            Reading::Results => count(line, &mut self.counts),
            Reading::Failure if line == "stack backtrace:" => self.reading = Reading::Backtrace,
            Reading::Failure => {
                if let Some(failure) = self.counts.failures.last_mut() {
                    failure.said.push(line.to_owned());
                }
            }
            Reading::Backtrace if line.starts_with("note: ") => self.reading = Reading::Failure,
            Reading::Backtrace => {}
        }
    }
}

/// Reads lines such as `test result: ok. 3 passed; 0 failed; 1 ignored; ...` and `test name ... ignored, why`.
fn count(line: &str, counts: &mut Counts) {
    if let Some(result) = line.strip_prefix("test result: ") {
        let number = |word: &str| {
            let (before, _) = result.split_once(word)?;
            before.trim_end().rsplit(' ').next()?.parse::<u64>().ok()
        };
        counts.passed += number(" passed").unwrap_or(0);
        counts.failed += number(" failed").unwrap_or(0);
    } else if let Some((name, why)) =
        line.strip_prefix("test ").and_then(|line| line.split_once(" ... ignored"))
    {
        let why = why.trim_start_matches([',', ' ']);
        counts.skipped.push(format!("{name}: {}", if why.is_empty() { "no reason given" } else { why }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Counts {
        let mut report = Report::default();
        for line in lines {
            report.read(line);
        }
        report.counts
    }

    #[test]
    fn results_of_several_crates_add_up_and_a_skip_keeps_its_reason() {
        let counts = read(&[
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
            "test store::a_slow_one ... ignored, needs a second disk",
        ]);
        assert_eq!((counts.passed, counts.failed), (5, 1));
        assert_eq!(counts.skipped, ["store::a_slow_one: needs a second disk"]);
    }

    #[test]
    fn a_failed_test_keeps_its_name_and_what_it_said() {
        let counts = read(&[
            "test store::cut ... FAILED",
            "",
            "failures:",
            "",
            "---- store::cut stdout ----",
            "test result: nothing came",
            "stack backtrace:",
            "   0: core::panicking::panic_fmt",
            "note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
            "",
            "---- store::full stdout ----",
            "no room",
            "",
            "failures:",
            "    store::cut",
            "    store::full",
            "",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        ]);
        assert_eq!((counts.passed, counts.failed), (1, 2));
        let told: Vec<_> =
            counts.failures.iter().map(|failure| (&*failure.name, failure.said.join("/"))).collect();
        assert_eq!(
            told,
            [("store::cut", "test result: nothing came/".to_owned()), ("store::full", "no room/".to_owned())]
        );
    }
}
