//! `shelflife clients add|list|remove`

use clap::{Subcommand, ValueEnum};

use super::house::Opening;
use super::{CliError, date, say, with_store};
use crate::chance;
use crate::clock::{Clock, SystemClock};
use crate::domain::{Role, new_client};
use crate::settings::Place;
use crate::store::Added;

const PAGE: usize = 1000;

#[derive(Debug, clap::Args)]
pub(super) struct Clients {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a client and print its secret, once
    ///
    /// The secret is the only line on standard output; only a hash of it is kept. While a server runs on the data
    /// folder, this is refused.
    Add {
        /// Its id, which is the `client_id` of the sessions it opens
        id: String,
        /// What it may do; can be given several times
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<RoleName>,
        #[command(flatten)]
        place: Place,
    },
    /// List clients, one a line: id, when added, roles
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Remove a client; the sessions it opened stay
    Remove {
        /// Its id
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleName {
    /// Open sessions for users it has authenticated itself
    Sessions,
    /// Look after users and their sessions
    Admin,
}

impl Clients {
    pub(super) fn run(self) -> Result<(), CliError> {
        match self.action {
            Action::Add { id, roles, place } => add(id, &roles, &place),
            Action::List { place } => list(&place),
            Action::Remove { id, place } => remove(&id, &place),
        }
    }
}

fn add(id: String, names: &[RoleName], place: &Place) -> Result<(), CliError> {
    let mut roles = Vec::new();
    for (name, role) in [(RoleName::Sessions, Role::Sessions), (RoleName::Admin, Role::Admin)] {
        if names.contains(&name) {
            roles.push(role);
        }
    }
    let draw = chance::bytes().map_err(CliError::failed)?;
    let (client, secret) = new_client(id, roles, &draw, SystemClock.now()).map_err(CliError::usage)?;
    let id = client.id.clone();
    let added = with_store(place, Opening::OrCreate, async |store| {
        store.add_client(client).await.map_err(CliError::failed)
    })?;
    match added {
        Added::Done => say(format_args!("{}", secret.reveal())),
        Added::NameTaken => Err(CliError::failed(format_args!("there is a client {id} already"))),
    }
}

fn list(place: &Place) -> Result<(), CliError> {
    with_store(place, Opening::Existing, async |store| {
        let mut after: Option<String> = None;
        loop {
            let clients = store.clients(after.as_deref(), PAGE).map_err(CliError::failed)?;
            for client in &clients {
                let roles: Vec<_> = client.roles.iter().map(|role| role.as_str()).collect();
                say(format_args!("{}  {}  {}", client.id, date(client.created_at), roles.join(",")))?;
            }
            match clients.into_iter().last() {
                Some(client) => after = Some(client.id),
                None => return Ok(()),
            }
        }
    })
}

fn remove(id: &str, place: &Place) -> Result<(), CliError> {
    let removed = with_store(place, Opening::Existing, async |store| {
        store.remove_client(id).await.map_err(CliError::failed)
    })?;
    if removed {
        return say(format_args!("removed {id}"));
    }
    Err(CliError::failed(format_args!("there is no client {id}")))
}
