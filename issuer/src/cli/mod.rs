//! The command line: one file per command.

mod clients;
mod device_key;
mod house;
mod keys;
mod serve;
mod sessions;
mod shutdown;
mod store;
mod users;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use self::house::{House, Opening};
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::log;
use crate::settings::Place;

/// Sessions with a best-before date: the issuer.
///
/// Exit codes: 0 done, 1 it could not be done, 2 the command or a setting is wrong, 70 a fault of the program.
#[derive(Debug, Parser)]
#[command(name = "shelflife", version, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the issuer
    Serve(Box<serve::Serve>),
    /// Add, list, change and remove the people who can sign in
    Users(users::Users),
    /// Add, list and remove the backends that may call /admin
    Clients(clients::Clients),
    /// Look at sessions and end them, while no server runs on the data folder
    Sessions(sessions::Sessions),
    /// List, announce, rotate and kill the signing keys; all but list while no server runs on the data folder
    Keys(keys::Keys),
    /// Examine the store, carry it over to another engine, while no server runs on the data folder
    Store(store::StoreCommand),
}

/// Why a command did not do what it should; one sentence.
#[derive(Debug)]
struct CliError {
    exit: u8,
    text: String,
}

impl CliError {
    /// It could not be done.
    fn failed(error: impl std::fmt::Display) -> CliError {
        CliError { exit: 1, text: error.to_string() }
    }

    /// The command or a setting is wrong.
    fn usage(error: impl std::fmt::Display) -> CliError {
        CliError { exit: 2, text: error.to_string() }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> CliError {
        CliError::usage(error)
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    run(Arc::new(SystemClock))
}

/// The same, with other clocks for the server; for tests.
pub fn run(clock: Arc<dyn Clock>) -> ExitCode {
    // Every file that is made, by the engines too, is for its owner alone.
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
    let outcome = match Cli::parse().command {
        Command::Serve(command) => command.run(clock),
        Command::Users(command) => command.run(),
        Command::Clients(command) => command.run(),
        Command::Sessions(command) => command.run(),
        Command::Keys(command) => command.run(),
        Command::Store(command) => command.run(),
    };
    match outcome {
        Ok(()) => {
            log::flush();
            ExitCode::SUCCESS
        }
        Err(error) => {
            log::last_line(&format!("shelflife: {}", error.text));
            ExitCode::from(error.exit)
        }
    }
}

/// Writes a line to standard output.
fn say(line: std::fmt::Arguments<'_>) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| CliError::failed(format_args!("standard output cannot be written: {error}")))
}

/// Unix seconds as a date people can read.
fn date(seconds: u64) -> String {
    let time = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_secs(seconds));
    time.map_or_else(|| seconds.to_string(), |time| humantime::format_rfc3339_seconds(time).to_string())
}

/// Opens the data folder of `place`, runs `work` on its store and closes it again.
fn with_store<T>(
    place: &Place,
    opening: Opening,
    work: impl AsyncFnOnce(&dyn crate::store::Store) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let (data, engine) = crate::config::data_folder(place)?;
    let house = House::open(&data, opening, engine)?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CliError::failed)?;
    let outcome = runtime.block_on(work(house.store.as_ref()));
    drop(runtime);
    house.close();
    outcome
}
