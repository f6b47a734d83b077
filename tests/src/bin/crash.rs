//! Kills the real server under load: `cargo xtask crash` runs this program.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use shelflife_tests::Chance;
use shelflife_tests::crash::kills;

#[derive(Debug, Parser)]
struct Cli {
    /// Kills
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// Engine of the store
    #[arg(long, default_value = "sled")]
    store: String,
    /// The moments of an earlier run again
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let seed = cli.seed.unwrap_or_else(Chance::seed);
    let since = Instant::now();
    let tally = kills(cli.kills, &cli.store, &mut Chance::of(seed));
    println!("seed {seed}, {} in {:.1} s", cli.store, since.elapsed().as_secs_f64());
    println!(
        "{} kills; acknowledged: {} sign-ins, {} exchanges, {} ends, {} changes of password; {} operations interrupted",
        tally.kills, tally.logins, tally.exchanges, tally.ends, tally.passwords, tally.interrupted
    );
    for failure in &tally.failures {
        println!("FAILED: {failure}");
    }
    if tally.failures.is_empty() {
        println!("nothing acknowledged was lost, nobody was signed out, `store check` was clean each time");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}
