//! The closing words of a test run.

use super::{Counts, Failure, Ran};

/// What a failed test said last is what tells why; the whole of it stands further up.
const LINES_OF_A_FAILURE: usize = 60;

/// Prints what failed, what ran in each runtime and, as the last line, the sum. True when all is well.
///
/// A run prints thousands of lines, and where only the last of them are kept, these must be enough to begin with.
pub(super) fn print(ran: &[Ran]) -> bool {
    for Ran { runtime, counts, .. } in ran {
        failures(runtime.name(), counts);
    }
    println!("\n{:<10}{:>8}{:>8}{:>9}{:>11}", "runtime", "passed", "failed", "skipped", "time");
    for Ran { runtime, counts, wall, .. } in ran {
        let (name, skipped, seconds) = (runtime.name(), counts.skipped.len(), wall.as_secs_f64());
        println!("{name:<10}{:>8}{:>8}{skipped:>9}{seconds:>9.1} s", counts.passed, counts.failed);
    }
    for Ran { runtime, counts, trouble, .. } in ran {
        for skip in &counts.skipped {
            println!("skipped in {}: {skip}", runtime.name());
        }
        if let Some(trouble) = trouble {
            println!("trouble in {}: {trouble}", runtime.name());
        }
    }
    let (line, fine) = sum(ran);
    println!("\n{line}");
    fine
}

/// Prints the tests that failed `there`, with what they said.
pub(super) fn failures(there: &str, counts: &Counts) {
    for failure in &counts.failures {
        println!("\n{}", told(there, failure));
    }
}

fn told(there: &str, failure: &Failure) -> String {
    let mut lines = vec![format!("failed in {there}: {}", failure.name)];
    let left_out = failure.said.len().saturating_sub(LINES_OF_A_FAILURE);
    if left_out > 0 {
        lines.push(format!("    ({left_out} lines before)"));
    }
    lines.extend(failure.said.iter().skip(left_out).map(|line| format!("    {line}").trim_end().to_owned()));
    lines.join("\n").trim_end().to_owned()
}

/// A suite in trouble counts as one failure, so that the line never looks better than the run was.
fn sum(ran: &[Ran]) -> (String, bool) {
    let passed: u64 = ran.iter().map(|ran| ran.counts.passed).sum();
    let failed: u64 = ran.iter().map(|ran| ran.counts.failed + u64::from(ran.trouble.is_some())).sum();
    let skipped: usize = ran.iter().map(|ran| ran.counts.skipped.len()).sum();
    let line = match skipped {
        0 => format!("{passed} passed, {failed} failed"),
        _ => format!("{passed} passed, {failed} failed, {skipped} skipped"),
    };
    (line, failed == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::Runtime;
    use std::time::Duration;

    fn ran(passed: u64, failed: u64, trouble: Option<&str>) -> Ran {
        let counts = Counts { passed, failed, ..Counts::default() };
        Ran { runtime: Runtime::Node, counts, wall: Duration::ZERO, trouble: trouble.map(str::to_owned) }
    }

    #[test]
    fn the_last_line_adds_up_all_runtimes() {
        assert_eq!(sum(&[ran(2, 0, None), ran(3, 0, None)]), ("5 passed, 0 failed".to_owned(), true));
    }

    #[test]
    fn a_runtime_in_which_nothing_ran_is_a_failure() {
        assert_eq!(
            sum(&[ran(2, 0, None), ran(0, 0, Some("no test ran"))]),
            ("2 passed, 1 failed".to_owned(), false)
        );
    }

    #[test]
    fn a_failure_is_told_by_its_name_and_its_last_lines() {
        let said =
            |count: usize| (1..=count).map(|number| number.to_string()).chain([String::new()]).collect();
        let told = |count| told("native", &Failure { name: "store::cut".to_owned(), said: said(count) });
        assert_eq!(told(2), "failed in native: store::cut\n    1\n    2");
        let long = told(LINES_OF_A_FAILURE + 4);
        assert!(long.starts_with("failed in native: store::cut\n    (5 lines before)\n    6\n"), "{long}");
        assert!(long.ends_with("\n    64"), "{long}");
    }
}
