//! The file of an export: a header, one record a line, and a last line that says how many there were.

use std::io::BufRead;

use serde::{Deserialize, Serialize};

use super::import::ImportError;
use crate::store::records::{Client, Session, User};

/// Version of the file. The header line says it.
pub(super) const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) shelflife_export: u32,
}

/// Any other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    User(Box<User>),
    Session(Box<Session>),
    Client(Client),
    /// A user who is kept elsewhere and is locked out here; counted with the users.
    Lockout {
        sub: String,
        at: u64,
    },
    /// The last one: a file that was cut has none.
    End(Counts),
}

/// How many records there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Users.
    pub users: u64,
    /// Sessions.
    pub sessions: u64,
    /// Clients; files that were written before there were any do not say.
    #[serde(default)]
    pub clients: u64,
}

impl Counts {
    pub(super) fn add(&mut self, line: &Line) {
        match line {
            Line::User(_) | Line::Lockout { .. } => self.users += 1,
            Line::Session(_) => self.sessions += 1,
            Line::Client(_) => self.clients += 1,
            Line::End(_) => {}
        }
    }
}

/// Reads the records of a file, and whether it is whole. Each comes with the number of its line.
pub(super) struct Lines<R> {
    lines: std::io::Lines<R>,
    number: u64,
    seen: Counts,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Result<Lines<R>, ImportError> {
        let mut lines = reader.lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        match serde_json::from_str::<Header>(&first) {
            Ok(header) if header.shelflife_export == VERSION => {
                Ok(Lines { lines, number: 1, seen: Counts::default(), ended: false })
            }
            Ok(header) => Err(ImportError::OtherVersion(header.shelflife_export)),
            Err(_) => Err(ImportError::NotAnExport),
        }
    }

    /// Records seen so far.
    pub(super) fn seen(&self) -> Counts {
        self.seen
    }

    fn read(&mut self, text: &str) -> Result<Option<(u64, Line)>, ImportError> {
        // The text of the error would show the line, and there are password hashes in it.
        let line: Line = serde_json::from_str(text).map_err(|_| ImportError::BadLine(self.number))?;
        self.seen.add(&line);
        match line {
            _ if self.ended => Err(ImportError::BadLine(self.number)),
            Line::End(counts) if counts == self.seen => {
                self.ended = true;
                Ok(None)
            }
            Line::End(_) => Err(ImportError::Cut),
            record => Ok(Some((self.number, record))),
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<(u64, Line), ImportError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(text) = self.lines.next() else {
                return if self.ended { None } else { Some(Err(ImportError::Cut)) };
            };
            self.number += 1;
            match text.map_err(ImportError::from).and_then(|text| self.read(&text)) {
                Ok(Some(record)) => return Some(Ok(record)),
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
