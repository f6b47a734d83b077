//! Fills an empty store from an export.

use std::io::{self, BufRead};

use super::lines::{Counts, Line, Lines};
use crate::store::api::StoreError;
use crate::store::codec::{
    CLIENTS, IMPORTING, SESSIONS, USERS, client_key, encode, ended_key, expiry_key, lockout_key, owned_key,
    session_key, user_id_key, user_key,
};
use crate::store::commit::Staging;
use crate::store::embedded::EmbeddedStore;
use crate::store::records::Lockout;
use crate::store::revoked::list_sessions;

/// Records written in one commit.
const BATCH: usize = 1000;

/// Why an import did not take place, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The first line is not the header.
    #[error("the file is not an export: its first line is not `{{\"shelflife_export\":1}}`")]
    NotAnExport,
    /// Written by a later program.
    #[error("the file is of version {0}, and this program reads version 1; use the program that wrote it")]
    OtherVersion(u32),
    /// A line is not a record.
    #[error("line {0} of the file is not a record")]
    BadLine(u64),
    /// The last line is missing, or counts other records than there are.
    #[error("the file is not whole: its last line does not count the records that are in it")]
    Cut,
    /// Two records are the same thing.
    #[error("line {0} of the file is a second record of the same user, client or session")]
    Doubled(u64),
    /// The store has something in it.
    #[error("the store is not empty; import into a new data folder")]
    NotEmpty,
    /// The store refuses.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl EmbeddedStore {
    /// Fills this store, which must be empty, from an export. `open` gives the file from its beginning, twice:
    /// it is read to its end before anything is written.
    ///
    /// # Errors
    /// When the file is not a whole export or the store is not empty, and then nothing was written; when the
    /// store fails, and then it will not open again before it was cleared.
    pub async fn import<R: BufRead>(&self, open: impl Fn() -> io::Result<R>) -> Result<Counts, ImportError> {
        for line in Lines::new(open()?)? {
            line?;
        }
        if !self.committer().write(begin).await? {
            return Err(ImportError::NotEmpty);
        }
        let mut lines = Lines::new(open()?)?;
        loop {
            let batch = lines.by_ref().take(BATCH).collect::<Result<Vec<_>, _>>()?;
            if batch.is_empty() {
                break;
            }
            if let Some(number) = self.committer().write(move |staging| put_all(staging, &batch)).await? {
                return Err(ImportError::Doubled(number));
            }
        }
        let seen = lines.seen();
        self.committer().write(finish).await?;
        Ok(seen)
    }
}

/// `false`: the store is not empty. From here to [`finish`] it counts as half.
fn begin(staging: &mut Staging<'_>) -> Result<bool, StoreError> {
    for prefix in [USERS, CLIENTS, SESSIONS] {
        if !staging.scan(prefix, None, 1)?.is_empty() {
            return Ok(false);
        }
    }
    if staging.get(IMPORTING)?.is_some() {
        return Ok(false);
    }
    staging.put(IMPORTING.to_vec(), Vec::new());
    Ok(true)
}

fn finish(staging: &mut Staging<'_>) -> Result<(), StoreError> {
    staging.remove(IMPORTING.to_vec());
    Ok(())
}

/// The line of the first record that is there already.
fn put_all(staging: &mut Staging<'_>, lines: &[(u64, Line)]) -> Result<Option<u64>, StoreError> {
    for (number, line) in lines {
        let is_new = match line {
            Line::User(user) => {
                put_new(staging, user_key(&user.name), encode(user.as_ref())?)?
                    && put_new(staging, user_id_key(&user.sub), user.name.as_bytes().to_vec())?
            }
            Line::Session(session) => {
                if let Some(ended) = session.ended {
                    list_sessions(staging, std::slice::from_ref(session), ended.at)?;
                    staging.put(ended_key(&session.sub, ended.at, &session.sid), Vec::new());
                }
                staging.put(owned_key(&session.sub, session.created_at, &session.sid), Vec::new());
                staging.put(expiry_key(session.exp, &session.sid), Vec::new());
                put_new(staging, session_key(&session.sid), encode(session.as_ref())?)?
            }
            Line::Lockout { sub, at } => put_new(staging, lockout_key(sub), encode(&Lockout { at: *at })?)?,
            Line::Client(client) => put_new(staging, client_key(&client.id), encode(client)?)?,
            Line::End(_) => true,
        };
        if !is_new {
            return Ok(Some(*number));
        }
    }
    Ok(None)
}

fn put_new(staging: &mut Staging<'_>, key: Vec<u8>, value: Vec<u8>) -> Result<bool, StoreError> {
    let is_new = staging.get(&key)?.is_none();
    staging.put(key, value);
    Ok(is_new)
}
