//! `shelflife store check`

use clap::Subcommand;

use super::house::Opening;
use super::{CliError, say, with_store};
use crate::settings::Place;

#[derive(Debug, clap::Args)]
pub(super) struct StoreCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Read every record and say what is damaged or does not fit together; changes nothing
    Check {
        #[command(flatten)]
        place: Place,
    },
}

impl StoreCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        let Action::Check { place } = self.action;
        let report =
            with_store(&place, Opening::Existing, async |store| store.check().map_err(CliError::failed))?;
        for problem in &report.problems {
            say(format_args!("{problem}"))?;
        }
        say(format_args!(
            "{} sessions, {} users, {} problems",
            report.sessions,
            report.users,
            report.problems.len()
        ))?;
        if report.problems.is_empty() { Ok(()) } else { Err(CliError::failed("the store has problems")) }
    }
}
