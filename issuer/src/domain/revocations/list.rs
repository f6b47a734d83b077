//! A signed list as it is handed out.

use shelflife_token::{RevocationList, SessionPrefix, UserCutoff};

use crate::domain::Issuer;
use crate::store::{Revoked, RevokedWhat};

/// A snapshot, or what came after an earlier one, signed.
#[derive(Debug)]
pub struct SignedList {
    /// The JWS.
    pub text: String,
    /// The `seq` up to which it tells.
    pub seq: u64,
    /// When it was signed.
    pub iat: u64,
    /// What it begins after; `None`: a snapshot.
    pub since: Option<u64>,
}

impl SignedList {
    /// A name of exactly these bytes.
    pub fn tag(&self) -> String {
        // What differs between two lists of one moment, signed by two keys, is in the signature.
        let signature = self.text.get(self.text.len().saturating_sub(12)..).unwrap_or_default();
        match self.since {
            None => format!("{}.{}.{signature}", self.seq, self.iat),
            Some(since) => format!("{since}-{}.{}.{signature}", self.seq, self.iat),
        }
    }

    pub(super) fn sign<'a>(
        issuer: &Issuer,
        entries: impl Iterator<Item = &'a Revoked>,
        (since, seq): (Option<u64>, u64),
        max_age: u64,
        now: u64,
    ) -> SignedList {
        let mut list = RevocationList {
            iss: issuer.name().to_owned(),
            iat: now,
            seq,
            max_age,
            since,
            keys: issuer.keyring().killed().to_vec(),
            ..RevocationList::default()
        };
        for entry in entries {
            match &entry.what {
                RevokedWhat::Session(sid) => list.sessions.push((SessionPrefix::of(sid), entry.until)),
                RevokedWhat::User { sub, before } => {
                    list.users.push(UserCutoff { sub: sub.clone(), before: *before, until: entry.until });
                }
            }
        }
        SignedList { text: issuer.keyring().sign_revocations(&list), seq, iat: now, since }
    }
}
