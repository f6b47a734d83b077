//! `cargo xtask bench`: Shelflife side by side with its peers, and what was measured beside what was promised.
//!
//! The measuring programs are in `bench/` and judge nothing; the budgets are in `budgets.rs` and measure nothing.

mod budgets;
mod crowd;
mod exchange;
mod plot;
mod revocation;
mod series;
mod table;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::Value;

use crate::durability::Store;
use crate::process::{cargo, run as run_command, say};
use crate::repo;
use budgets::Line;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Exchanges over HTTP: throughput, latency, flushes, memory, disk
    Exchange,
    /// Verification: Node, workerd, native; start, sizes
    Verify,
    /// A list of 100,000 revoked sessions: size, taking over, memory, the cost of a check
    Revocation,
    /// Everything
    All,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What to measure
    #[arg(value_enum, default_value = "all")]
    what: What,
    /// A look in a minute: fewer rounds and sessions, numbers that scatter more
    #[arg(long)]
    quick: bool,
    /// Fail when a floor does not hold
    #[arg(long)]
    strict: bool,
    /// Live sessions whose memory is measured [default: 100000, with --quick 5000]
    #[arg(long, value_name = "COUNT")]
    live: Option<usize>,
    /// Sessions that are exchanged 50 times each to count their bytes on disk [default: 10000, with --quick 3000]
    #[arg(long, value_name = "COUNT")]
    on_disk: Option<usize>,
    /// Engine of the issuer's store
    #[arg(long, value_enum, default_value = "sled")]
    store: Store,
    /// Instead: let so many clients exchange at once; not one may be signed out and nothing may fail
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1000))]
    clients: Option<u32>,
    /// How long those clients go on
    #[arg(long, value_name = "SECONDS", requires = "clients", default_value_t = 30)]
    seconds: u32,
}

/// Measures and prints. False when a floor does not hold and that was to be a failure.
pub(crate) fn run(options: &Options) -> Result<bool> {
    if let Some(clients) = options.clients {
        anyhow::ensure!(
            options.what != What::Verify,
            "`--clients` is about exchanges: `bench exchange --clients {clients}`"
        );
        return crowd::run(clients, options.seconds, options.store);
    }
    if options.quick {
        say!("quick: numbers of so short a run scatter; leave --quick out before believing one");
    }
    let mut lines: Vec<Line> = Vec::new();
    let wanted = |what: What| options.what == what || options.what == What::All;
    if wanted(What::Verify) {
        lines.extend(verify::run(options)?);
    }
    if wanted(What::Revocation) {
        lines.extend(revocation::run(options)?);
    }
    if wanted(What::Exchange) {
        lines.extend(exchange::run(options)?);
    }
    let broken = lines.iter().filter(|line| !line.floor_holds()).count();
    match broken {
        0 => println!("\nevery floor holds"),
        1 => println!("\n1 floor does not hold"),
        _ => println!("\n{broken} floors do not hold"),
    }
    Ok(broken == 0 || !options.strict)
}

/// Builds the measuring program and gives its path.
fn program() -> Result<PathBuf> {
    run_command(cargo().args(["build", "--release", "--package", "shelflife-bench"]))?;
    let name = format!("shelflife-bench{}", std::env::consts::EXE_SUFFIX);
    Ok(repo::target_dir().join("release").join(name))
}

/// Where results go: `target/bench`.
fn folder() -> Result<PathBuf> {
    let folder = repo::target_dir().join("bench");
    std::fs::create_dir_all(folder.join("raw"))
        .with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// What was measured, with the budgets it was held against.
fn write(name: &str, quick: bool, measured: Value, lines: &[Line]) -> Result<()> {
    let path = folder()?.join(name);
    let lines: Vec<Value> = lines.iter().map(Line::json).collect();
    let all = serde_json::json!({ "quick": quick, "measured": measured, "budgets": lines });
    std::fs::write(&path, serde_json::to_vec_pretty(&all)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    say!("written: {}", repo::shown(&path));
    Ok(())
}
