//! Making lists: the issuer's half.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::Write as _;

use super::prefix::{PREFIX_BYTES, SessionPrefix};
use super::table::UserCutoff;
use crate::{SigningKey, base64url, header::ALGORITHM};

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RevocationList {
    /// Issuer.
    pub iss: String,
    /// Issued at.
    pub iat: u64,
    /// Sequence number of the latest entry.
    pub seq: u64,
    /// Seconds for which the list may be used.
    pub max_age: u64,
    /// A delta: everything later than this. `None`: a snapshot.
    pub since: Option<u64>,
    /// Sessions, and the second from which none of their tokens is fresh. It is rounded up to a minute.
    pub sessions: Vec<(SessionPrefix, u64)>,
    /// Users.
    pub users: Vec<UserCutoff>,
    /// Names of keys.
    pub keys: Vec<String>,
}

impl SigningKey {
    /// Signs a list of revocations.
    pub fn sign_revocations(&self, list: &RevocationList) -> String {
        // A thumbprint needs no escaping.
        let header =
            [r#"{"alg":""#, ALGORITHM, r#"","typ":""#, super::TYPE, r#"","kid":""#, self.kid(), r#""}"#]
                .concat();
        let mut text = base64url::encode(header.as_bytes());
        text.push('.');
        text.push_str(&base64url::encode(payload(list).as_bytes()));
        let signature = self.secret().sign(text.as_bytes());
        text.push('.');
        text.push_str(&base64url::encode(&signature));
        text
    }
}

fn payload(list: &RevocationList) -> String {
    let RevocationList { iss, iat, seq, max_age, since, sessions, users, keys } = list;
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write!(text, r#"{{"iss":{},"iat":{iat},"seq":{seq},"max_age":{max_age}"#, quoted(iss));
    if let Some(since) = since {
        let _ = write!(text, r#","since":{since}"#);
    }
    text.push_str(r#","sessions":["#);
    grouped(&mut text, sessions);
    text.push_str(r#"],"users":["#);
    for (at, UserCutoff { sub, before, until }) in users.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(text, "{comma}[{},{before},{until}]", quoted(sub));
    }
    text.push_str(r#"],"keys":["#);
    for (at, kid) in keys.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(text, "{comma}{}", quoted(kid));
    }
    text.push_str("]}");
    text
}

/// One group for each minute: the time is written once for many sessions.
fn grouped(text: &mut String, sessions: &[(SessionPrefix, u64)]) {
    let minute = |until: u64| until.div_ceil(60).saturating_mul(60);
    let mut sorted: Vec<(u64, SessionPrefix)> =
        sessions.iter().map(|(prefix, until)| (minute(*until), *prefix)).collect();
    sorted.sort_unstable();
    sorted.dedup();
    for (at, group) in sorted.chunk_by(|a, b| a.0 == b.0).enumerate() {
        let mut bytes = Vec::with_capacity(group.len().saturating_mul(PREFIX_BYTES));
        bytes.extend(group.iter().flat_map(|(_, prefix)| prefix.0));
        let until = group.first().map_or(0, |(until, _)| *until);
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(text, r#"{comma}[{until},"{}"]"#, base64url::encode(&bytes));
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
