//! The commands of this repository. `cargo xtask --help` lists them.

mod bench;
mod check;
mod codes;
mod demo;
mod doctor;
mod durability;
mod fuzz;
mod npm;
mod parts;
mod process;
mod repo;
mod size;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use process::say;

/// The commands of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build everything and start it here: one address to open, and a sign-in
    ///
    /// Starts the issuer with its demo user, the edge gate in workerd and the demo page, prints the one address to open and
    /// the sign-in, and ends all of it on Ctrl-C. What the parts log goes to standard error.
    Demo(demo::Options),
    /// Run every test: native, Node, Deno, Bun, workerd, browser
    ///
    /// Builds everything, installs what is missing (npm packages, Chromium, what the wasm build needs), and prints at the
    /// end what ran in each runtime, and once more every test that failed with what it said. A runtime in which no test ran
    /// is a failure.
    Test {
        /// The tests of one runtime
        #[arg(long, value_enum)]
        only: Option<test::Runtime>,
    },
    /// The browser tests alone
    E2e {
        /// Run the fault tests of the session client this many times in a row, and print the tally
        #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..=1000))]
        repeat: Option<u32>,
    },
    /// Kill the server under load, again and again, and compare everything that was acknowledged
    ///
    /// Sign-ins, exchanges, sign-outs, ends of other sessions and changes of password by several clients; `kill -9` at random moments; after
    /// each restart every record is compared with what the clients were told, `shelflife store check` has to be clean,
    /// and everybody has to be able to go on. A short run is part of the tests.
    Crash(durability::Crash),
    /// Cut the power under the store, again and again, and compare everything that was acknowledged
    ///
    /// Needs root, a loop device and mkfs.ext4: the store writes to an ext4 of its own, which is shut down at random
    /// moments, mounted again and compared. Follows the system calls too, if strace is here. sled without our sync runs
    /// through the same cuts and has to lose, or nothing was tested. A short run is part of the tests.
    Powercut(durability::PowerCut),
    /// Look for inputs on which the verifier errs, guided by coverage
    ///
    /// Four targets, each of which holds the verifier against other libraries: the form of a token, whole tokens (signed on the way, so
    /// that what is behind the signature is reached), key sets, base64url. Needs a C++ compiler, no nightly. What is found is
    /// left in target/fuzz/findings. The kept inputs are replayed by the tests.
    Fuzz(fuzz::Options),
    /// Hold our Ed25519 against ed25519-dalek's on millions of good and odd signatures
    ///
    /// Prints how many of each class there were and what became of them. A short run is part of the tests.
    Differential(fuzz::Differential),
    /// Make the npm package: verifier-wasm/js/dist
    ///
    /// Needs no wasm-bindgen and no wasm-opt on this machine, and not even the wasm32 target: if rustup cannot bring it,
    /// the standard library is built from source with Debian's compiler. Nothing happens when nothing has changed.
    Wasm {
        /// Where the standard library for wasm comes from
        #[arg(long, value_enum, default_value = "auto")]
        std: wasm::Std,
        /// Build even if nothing has changed
        #[arg(long)]
        force: bool,
    },
    /// What weighs what in the npm package, held against the promised sizes
    ///
    /// Every entry as it travels, gzip -9 and brotli, and the wasm file function by function, summed up by crate.
    Size,
    /// Lints, formats, types, documentation, and the one-way arrows between the parts
    ///
    /// Runs everything that can be told without running the product, also after one check has failed, and names file,
    /// line and rule of what it finds.
    Check,
    /// Measure: exchanges and verification, side by side with their peers
    ///
    /// Prints what was measured beside the floor that must hold and the aim, and writes target/bench/*.json and a picture.
    /// Best on a machine that does nothing else. Needs strace to count flushes; without it, it says so.
    Bench(bench::Options),
    /// Write verifier-wasm/js/src/codes.ts from token/src/code.rs
    Codes,
    /// Write tests/vectors: one faulty token a file, and what every verifier must say about it
    Vectors {
        /// Write nothing; fail where a file is not what it should be
        #[arg(long)]
        check: bool,
    },
    /// What is on this machine, what is missing, and what helps
    Doctor,
}

/// A failed check or test has said what is wrong; only what was not expected is told here.
fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// True when all is well.
fn run(command: Command) -> Result<bool> {
    match command {
        Command::Demo(options) => demo::run(&options).map(|()| true),
        Command::Test { only } => test::run(only),
        Command::E2e { repeat: None } => test::run(Some(test::Runtime::Browser)),
        Command::E2e { repeat: Some(times) } => test::repeat_faults(times),
        Command::Crash(options) => durability::crash(&options),
        Command::Powercut(options) => durability::power_cut(&options),
        Command::Fuzz(options) => fuzz::run_targets(&options),
        Command::Differential(options) => fuzz::differential(&options),
        Command::Wasm { std, force } => wasm::build_and_measure(std, force).map(|()| true),
        Command::Size => size::run(),
        Command::Check => check::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Codes => codes::generate().map(|()| true),
        Command::Vectors { check } => test::vectors(check),
        Command::Doctor => doctor::run(),
    }
}
