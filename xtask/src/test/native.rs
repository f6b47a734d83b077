//! `cargo test`, with its results counted.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};

use super::Counts;
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
    let mut counts = Counts::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.context("cannot read what `cargo test` prints")?;
            println!("{line}");
            count(&line, &mut counts);
        }
    }
    Ok((counts, child.wait()?.success()))
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

    #[test]
    fn results_of_several_crates_add_up_and_a_skip_keeps_its_reason() {
        let mut counts = Counts::default();
        count("test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out", &mut counts);
        count("test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out", &mut counts);
        count("test store::a_slow_one ... ignored, needs a second disk", &mut counts);
        assert_eq!((counts.passed, counts.failed), (5, 1));
        assert_eq!(counts.skipped, ["store::a_slow_one: needs a second disk"]);
    }
}
