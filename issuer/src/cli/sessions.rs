//! `shelflife sessions list|end`

use clap::Subcommand;

use super::house::Opening;
use super::{CliError, date, say, with_store};
use crate::clock::{Clock, SystemClock};
use crate::settings::Place;
use crate::store::{EndReason, Ended, Session};

const PAGE: usize = 1000;

#[derive(Debug, clap::Args)]
pub(super) struct Sessions {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List sessions, one a line: id, sub, generation, signed in, end of the refresh window, device, and why
    /// it ended
    List {
        /// Only those of this user (`sub`, as `shelflife users list` shows it)
        #[arg(long, value_name = "SUB", allow_hyphen_values = true)]
        sub: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// End a session
    End {
        /// Its id
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        session: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Sessions {
    pub(super) fn run(self) -> Result<(), CliError> {
        match self.action {
            Action::List { sub, place } => list(sub.as_deref(), &place),
            Action::End { session, place } => end(&session, &place),
        }
    }
}

fn list(sub: Option<&str>, place: &Place) -> Result<(), CliError> {
    with_store(place, Opening::Existing, async |store| {
        let mut after: Option<String> = None;
        loop {
            let sessions = store.sessions(after.as_deref(), PAGE).map_err(CliError::failed)?;
            for session in sessions.iter().filter(|session| sub.is_none_or(|sub| session.sub == sub)) {
                say(format_args!("{}", line(session)))?;
            }
            match sessions.into_iter().last() {
                Some(session) => after = Some(session.sid),
                None => return Ok(()),
            }
        }
    })
}

fn line(session: &Session) -> String {
    let end = session
        .ended
        .map_or(String::new(), |ended| format!("  {} {}", date(ended.at), ended.reason.as_str()));
    format!(
        "{}  {}  {}  {}  {}  {}{end}",
        session.sid,
        session.sub,
        session.generation,
        date(session.created_at),
        date(session.exp),
        session.device.as_deref().unwrap_or("-"),
    )
}

fn end(sid: &str, place: &Place) -> Result<(), CliError> {
    let ended = Ended { at: SystemClock.now().secs(), reason: EndReason::EndedByOperator };
    if with_store(place, Opening::Existing, async |store| {
        store.end(sid, ended).await.map_err(CliError::failed)
    })? {
        return say(format_args!("ended {sid}"));
    }
    Err(CliError::failed(format_args!("there is no living session {sid}")))
}
