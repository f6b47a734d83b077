//! The look at a store before it is served from: everything can be read.

use super::rows::{for_each, printable};
use crate::store::api::StoreError;
use crate::store::codec::{CLIENTS, LOCKOUTS, PROGRESS, SESSIONS, USERS, decode};
use crate::store::engine::Engine;
use crate::store::records::{Client, Lockout, Progress, Session, User};

/// Reads every row once, and every record in it; says what could not be read. Keeps nothing in memory.
pub(in crate::store) fn verify(engine: &dyn Engine) -> Result<(), String> {
    for_each(
        |after, limit| engine.scan(b"", after, limit).map_err(|error| error.0),
        |(key, value)| {
            let readable = match key {
                key if key.starts_with(SESSIONS) => decode::<Session>(value).map(drop),
                key if key.starts_with(PROGRESS) => decode::<Progress>(value).map(drop),
                key if key.starts_with(USERS) => decode::<User>(value).map(drop),
                key if key.starts_with(CLIENTS) => decode::<Client>(value).map(drop),
                key if key.starts_with(LOCKOUTS) => decode::<Lockout>(value).map(drop),
                _ => Ok(()),
            };
            readable.map_err(|error: StoreError| format!("{}: {error}", printable(key)))
        },
    )
}
