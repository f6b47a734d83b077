//! Reads every record and every index entry, and says what does not fit together.

use std::collections::HashSet;

use super::api::{CheckReport, StoreError};
use super::codec::{EXPIRIES, SESSIONS, USERS, decode, owner_key, session_key, split_expiry_key, user_key};
use super::commit::View;
use super::engine::Row;
use super::records::{Session, User};

/// Rows fetched at a time.
const PAGE: usize = 1000;

pub(super) fn check(view: &View) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    check_sessions(view, &mut report)?;
    check_users(view, &mut report)?;
    check_expiries(view, &mut report)?;
    Ok(report)
}

fn check_sessions(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut unlisted = Vec::new();
    for_each(view, SESSIONS, |(key, value)| {
        let name = printable(key);
        match decode::<Session>(value) {
            Ok(session) if session_key(&session.sid) != *key => {
                report.problems.push(format!("{name} holds the record of another session"));
            }
            Ok(session) => {
                report.sessions += 1;
                unlisted.push((name, owner_key(&session.sub, &session.sid)));
            }
            Err(error) => report.problems.push(format!("{name}: {error}")),
        }
    })?;
    for (name, key) in unlisted {
        if view.get(&key)?.is_none() {
            report.problems.push(format!("{name} is missing from the list of its owner"));
        }
    }
    Ok(())
}

fn check_users(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    for_each(view, USERS, |(key, value)| {
        let name = printable(key);
        match decode::<User>(value) {
            Ok(user) if user_key(&user.name) != *key => {
                report.problems.push(format!("{name} holds the record of another user"));
            }
            Ok(_) => report.users += 1,
            Err(error) => report.problems.push(format!("{name}: {error}")),
        }
    })
}

/// A session without an expiry entry would never be purged.
fn check_expiries(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut scheduled = HashSet::new();
    for_each(view, EXPIRIES, |(key, _)| match split_expiry_key(key) {
        Some((_, sid)) => drop(scheduled.insert(sid.as_bytes().to_vec())),
        None => report.problems.push("an expiry entry cannot be read".to_owned()),
    })?;
    for_each(view, SESSIONS, |(key, _)| {
        let known = key.strip_prefix(SESSIONS).is_some_and(|sid| scheduled.contains(sid));
        if !known {
            report.problems.push(format!("{} is missing from the expiry index", printable(key)));
        }
    })
}

/// Every row under `prefix`, a page at a time.
fn for_each(view: &View, prefix: &[u8], mut visit: impl FnMut(&Row)) -> Result<(), StoreError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = view.scan(prefix, after.as_deref(), PAGE)?;
        rows.iter().for_each(&mut visit);
        match rows.into_iter().last() {
            Some((key, _)) => after = Some(key),
            None => return Ok(()),
        }
    }
}

fn printable(key: &[u8]) -> String {
    String::from_utf8_lossy(key).escape_debug().to_string()
}
