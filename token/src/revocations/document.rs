//! From text to entries. Nothing in the claims is looked at before the signature holds.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use super::code::{RevocationCode, RevocationError};
use super::prefix::{PREFIX_BYTES, SessionPrefix};
use super::table::{Cutoff, Listing, name, pack};
use crate::{
    KeySet, base64url,
    json::{self, Object, Value},
};

/// A list that the issuer signed. Says nothing of *when*: judge age and sequence next.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) kid: String,
    pub(super) iss: String,
    pub(super) iat: u64,
    pub(super) seq: u64,
    pub(super) max_age: u64,
    /// `None`: a snapshot.
    pub(super) since: Option<u64>,
    pub(super) listing: Listing,
}

/// Takes a list apart and checks who signed it.
pub(super) fn read(text: &str, max_bytes: usize, keys: &KeySet) -> Result<Document, RevocationError> {
    if text.len() > max_bytes {
        return Err(RevocationError::new(RevocationCode::TooLong, "the list is longer than the limit"));
    }
    let (signed, signature) = text.rsplit_once('.').ok_or_else(|| malformed("has no signature"))?;
    let (header, payload) = signed.split_once('.').ok_or_else(|| malformed("has no payload"))?;
    if payload.contains('.') {
        return Err(malformed("has more than three parts"));
    }
    let decode = |part| base64url::decode(part).ok_or_else(|| malformed("is not strict base64url"));
    let (kid, signature) = (key_of(&decode(header)?)?, decode(signature)?);
    let holds = keys.verify(&kid, signed.as_bytes(), &signature).ok_or(UNKNOWN_KEY)?;
    if !holds {
        return Err(RevocationError::new(RevocationCode::BadSignature, "the signature does not hold"));
    }
    let payload = decode(payload)?;
    let claims = json::parse_object(&payload).map_err(malformed)?;
    claims_of(&claims, kid).ok_or_else(|| malformed("has claims that are missing, or of another type"))
}

const fn malformed(fault: json::Fault) -> RevocationError {
    RevocationError::new(RevocationCode::Malformed, fault)
}

pub(super) const UNKNOWN_KEY: RevocationError =
    RevocationError::new(RevocationCode::UnknownKey, "no key with this `kid` may sign lists");

/// The `kid` of a header that has exactly `alg`, `typ` and `kid`.
fn key_of(header: &[u8]) -> Result<String, RevocationError> {
    let header = json::parse_object(header).map_err(malformed)?;
    let text = |name| header.get(name).and_then(Value::as_text).unwrap_or_default();
    if !matches!(text("alg"), "Ed25519" | "EdDSA") {
        return Err(RevocationError::new(RevocationCode::UnsupportedAlg, "`alg` is not \"Ed25519\""));
    }
    if text("typ") != super::TYPE {
        return Err(RevocationError::new(RevocationCode::WrongType, "`typ` is not \"revocations+jwt\""));
    }
    if header.len() != 3 || text("kid").is_empty() {
        return Err(malformed("has a header with other members than alg, typ and kid"));
    }
    Ok(text("kid").to_owned())
}

/// `None`: a claim is missing, of another type, or contradicts another.
fn claims_of(claims: &Object<'_>, kid: String) -> Option<Document> {
    let integer = |name| claims.get(name).and_then(Value::as_integer);
    let list = |name| claims.get(name).and_then(Value::as_array);
    let since = match claims.get("since") {
        None => None,
        Some(value) => Some(value.as_integer()?),
    };
    let seq = integer("seq").filter(|seq| since.is_none_or(|since| since <= *seq))?;
    let (mut users, mut keys) = (Vec::new(), Vec::new());
    for user in list("users")? {
        let [sub, before, until] = user.as_array()? else { return None };
        users.push(Cutoff::new(sub.as_text()?, before.as_integer()?, until.as_integer()?));
    }
    for key in list("keys")? {
        name(&mut keys, key.as_text()?);
    }
    Some(Document {
        kid,
        iss: claims.get("iss").and_then(Value::as_text)?.to_owned(),
        iat: integer("iat")?,
        seq,
        max_age: integer("max_age")?,
        since,
        listing: Listing::new(sessions(list("sessions")?)?, users, keys),
    })
}

fn sessions(groups: &[Value<'_>]) -> Option<Vec<u128>> {
    let mut packed = Vec::new();
    for group in groups {
        let [until, prefixes] = group.as_array()? else { return None };
        let until = until.as_integer()?;
        let prefixes = base64url::decode(prefixes.as_text()?)?;
        let (prefixes, rest) = prefixes.as_chunks::<PREFIX_BYTES>();
        if !rest.is_empty() {
            return None;
        }
        packed.reserve(prefixes.len());
        packed.extend(prefixes.iter().map(|prefix| pack(SessionPrefix(*prefix), until)));
    }
    Some(packed)
}
