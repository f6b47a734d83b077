//! `cargo xtask test`: every test, in the runtime it is about.

mod native;
mod node;
mod repeat;
mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::process::{cargo, say};
use crate::{npm, parts, size, tools};

pub(crate) use repeat::faults as repeat_faults;

/// A runtime with tests of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Runtime {
    Native,
    Node,
    Deno,
    Bun,
    Workerd,
    Browser,
    /// Other people's JWT libraries, of npm, PyPI and crates.io.
    Interop,
}

impl Runtime {
    const ALL: [Runtime; 7] = [
        Runtime::Native,
        Runtime::Node,
        Runtime::Deno,
        Runtime::Bun,
        Runtime::Workerd,
        Runtime::Browser,
        Runtime::Interop,
    ];

    fn name(self) -> &'static str {
        match self {
            Runtime::Native => "native",
            Runtime::Node => "Node",
            Runtime::Deno => "Deno",
            Runtime::Bun => "Bun",
            Runtime::Workerd => "workerd",
            Runtime::Browser => "browser",
            Runtime::Interop => "interop",
        }
    }
}

/// Where the tests are that run in Node, or that look at what Node's tools make of the package.
const NODE: [&str; 8] = [
    "tests/node",
    "tests/runtimes/node",
    "tests/runtimes/plain",
    "tests/runtimes/next",
    "tests/edge/node",
    "verifier-wasm/js",
    "edge-worker",
    "web-demo",
];
const WORKERD: [&str; 3] = ["tests/workerd", "tests/runtimes/workerd", "tests/edge/workerd"];

/// What a suite did.
#[derive(Debug, Default)]
struct Counts {
    passed: u64,
    failed: u64,
    /// The tests that failed, as far as the runner named them.
    failures: Vec<Failure>,
    /// One line for each test that was skipped: its name and why.
    skipped: Vec<String>,
}

/// A test that failed.
#[derive(Debug)]
struct Failure {
    name: String,
    /// The lines it left behind.
    said: Vec<String>,
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
    let light_enough = size::promises()?;
    let suites = Runtime::ALL.into_iter().filter(|runtime| only.is_none_or(|only| only == *runtime));
    let ran: Vec<Ran> = suites.map(|runtime| suite(runtime, &binary)).collect();
    Ok(table::print(&ran) && light_enough)
}

/// `cargo xtask vectors`: writes tests/vectors, or says where it is not what the generator writes.
pub(crate) fn vectors(check: bool) -> Result<bool> {
    let mut generator = cargo();
    generator.args(["run", "--quiet", "--package", "shelflife-tests", "--bin", "vectors", "--"]);
    generator.args(check.then_some("--check"));
    Ok(generator.status()?.success())
}

fn suite(runtime: Runtime, binary: &Path) -> Ran {
    say!("tests: {}", runtime.name());
    let started = Instant::now();
    let result = match runtime {
        Runtime::Native => native::run(binary),
        Runtime::Node => node::run(&NODE, &environment(binary)),
        // Started by Node, which reads the files and holds what they report against them.
        Runtime::Deno => node::run(&["tests/runtimes/deno", "tests/edge/deno"], &environment(binary)),
        Runtime::Bun => node::run(&["tests/runtimes/bun", "tests/edge/bun"], &environment(binary)),
        Runtime::Workerd => node::run(&WORKERD, &environment(binary)),
        Runtime::Browser => browser(binary),
        Runtime::Interop => node::run(&["tests/interop"], &environment(binary)),
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
    let folders = ["tests/browser", "tests/runtimes/chromium", "tests/runtimes/bundlers"];
    node::run(&folders, &with_chromium(binary)?)
}

fn with_chromium(binary: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let mut environment = environment(binary);
    environment.push(("CHROMIUM", tools::ensure_chromium()?));
    Ok(environment)
}

/// The tests start the very binary that was just built.
fn environment(binary: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![("SHELFLIFE_BIN", binary.to_path_buf())]
}
