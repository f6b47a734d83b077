//! `shelflife store`

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::house::{Opening, refuse_missing, store_id};
use super::{CliError, say};
use crate::config::data_folder;
use crate::keyring::{Keyring, KeyringError};
use crate::settings::Place;
use crate::store::{Counts, DataFolder, EmbeddedStore, FolderError, OpenStore, Store, sync_folder_of};

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
    /// Write everything in the store to a file of JSON lines, which any later version and engine can import
    ///
    /// Password hashes are part of it: the file is made with mode 0600, keep it as you keep the data folder.
    /// Tokens are not in it, and neither are the signing keys: keep DIR/keys with it.
    Export {
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Take what can be read out of a damaged store, and name what is left out
        #[arg(long)]
        salvage: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Fill an empty store from an export
    ///
    /// To change the engine: export, make a new folder, copy `keys` from the old folder into it, and import
    /// with `--store`. The file is read to its end before anything is written.
    Import {
        /// The file to read
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Make new signing keys: everybody has to sign in again
        #[arg(long)]
        new_keys: bool,
        #[command(flatten)]
        place: Place,
    },
}

impl StoreCommand {
    pub(super) fn run(self) -> Result<(), CliError> {
        match self.action {
            Action::Check { place } => check(&place),
            Action::Export { to, salvage, place } => export(&to, salvage, &place),
            Action::Import { from, new_keys, place } => import(&from, new_keys, &place),
        }
    }
}

fn check(place: &Place) -> Result<(), CliError> {
    let (folder, store, refusal) = open_to_look(place)?;
    let report = store.check().map_err(CliError::failed);
    close(folder, &store);
    let mut report = report?;
    report.problems.extend(refusal);
    for problem in &report.problems {
        say(format_args!("{problem}"))?;
    }
    let (sessions, users, problems) = (report.sessions, report.users, report.problems.len());
    say(format_args!("{sessions} sessions, {users} users, {problems} problems"))?;
    if report.problems.is_empty() { Ok(()) } else { Err(CliError::failed("the store has problems")) }
}

fn export(to: &Path, salvage: bool, place: &Place) -> Result<(), CliError> {
    let (folder, store, refusal) = open_to_look(place)?;
    if let (Some(refusal), false) = (&refusal, salvage) {
        close(folder, &store);
        return Err(CliError::failed(refusal));
    }
    let written = write_export(to, salvage, &store);
    close(folder, &store);
    let (counts, left_out) = written?;
    for problem in &left_out {
        say(format_args!("left out: {problem}"))?;
    }
    let Counts { users, sessions, clients } = counts;
    say(format_args!(
        "exported {users} users and {sessions} sessions (and {clients} clients) to {}",
        to.display()
    ))
}

fn write_export(to: &Path, salvage: bool, store: &EmbeddedStore) -> Result<(Counts, Vec<String>), CliError> {
    let in_words = |error: std::io::Error| {
        CliError::failed(format_args!("the file of `--to` {} cannot be written: {error}", to.display()))
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(to).map_err(in_words)?;
    let mut out = BufWriter::new(&file);
    let exported = store.export(&mut out, salvage).map_err(CliError::failed).and_then(|exported| {
        out.flush().and_then(|()| file.sync_all()).and_then(|()| sync_folder_of(to)).map_err(in_words)?;
        Ok((exported.counts, exported.left_out))
    });
    if exported.is_err() {
        // Half an export would be taken for one.
        let _ = std::fs::remove_file(to);
    }
    exported
}

fn import(from: &Path, new_keys: bool, place: &Place) -> Result<(), CliError> {
    let in_words = |error: std::io::Error| {
        CliError::failed(format_args!("the file of `--from` {} cannot be read: {error}", from.display()))
    };
    File::open(from).map_err(in_words)?;
    let (data, engine) = data_folder(place)?;
    let folder = DataFolder::lock(&data).map_err(CliError::failed)?;
    Keyring::open(&data, new_keys).map_err(|error| match error {
        KeyringError::Missing(keys) => CliError::failed(format_args!(
            "there are no signing keys in {}: copy them from the data folder that was exported, or give \
             `--new-keys`, and everybody has to sign in again",
            keys.display()
        )),
        other => CliError::failed(other),
    })?;
    let id = store_id()?;
    let how = OpenStore { id: &id, engine, damaged_too: false };
    let store = folder.open(how).map_err(CliError::failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(CliError::failed)?;
    let imported = runtime.block_on(store.import(|| File::open(from).map(BufReader::new)));
    close(folder, &store);
    let Counts { users, sessions, clients } = imported.map_err(CliError::failed)?;
    say(format_args!(
        "imported {users} users and {sessions} sessions (and {clients} clients) into {}",
        data.display()
    ))
}

/// Opens the store even if it is damaged; answers also why a server would refuse it.
fn open_to_look(place: &Place) -> Result<(DataFolder, EmbeddedStore, Option<String>), CliError> {
    let (data, engine) = data_folder(place)?;
    refuse_missing(&data, Opening::Existing)?;
    let folder = DataFolder::lock(&data).map_err(CliError::failed)?;
    if !folder.has_store() {
        let data = data.display();
        return Err(CliError::failed(format_args!(
            "there is no store in {data}; name its folder with `--data`"
        )));
    }
    let how = OpenStore { id: "", engine, damaged_too: false };
    match folder.open(how) {
        Ok(store) => Ok((folder, store, None)),
        Err(refusal @ (FolderError::Damaged(..) | FolderError::Lost(..) | FolderError::HalfImported(..))) => {
            let store = folder.open(OpenStore { damaged_too: true, ..how }).map_err(CliError::failed)?;
            Ok((folder, store, Some(refusal.to_string())))
        }
        Err(other) => Err(CliError::failed(other)),
    }
}

fn close(folder: DataFolder, store: &EmbeddedStore) {
    store.close();
    drop(folder);
}
