//! The fault tests of the session client, again and again: a test that fails once in twenty runs fails for somebody every day.

use std::time::Instant;

use anyhow::Result;

use super::{Counts, node, table, with_chromium};
use crate::process::say;
use crate::{npm, parts};

const FAULTS: [&str; 1] = ["tests/browser/faults"];

/// Runs them `times` in a row, also after one has failed, and prints the tally. True when nothing failed in any run.
pub(crate) fn faults(times: u32) -> Result<bool> {
    npm::ensure()?;
    let binary = parts::issuer()?;
    parts::web()?;
    let environment = with_chromium(&binary)?;
    let mut runs = Vec::new();
    for run in 1..=times {
        say!("fault tests: run {run} of {times}");
        let started = Instant::now();
        let (counts, fine) = node::run(&FAULTS, &environment)?;
        runs.push(Run { counts, fine, seconds: started.elapsed().as_secs_f64() });
    }
    for (number, run) in (1_u32..).zip(&runs) {
        table::failures(&format!("run {number}"), &run.counts);
    }
    println!("\n{:<6}{:>8}{:>8}{:>11}", "run", "passed", "failed", "time");
    for (number, Run { counts, seconds, .. }) in (1_u32..).zip(&runs) {
        println!("{number:<6}{:>8}{:>8}{seconds:>9.1} s", counts.passed, counts.failed);
    }
    let (line, fine) = tally(&runs);
    println!("\n{line}");
    Ok(fine)
}

struct Run {
    counts: Counts,
    /// Whether the test runner was content, too.
    fine: bool,
    seconds: f64,
}

/// A run in which nothing ran, or something was skipped, is no clean run.
fn tally(runs: &[Run]) -> (String, bool) {
    let clean = |run: &&Run| {
        run.fine && run.counts.failed == 0 && run.counts.passed > 0 && run.counts.skipped.is_empty()
    };
    let clean = runs.iter().filter(clean).count();
    (format!("{clean} of {} runs without a failure", runs.len()), clean == runs.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(passed: u64, failed: u64, fine: bool) -> Run {
        Run { counts: Counts { passed, failed, ..Counts::default() }, fine, seconds: 0.0 }
    }

    #[test]
    fn one_failure_in_one_run_is_a_failure_of_all() {
        assert_eq!(
            tally(&[run(9, 0, true), run(8, 1, false)]),
            ("1 of 2 runs without a failure".to_owned(), false)
        );
        assert_eq!(
            tally(&[run(9, 0, true), run(9, 0, true)]),
            ("2 of 2 runs without a failure".to_owned(), true)
        );
    }

    #[test]
    fn a_run_in_which_nothing_ran_is_not_clean() {
        assert!(!tally(&[run(0, 0, true)]).1);
    }
}
