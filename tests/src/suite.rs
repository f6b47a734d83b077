//! A test runner in the manner of libtest that knows one more outcome: it could not run, and why.

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a test went, if it did not panic.
pub enum Outcome {
    /// It ran, and all was well.
    Passed,
    /// It could not run on this machine.
    Skipped(String),
}

/// A test with its name.
pub type Test = (&'static str, fn() -> Outcome);

/// Runs the tests that the arguments of the process ask for, one after the other, and prints lines like libtest's.
pub fn suite(tests: &[Test]) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let exact = arguments.iter().any(|argument| argument == "--exact");
    let filters: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |name: &str| {
        let matches =
            |filter: &&String| if exact { name == filter.as_str() } else { name.contains(filter.as_str()) };
        filters.is_empty() || filters.iter().any(matches)
    };
    let chosen: Vec<&Test> = tests.iter().filter(|(name, _)| wanted(name)).collect();
    if arguments.iter().any(|argument| argument == "--list") {
        chosen.iter().for_each(|(name, _)| say(format_args!("{name}: test")));
        return ExitCode::SUCCESS;
    }
    let panics = panics_noted();
    let (mut passed, mut skipped) = (0, 0);
    let mut failures: Vec<(&str, String)> = Vec::new();
    say(format_args!("\nrunning {} tests", chosen.len()));
    for (name, test) in &chosen {
        noted(&panics).clear();
        match catch_unwind(AssertUnwindSafe(test)) {
            Ok(Outcome::Passed) => {
                passed += 1;
                say(format_args!("test {name} ... ok"));
            }
            Ok(Outcome::Skipped(why)) => {
                skipped += 1;
                say(format_args!("test {name} ... ignored, {why}"));
            }
            Err(_) => {
                failures.push((name, noted(&panics).join("\n")));
                say(format_args!("test {name} ... FAILED"));
            }
        }
    }
    let failed = failures.len();
    if failed > 0 {
        say(format_args!("\nfailures:\n"));
        failures.iter().for_each(|(name, said)| say(format_args!("---- {name} stdout ----\n{said}\n")));
        say(format_args!("failures:"));
        failures.iter().for_each(|(name, _)| say(format_args!("    {name}")));
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let others = tests.len() - chosen.len();
    say(format_args!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; {others} filtered out\n"
    ));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What panics in any thread from now on: the runner repeats at its end why a test failed.
fn panics_noted() -> Arc<Mutex<Vec<String>>> {
    let panics = Arc::default();
    let (ours, usual) = (Arc::clone(&panics), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        noted(&ours).push(panic.to_string());
        usual(panic);
    }));
    panics
}

fn noted(panics: &Mutex<Vec<String>>) -> MutexGuard<'_, Vec<String>> {
    panics.lock().unwrap_or_else(PoisonError::into_inner)
}

fn say(line: std::fmt::Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
