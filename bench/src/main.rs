//! Measures Shelflife side by side with its peers.
//!
//! Every part writes what it measured as JSON; `cargo xtask bench` builds what is needed, runs the parts, holds their
//! numbers against the budgets and prints the tables. Nothing is judged here.

mod exchange;
mod heavy;
mod native;
mod revocation;
mod statistics;
mod tokens;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use serde::Serialize;

/// The measuring programs behind `cargo xtask bench`.
#[derive(Debug, Parser)]
#[command(disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make tokens for all who verify
    Tokens {
        /// How many of each kind
        #[arg(long)]
        count: usize,
        /// The file to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Verify in this process, no wasm
    Native {
        /// The file that `tokens` wrote
        #[arg(long)]
        tokens: PathBuf,
        /// Rounds, in each of which every contestant has a turn
        #[arg(long)]
        rounds: usize,
        /// The file to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Verify the costliest inputs somebody can send, in this process
    Heavy {
        /// Rounds, in each of which every input has a turn
        #[arg(long)]
        rounds: usize,
        /// The file to write
        #[arg(long)]
        out: PathBuf,
    },
    /// Exchange over HTTP
    Exchange(exchange::Options),
    /// Many clients exchange at once; nobody may be signed out
    Crowd(exchange::Crowd),
    /// Verify with a long list of revocations and without
    Revocation(revocation::Options),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Tokens { count, out } => write(&out, &tokens::make(count)?),
        Command::Native { tokens, rounds, out } => {
            let tokens =
                std::fs::read(&tokens).with_context(|| format!("cannot read {}", tokens.display()))?;
            write(&out, &native::measure(&serde_json::from_slice(&tokens)?, rounds)?)
        }
        Command::Heavy { rounds, out } => write(&out, &heavy::measure(rounds)?),
        Command::Crowd(crowd) => write(&crowd.out, &exchange::gather(&crowd)?),
        Command::Revocation(options) => {
            let world = revocation::make(&options)?;
            write(&options.out, &revocation::measure(&world, &options)?)?;
            write(&options.world, &world)
        }
        Command::Exchange(options) => write(&options.out, &exchange::measure(&options)?),
    }
}

fn write(path: &Path, value: &impl Serialize) -> Result<()> {
    std::fs::write(path, serde_json::to_vec(value)?)
        .with_context(|| format!("cannot write {}", path.display()))
}
