//! `shelflife keys list`

use clap::Subcommand;

use super::house::{Opening, refuse_missing};
use super::{CliError, say};
use crate::config::data_folder;
use crate::keyring::Keyring;
use crate::settings::Place;

#[derive(Debug, clap::Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the names (RFC 7638 thumbprints) of the signing keys; the first one signs, the others still
    /// verify
    List {
        #[command(flatten)]
        place: Place,
    },
}

impl Keys {
    pub(super) fn run(self) -> Result<(), CliError> {
        let Action::List { place } = self.action;
        let (data, _) = data_folder(&place)?;
        refuse_missing(&data, Opening::Existing)?;
        let keyring = Keyring::open(&data, false).map_err(CliError::failed)?;
        for (position, kid) in keyring.kids().enumerate() {
            say(format_args!("{kid}  {}", if position == 0 { "signs" } else { "verifies" }))?;
        }
        Ok(())
    }
}
