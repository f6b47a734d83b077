//! Reads every record and every index entry, and says what does not fit together.

use std::collections::HashSet;

use super::rows::{for_each, printable};
use crate::store::api::{CheckReport, StoreError};
use crate::store::codec::{
    CLIENTS, ENDED, EXPIRIES, LOCKOUTS, OWNED, OWNED_UNORDERED, PROGRESS, SESSIONS, USER_IDS, USERS,
    client_key, decode, ended_key, owned_key, session_key, split_expiry_key, user_id_key, user_key,
};
use crate::store::commit::View;
use crate::store::engine::Row;
use crate::store::records::{Client, Lockout, Progress, Session, User};

pub(in crate::store) fn check(view: &View) -> Result<CheckReport, StoreError> {
    let mut report = CheckReport::default();
    let mut owned = Listed::default();
    // What one part of the engine cannot read says nothing about the others.
    let outcomes = [
        ("sessions", check_sessions(view, &mut report, &mut owned)),
        ("progress of sessions", check_progress(view, &mut report)),
        ("lists of owners", check_listed(view, &mut report, OWNED, &owned.all)),
        ("lists of ended sessions", check_listed(view, &mut report, ENDED, &owned.ended)),
        ("lists of earlier programs", check_listed(view, &mut report, OWNED_UNORDERED, &HashSet::new())),
        ("users", check_users(view, &mut report)),
        ("clients", check_clients(view, &mut report)),
        ("lockouts", check_lockouts(view, &mut report)),
        ("expiry index", check_expiries(view, &mut report)),
        ("index of user ids", check_user_ids(view, &mut report)),
        ("store", check_kinds(view, &mut report)),
    ];
    for (what, outcome) in outcomes {
        match outcome {
            Ok(()) => {}
            // That is no finding about the store.
            Err(error @ (StoreError::Closed | StoreError::Failed | StoreError::Reopening)) => {
                return Err(error);
            }
            Err(error) => report.problems.push(format!("the {what} cannot be read to the end: {error}")),
        }
    }
    Ok(report)
}

/// The rows that the lists of owners must have.
#[derive(Default)]
struct Listed {
    all: HashSet<Vec<u8>>,
    ended: HashSet<Vec<u8>>,
}

fn each(
    view: &View,
    prefix: &[u8],
    mut visit: impl FnMut(&Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    for_each(|after, limit| view.scan(prefix, after, limit), |row| visit(row))
}

fn check_sessions(view: &View, report: &mut CheckReport, owned: &mut Listed) -> Result<(), StoreError> {
    each(view, SESSIONS, |(key, value)| {
        match decode::<Session>(value) {
            Ok(session) if session_key(&session.sid) != *key => {
                report.problems.push(format!("{} holds the record of another session", printable(key)));
            }
            Ok(session) => {
                report.sessions += 1;
                let Session { sid, sub, .. } = &session;
                owned.all.insert(owned_key(sub, session.created_at, sid));
                owned.ended.extend(session.ended.map(|ended| ended_key(sub, ended.at, sid)));
            }
            Err(error) => report.problems.push(format!("{}: {error}", printable(key))),
        }
        Ok(())
    })
}

/// Numbers lie beside a record, and are ahead of it.
fn check_progress(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    each(view, PROGRESS, |(key, value)| {
        let sid = key.strip_prefix(PROGRESS).unwrap_or_default();
        let record = view.get(&[SESSIONS, sid].concat())?;
        match (decode::<Progress>(value), record.as_deref().map(decode::<Session>)) {
            (Err(error), _) => report.problems.push(format!("{}: {error}", printable(key))),
            (Ok(_), None) => {
                report.problems.push(format!("{} belongs to a session that is not there", printable(key)));
            }
            (Ok(progress), Some(Ok(session))) if progress.revision <= session.revision => {
                report.problems.push(format!("{} is not ahead of its session", printable(key)));
            }
            // A record that cannot be read was named already.
            (Ok(_), Some(_)) => {}
        }
        Ok(())
    })
}

/// Every session is in the list of its owner, every ended one also in the other list, and the lists hold nothing else.
fn check_listed(
    view: &View,
    report: &mut CheckReport,
    list: &[u8],
    owned: &HashSet<Vec<u8>>,
) -> Result<(), StoreError> {
    let mut listed = 0;
    each(view, list, |(key, _)| {
        if owned.contains(key) {
            listed += 1;
        } else {
            report.problems.push(format!("{} lists a session that is not there", printable(key)));
        }
        Ok(())
    })?;
    if listed == owned.len() {
        return Ok(());
    }
    for key in owned {
        if view.get(key)?.is_none() {
            report.problems.push(format!("{} is missing from the list of its owner", printable(key)));
        }
    }
    Ok(())
}

fn check_users(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    each(view, USERS, |(key, value)| {
        match decode::<User>(value) {
            Ok(user) if user_key(&user.name) != *key => {
                report.problems.push(format!("{} holds the record of another user", printable(key)));
            }
            Ok(user) => {
                report.users += 1;
                if view.get(&user_id_key(&user.sub))?.as_deref() != Some(user.name.as_bytes()) {
                    report.problems.push(format!("{} is not found by its id", printable(key)));
                }
            }
            Err(error) => report.problems.push(format!("{}: {error}", printable(key))),
        }
        Ok(())
    })
}

fn check_clients(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    each(view, CLIENTS, |(key, value)| {
        match decode::<Client>(value) {
            Ok(client) if client_key(&client.id) != *key => {
                report.problems.push(format!("{} holds the record of another client", printable(key)));
            }
            Ok(_) => {}
            Err(error) => report.problems.push(format!("{}: {error}", printable(key))),
        }
        Ok(())
    })
}

fn check_lockouts(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    each(view, LOCKOUTS, |(key, value)| {
        if let Err(error) = decode::<Lockout>(value) {
            report.problems.push(format!("{}: {error}", printable(key)));
        }
        Ok(())
    })
}

fn check_user_ids(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    each(view, USER_IDS, |(key, name)| {
        if view.get(&[USERS, name.as_slice()].concat())?.is_none() {
            report.problems.push(format!("{} names a user that is not there", printable(key)));
        }
        Ok(())
    })
}

/// A session without an expiry entry would never be purged. An entry without a session is what a removed
/// user leaves, and what the purge clears away.
fn check_expiries(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    let mut scheduled = HashSet::new();
    each(view, EXPIRIES, |(key, _)| {
        match split_expiry_key(key) {
            Some((_, sid)) => drop(scheduled.insert(sid.as_bytes().to_vec())),
            None => report.problems.push("an expiry entry cannot be read".to_owned()),
        }
        Ok(())
    })?;
    each(view, SESSIONS, |(key, _)| {
        let known = key.strip_prefix(SESSIONS).is_some_and(|sid| scheduled.contains(sid));
        if !known {
            report.problems.push(format!("{} is missing from the expiry index", printable(key)));
        }
        Ok(())
    })
}

/// Rows of a kind that this program does not write.
fn check_kinds(view: &View, report: &mut CheckReport) -> Result<(), StoreError> {
    each(view, b"", |(key, _)| {
        if !crate::store::codec::is_known(key) {
            report.problems.push(format!("{} is of a kind this program does not know", printable(key)));
        }
        Ok(())
    })
}
