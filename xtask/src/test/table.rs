//! The closing words of a test run.

use super::Ran;

/// Prints what ran in each runtime and, as the last line, the sum. True when all is well.
pub(super) fn print(ran: &[Ran]) -> bool {
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
    use crate::test::{Counts, Runtime};
    use std::time::Duration;

    fn ran(passed: u64, failed: u64, trouble: Option<&str>) -> Ran {
        let counts = Counts { passed, failed, skipped: Vec::new() };
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
}
