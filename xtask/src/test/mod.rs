//! `cargo xtask test`: every test, in the runtime it is about.

mod native;
mod node;
mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::process::say;
use crate::{npm, parts, tools};

/// A runtime with tests of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    Native,
    Node,
    Workerd,
    Browser,
}

impl Runtime {
    const ALL: [Runtime; 4] = [Runtime::Native, Runtime::Node, Runtime::Workerd, Runtime::Browser];

    fn name(self) -> &'static str {
        match self {
            Runtime::Native => "native",
            Runtime::Node => "Node",
            Runtime::Workerd => "workerd",
            Runtime::Browser => "browser",
        }
    }
}

/// What a suite did.
#[derive(Debug, Default)]
struct Counts {
    passed: u64,
    failed: u64,
    /// One line for each test that was skipped: its name and why.
    skipped: Vec<String>,
}

/// A suite that ran, or could not.
struct Ran {
    runtime: Runtime,
    counts: Counts,
    wall: Duration,
    /// Why it counts as failed even if no test failed.
    trouble: Option<String>,
}

/// Builds everything, runs the suites and prints what ran where. True when nothing failed.
pub(crate) fn run(only: Option<Runtime>) -> Result<bool> {
    npm::ensure()?;
    let binary = parts::issuer()?;
    parts::web()?;
    let suites = Runtime::ALL.into_iter().filter(|runtime| only.is_none_or(|only| only == *runtime));
    let ran: Vec<Ran> = suites.map(|runtime| suite(runtime, &binary)).collect();
    Ok(table::print(&ran))
}

fn suite(runtime: Runtime, binary: &Path) -> Ran {
    say!("tests: {}", runtime.name());
    let started = Instant::now();
    let result = match runtime {
        Runtime::Native => native::run(binary),
        Runtime::Node => {
            node::run(&["tests/node", "verifier-wasm/js", "edge-worker", "web-demo"], &environment(binary))
        }
        Runtime::Workerd => node::run(&["tests/workerd"], &environment(binary)),
        Runtime::Browser => browser(binary),
    };
    let wall = started.elapsed();
    let (counts, trouble) = match result {
        Ok((counts, true)) if counts.passed + counts.failed == 0 => (counts, Some("no test ran".to_owned())),
        Ok((counts, true)) => (counts, None),
        Ok((counts, false)) if counts.failed > 0 => (counts, None),
        Ok((counts, false)) => (counts, Some("the test runner failed".to_owned())),
        Err(error) => (Counts::default(), Some(format!("{error:#}"))),
    };
    Ran { runtime, counts, wall, trouble }
}

fn browser(binary: &Path) -> Result<(Counts, bool)> {
    let mut environment = environment(binary);
    environment.push(("CHROMIUM", tools::ensure_chromium()?));
    node::run(&["tests/browser"], &environment)
}

/// The tests start the very binary that was just built.
fn environment(binary: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![("SHELFLIFE_BIN", binary.to_path_buf())]
}
