//! `shelflife keys list|announce|rotate|kill`

use clap::Subcommand;

use super::house::{Opening, refuse_missing};
use super::{CliError, say};
use crate::config::data_folder;
use crate::keyring::Keyring;
use crate::settings::Place;
use crate::store::DataFolder;

#[derive(Debug, clap::Args)]
pub(super) struct Keys {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the names (RFC 7638 thumbprints) of the signing keys; the first one signs, the others still verify
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Make a key that is published and does not sign yet, for verifiers whose keys are pinned
    Announce {
        #[command(flatten)]
        place: Place,
    },
    /// Sign with the announced key from the next start on, or with a new one; the others still verify
    Rotate {
        #[command(flatten)]
        place: Place,
    },
    /// Delete a key that somebody else may have: nothing it signed is worth anything any more, and the list of revocations
    /// says so
    Kill {
        /// Name of the key
        #[arg(allow_hyphen_values = true)]
        kid: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Keys {
    pub(super) fn run(self) -> Result<(), CliError> {
        let (Action::List { place }
        | Action::Announce { place }
        | Action::Rotate { place }
        | Action::Kill { place, .. }) = &self.action;
        let (data, _) = data_folder(place)?;
        refuse_missing(&data, Opening::Existing)?;
        if let Action::List { .. } = self.action {
            return list(&Keyring::open(&data, false).map_err(CliError::failed)?);
        }
        // A server that runs would go on with the keys it has.
        let _locked = DataFolder::lock(&data).map_err(CliError::failed)?;
        Keyring::open(&data, false).map_err(CliError::failed)?;
        match self.action {
            Action::List { .. } => Ok(()),
            Action::Announce { .. } => {
                let kid = Keyring::announce(&data).map_err(CliError::failed)?;
                say(format_args!("{kid}  is announced"))
            }
            Action::Rotate { .. } => {
                let kid = Keyring::rotate(&data).map_err(CliError::failed)?;
                say(format_args!("{kid}  signs"))
            }
            Action::Kill { kid, .. } => {
                Keyring::kill(&data, &kid).map_err(CliError::failed)?;
                say(format_args!("{kid}  is killed"))
            }
        }
    }
}

fn list(keyring: &Keyring) -> Result<(), CliError> {
    for (position, kid) in keyring.kids().enumerate() {
        say(format_args!("{kid}  {}", if position == 0 { "signs" } else { "verifies" }))?;
    }
    for kid in keyring.announced() {
        say(format_args!("{kid}  is announced"))?;
    }
    for kid in keyring.killed() {
        say(format_args!("{kid}  is killed"))?;
    }
    Ok(())
}
