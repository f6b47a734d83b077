//! Somebody who changes the password again and again, and must get in with the last one that was acknowledged.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::client::{member, post, post_json_as};
use crate::{LOGIN, binary};

const NAME: &str = "keeper";
/// Who typed a wrong password is made to wait a little.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Keeper {
    /// How often the password was changed: it says so.
    changes: u64,
    /// A change was asked for and not answered.
    under_way: bool,
    /// From the last sign-in.
    token: Option<String>,
}

impl Keeper {
    /// Adds the user to a data folder that no server uses.
    pub(super) fn new(data: &Path, store: &str) -> Keeper {
        let mut add = Command::new(binary());
        add.args(["users", "add", NAME, "--password-stdin", "--store", store, "--data"]).arg(data);
        let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the binary starts");
        let mut input = child.stdin.take().expect("a pipe");
        writeln!(input, "{}", password(0)).expect("the command reads");
        drop(input);
        assert!(child.wait().expect("an end").success(), "`users add` failed");
        Keeper { changes: 0, under_way: false, token: None }
    }

    /// Changes the password until an answer does not come; one sentence if one is not as it must be.
    pub(super) fn work(&mut self, address: &str) -> Option<String> {
        self.under_way = false;
        if self.token.is_none() && self.signs_in(address, self.changes) != 200 {
            return None;
        }
        let token = self.token.clone()?;
        loop {
            self.under_way = true;
            let body = json!({
                "current_password": password(self.changes), "new_password": password(self.changes + 1),
            });
            let status = post_json_as(address, "/password", &token, &body.to_string())?;
            self.under_way = false;
            match status {
                200 => self.changes += 1,
                // Too many hashes at once; that is an honest answer.
                503 => std::thread::sleep(Duration::from_millis(5)),
                other => return Some(format!("a change of the password got {other}")),
            }
        }
    }

    /// After the restart: the last password that was acknowledged is the password, or the one that was on its way.
    pub(super) fn gets_in(&mut self, address: &str) -> Option<String> {
        let last = self.signs_in(address, self.changes);
        if last == 200 {
            return None;
        }
        if self.under_way && self.signs_in(address, self.changes + 1) == 200 {
            self.changes += 1;
            return None;
        }
        Some(format!("password {} was acknowledged, and a sign-in with it got {last}", self.changes))
    }

    /// The status of the answer; 0 when there is none.
    fn signs_in(&mut self, address: &str, changes: u64) -> u16 {
        let Some((status, answer)) = login(address, changes) else { return 0 };
        self.token = (status == 200).then(|| member(&answer, "refresh_token"));
        status
    }

    pub(super) fn changes(&self) -> u64 {
        self.changes
    }
}

fn login(address: &str, changes: u64) -> Option<(u16, String)> {
    let since = Instant::now();
    loop {
        let body =
            json!({ "username": NAME, "password": password(changes), "remember_me": true }).to_string();
        let answer = post(address, LOGIN, "application/json", &body)?;
        if !matches!(answer.0, 429 | 503) || since.elapsed() > PATIENCE {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn password(changes: u64) -> String {
    format!("correct horse battery {changes}")
}
