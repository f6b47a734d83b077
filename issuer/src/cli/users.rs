//! `shelflife users add|list|groups|disable|enable|remove`

use std::io::Read;

use clap::Subcommand;
use zeroize::Zeroizing;

use super::house::Opening;
use super::{CliError, date, say, with_store};
use crate::chance;
use crate::clock::{Clock, SystemClock};
use crate::domain::{NewUserDraw, Password, check_groups, new_user, normalise_name};
use crate::settings::Place;
use crate::store::{Added, EndReason, Ended, UserChange};

const PAGE: usize = 1000;
/// More than any password that is accepted; the rest of standard input is of no interest.
const MAX_INPUT: u64 = 4096;

#[derive(Debug, clap::Args)]
pub(super) struct Users {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a user; asks for the password
    ///
    /// The password never comes from an argument: others could see it in the list of processes. While a
    /// server runs on the data folder, this is refused.
    Add {
        /// What the user types to sign in; upper and lower case are the same
        name: String,
        /// Group the user is in, written into tokens; can be given several times
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
        /// Read the password from standard input (its first line) instead of asking
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        place: Place,
    },
    /// List users, one a line: name, sub, when added, groups
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Put a user into other groups; they are in its tokens from the next exchange on
    Groups {
        /// Name of the user
        name: String,
        /// Group the user is in from now on; can be given several times, and left out for none
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// Lock a user out and end all of its sessions
    Disable {
        /// Name of the user
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let a disabled user in again
    Enable {
        /// Name of the user
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Remove a user and all of its sessions
    Remove {
        /// Name of the user
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Users {
    pub(super) fn run(self) -> Result<(), CliError> {
        match self.action {
            Action::Add { name, groups, password_stdin, place } => add(&name, groups, password_stdin, &place),
            Action::List { place } => list(&place),
            Action::Groups { name, groups, place } => {
                judge_groups(&groups)?;
                change(&name, UserChange { groups: Some(groups), ..UserChange::default() }, &place)
            }
            Action::Disable { name, place } => {
                change(&name, UserChange { disabled: Some(true), ..UserChange::default() }, &place)
            }
            Action::Enable { name, place } => {
                change(&name, UserChange { disabled: Some(false), ..UserChange::default() }, &place)
            }
            Action::Remove { name, place } => remove(&name, &place),
        }
    }
}

fn add(name: &str, groups: Vec<String>, password_stdin: bool, place: &Place) -> Result<(), CliError> {
    let name = normalise_name(name).map_err(CliError::usage)?;
    judge_groups(&groups)?;
    // The folder comes first: nobody should type a password twice to be told that a server is running.
    let (added, sub) = with_store(place, Opening::OrCreate, async |store| {
        let password = if password_stdin { password_from_stdin()? } else { password_from_terminal()? };
        let draw = NewUserDraw {
            sub: chance::bytes().map_err(CliError::failed)?,
            salt: chance::bytes().map_err(CliError::failed)?,
        };
        let user = new_user(name.clone(), &password, groups, false, &draw, SystemClock.now());
        let user = user.map_err(CliError::usage)?;
        let sub = user.sub.clone();
        Ok((store.add_user(user).await.map_err(CliError::failed)?, sub))
    })?;
    match added {
        Added::Done => say(format_args!("added {name} ({sub})")),
        Added::NameTaken => Err(CliError::failed(format_args!("there is a user named {name} already"))),
    }
}

fn judge_groups(groups: &[String]) -> Result<(), CliError> {
    check_groups(groups).map_err(|error| CliError::usage(format_args!("`--group`: {error}")))
}

fn change(name: &str, change: UserChange, place: &Place) -> Result<(), CliError> {
    let name = normalise_name(name).map_err(CliError::usage)?;
    let ended = Ended { at: SystemClock.now().secs(), reason: EndReason::UserDisabled };
    let changed = with_store(place, Opening::Existing, async |store| {
        let Some(user) = store.user_named(&name).map_err(CliError::failed)? else { return Ok(None) };
        store.change_user(&user.sub, change, ended).await.map_err(CliError::failed)
    })?;
    let Some((user, count)) = changed else {
        return Err(CliError::failed(format_args!("there is no user named {name}")));
    };
    let state = if user.disabled { "disabled" } else { "enabled" };
    say(format_args!("{name} is {state}, in the groups `{}`; {count} sessions ended", user.groups.join(",")))
}

fn password_from_stdin() -> Result<Password, CliError> {
    let mut input = Zeroizing::new(String::new());
    std::io::stdin().take(MAX_INPUT).read_to_string(&mut input).map_err(|error| {
        CliError::failed(format_args!("the password cannot be read from standard input: {error}"))
    })?;
    Ok(Password::new(input.lines().next().unwrap_or_default().to_owned()))
}

fn password_from_terminal() -> Result<Password, CliError> {
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| {
            CliError::failed(format_args!(
                "the password cannot be asked for without a terminal ({error}); use `--password-stdin`"
            ))
        })
    };
    let password = ask("Password: ")?;
    if *password != *ask("Again: ")? {
        return Err(CliError::usage("the two passwords differ"));
    }
    Ok(Password::new((*password).clone()))
}

fn list(place: &Place) -> Result<(), CliError> {
    with_store(place, Opening::Existing, async |store| {
        let mut after: Option<String> = None;
        loop {
            let users = store.users(after.as_deref(), PAGE).map_err(CliError::failed)?;
            for user in &users {
                let note = if user.disabled { "  disabled" } else { "" };
                let (added, groups) = (date(user.created_at), user.groups.join(","));
                say(format_args!("{}  {}  {added}  {groups}{note}", user.name, user.sub))?;
            }
            match users.into_iter().last() {
                Some(user) => after = Some(user.name),
                None => return Ok(()),
            }
        }
    })
}

fn remove(name: &str, place: &Place) -> Result<(), CliError> {
    let name = normalise_name(name).map_err(CliError::usage)?;
    let removed = with_store(place, Opening::Existing, async |store| {
        store.remove_user(&name, SystemClock.now().secs()).await.map_err(CliError::failed)
    })?;
    if removed {
        return say(format_args!("removed {name} and all of its sessions"));
    }
    Err(CliError::failed(format_args!("there is no user named {name}")))
}
