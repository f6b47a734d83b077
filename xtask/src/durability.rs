//! `cargo xtask crash` and `cargo xtask powercut`: what was acknowledged is there afterwards.
//!
//! The programs that do it live with the tests, which run them for a short while; here they run for long.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::parts;
use crate::process::{cargo, say, shown};

/// Engines of the store.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Store {
    Sled,
    Redb,
}

impl Store {
    /// What `--store` calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Store::Sled => "sled",
            Store::Redb => "redb",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Crash {
    /// How often the server is killed
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// Engine of the store
    #[arg(long, value_enum, default_value = "sled")]
    store: Store,
    /// The moments of an earlier run again; every run says its seed
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct PowerCut {
    /// How often the power goes, for each engine
    #[arg(long, default_value_t = 50)]
    cuts: u32,
    /// The moments of an earlier run again; every run says its seed
    #[arg(long)]
    seed: Option<u64>,
}

/// Kills the release binary under load; true when nothing was lost.
pub(crate) fn crash(options: &Crash) -> Result<bool> {
    let binary = parts::issuer()?;
    let mut crash = cargo();
    crash.args(["run", "--quiet", "--package", "shelflife-tests", "--bin", "crash", "--"]);
    crash.args(["--kills", &options.kills.to_string(), "--store", options.store.name()]);
    crash.args(options.seed.map(|seed| format!("--seed={seed}"))).env("SHELFLIFE_BIN", binary);
    run(&mut crash)
}

/// Cuts the power under the stores; true when ours lost nothing and the one without our sync did.
pub(crate) fn power_cut(options: &PowerCut) -> Result<bool> {
    let mut cuts = cargo();
    cuts.args(["run", "--quiet", "--release", "--package", "shelflife-tests", "--bin", "powercut", "--"]);
    cuts.args(["--cuts", &options.cuts.to_string()]);
    cuts.args(options.seed.map(|seed| format!("--seed={seed}")));
    run(&mut cuts)
}

/// What these programs print is the result.
fn run(command: &mut std::process::Command) -> Result<bool> {
    say!("{}", shown(command));
    Ok(command.status()?.success())
}
