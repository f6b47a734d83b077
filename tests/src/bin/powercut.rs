//! Power cuts: `cargo xtask powercut` runs this program, and it runs itself as the one whose disk fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use shelflife_tests::Chance;
use shelflife_tests::power_cut::{Engine, drive, ordering, rounds, show};

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    action: Option<Action>,
    /// Cuts for each engine
    #[arg(long, default_value_t = 50)]
    cuts: u32,
    /// The moments of an earlier run again
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write until the disk fails
    Drive {
        #[arg(long)]
        engine: Engine,
        #[arg(long)]
        data: PathBuf,
        #[arg(long)]
        name: String,
        #[arg(long)]
        alone: bool,
        #[arg(long, default_value_t = u64::MAX)]
        limit: u64,
    },
    /// Say what is in the store
    Show {
        #[arg(long)]
        engine: Engine,
        #[arg(long)]
        data: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.action {
        Some(Action::Drive { engine, data, name, alone, limit }) => {
            drive(engine, &data, &name, alone, limit).map(|()| true)
        }
        Some(Action::Show { engine, data }) => show(engine, &data).map(|()| true),
        None => all(cli.cuts, cli.seed.unwrap_or_else(Chance::seed)),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Every engine through every test. True when ours lose nothing, and plain sled does: else nothing was tested.
fn all(cuts: u32, seed: u64) -> Result<bool, String> {
    let driver = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut chance = Chance::of(seed);
    let mut fine = true;
    println!("seed {seed}\n\nreplies and syncs, one client, by system call");
    println!("{:<12}{:>10}{:>10}{:>10}{:>12}", "engine", "writes", "syncs", "replies", "too early");
    for engine in [Engine::Sled, Engine::Redb, Engine::PlainSled] {
        match ordering(&driver, engine) {
            Ok(seen) => {
                let (writes, syncs, replies) = (seen.writes, seen.syncs, seen.acknowledged);
                println!("{:<12}{writes:>10}{syncs:>10}{replies:>10}{:>12}", engine.name(), seen.too_early);
                fine &= replies > 0 && (seen.too_early > 0) == (engine == Engine::PlainSled);
            }
            Err(why) => println!("{:<12}could not run: {why}", engine.name()),
        }
    }
    println!("\npower cuts under 8 clients, ext4 on a loop device");
    println!("{:<12}{:>10}{:>14}{:>12}", "engine", "cuts", "acknowledged", "with loss");
    for engine in [Engine::Sled, Engine::Redb, Engine::PlainSled] {
        let tally = rounds(&driver, engine, cuts, false, &mut chance)?;
        println!(
            "{:<12}{:>10}{:>14}{:>12}",
            engine.name(),
            tally.cuts,
            tally.acknowledged,
            tally.failures.len()
        );
        tally.failures.iter().take(5).for_each(|failure| println!("    {failure}"));
        fine &= tally.failures.is_empty() != (engine == Engine::PlainSled);
    }
    println!(
        "\n{}",
        if fine { "as it must be: ours lose nothing, plain sled does" } else { "NOT as it must be" }
    );
    Ok(fine)
}
