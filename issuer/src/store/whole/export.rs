//! Carries a store away: JSON lines that do not depend on the engine or on the layout of records.

use std::io::{self, Write};

use super::lines::{Counts, Header, Line, VERSION};
use super::rows::{for_each, printable};
use crate::store::api::{Store, StoreError};
use crate::store::codec::{CLIENTS, LOCKOUTS, SESSIONS, USERS, decode, is_known};
use crate::store::embedded::EmbeddedStore;
use crate::store::engine::Row;
use crate::store::records::{Lockout, Session};

/// What an export wrote, and what it had to leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// Records written.
    pub counts: Counts,
    /// One sentence for each thing that could not be read.
    pub left_out: Vec<String>,
}

/// Why an export did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The output does not take it.
    #[error("the export cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The store cannot be read.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Something in it cannot be read, or is not known.
    #[error("{0}; `--salvage` exports what can be read")]
    Unreadable(String),
}

impl EmbeddedStore {
    /// Writes all users, clients and sessions to `out`. Hashes of passwords and secrets are part of it. With
    /// `salvage` what cannot be read is left out and named.
    ///
    /// # Errors
    /// When `out` refuses; without `salvage` also when something cannot be read.
    pub fn export(&self, out: &mut dyn Write, salvage: bool) -> Result<Exported, ExportError> {
        let mut exported = Exported::default();
        write_line(out, &Header { shelflife_export: VERSION })?;
        // Whole kinds one after the other: where a scan breaks off, the next kind still has its chance.
        for prefix in [USERS, LOCKOUTS, CLIENTS, SESSIONS, b""] {
            let outcome = for_each(
                |after, limit| Ok(self.view().scan(prefix, after, limit)?),
                |row| self.export_row(row, prefix, out, salvage, &mut exported),
            );
            match outcome {
                Err(ExportError::Store(error)) if salvage => exported.left_out.push(error.to_string()),
                other => other?,
            }
        }
        write_line(out, &Line::End(exported.counts))?;
        Ok(exported)
    }

    fn export_row(
        &self,
        (key, value): &Row,
        prefix: &[u8],
        out: &mut dyn Write,
        salvage: bool,
        exported: &mut Exported,
    ) -> Result<(), ExportError> {
        let line = match prefix {
            USERS => decode(value).map(|user| Some(Line::User(Box::new(user)))),
            LOCKOUTS => lockout_at(key, value).map(Some),
            CLIENTS => decode(value).map(|client| Some(Line::Client(client))),
            SESSIONS => self.session_at(key).map(|session| session.map(|it| Line::Session(Box::new(it)))),
            // Everything else is derived from these, or belongs to this one store.
            _ if is_known(key) => Ok(None),
            _ => Err(StoreError::Damaged("it is of a kind this program does not know")),
        };
        match line {
            Ok(Some(line)) => {
                write_line(out, &line)?;
                exported.counts.add(&line);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => {
                let problem = format!("{}: {error}", printable(key));
                if !salvage {
                    return Err(ExportError::Unreadable(problem));
                }
                exported.left_out.push(problem);
                Ok(())
            }
        }
    }

    /// The session of a key, as far as exchanges have carried it.
    fn session_at(&self, key: &[u8]) -> Result<Option<Session>, StoreError> {
        let sid = key.strip_prefix(SESSIONS).and_then(|sid| std::str::from_utf8(sid).ok());
        self.find(sid.ok_or(StoreError::Damaged("its key is not text"))?)
    }
}

fn lockout_at(key: &[u8], value: &[u8]) -> Result<Line, StoreError> {
    let sub = key.strip_prefix(LOCKOUTS).and_then(|sub| std::str::from_utf8(sub).ok());
    let sub = sub.ok_or(StoreError::Damaged("its key is not text"))?.to_owned();
    let Lockout { at } = decode(value)?;
    Ok(Line::Lockout { sub, at })
}

fn write_line(out: &mut dyn Write, line: &impl serde::Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    out.write_all(&text)
}
