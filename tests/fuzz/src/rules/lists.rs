//! The rules of a list of revocations, and of what it says of a token.

use std::collections::{BTreeMap, BTreeSet};

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};
use shelflife_token::{Claims, Code, RevocationCode};

use super::json::{Json, Reading, member, read};

/// What a verifier was told, and what it knows.
pub(crate) struct Keeper {
    pub(crate) issuer: &'static str,
    pub(crate) keys: Vec<(String, VerifyingKey)>,
    pub(crate) max_bytes: usize,
    pub(crate) max_age: Option<u64>,
    pub(crate) shut: bool,
    pub(crate) known: Option<List>,
}

#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) seq: u64,
    pub(crate) iat: u64,
    max_age: u64,
    since: Option<u64>,
    /// Until when.
    sessions: BTreeMap<[u8; 12], u64>,
    /// Before when, and until when.
    users: BTreeMap<String, (u64, u64)>,
    keys: BTreeSet<String>,
}

#[derive(Debug)]
pub(crate) enum Refused {
    As(RevocationCode),
    /// Where serde_json cannot tell.
    NoOpinion,
}

impl From<RevocationCode> for Refused {
    fn from(code: RevocationCode) -> Refused {
        Refused::As(code)
    }
}

const MALFORMED: Refused = Refused::As(RevocationCode::Malformed);

/// Twelve bytes for a session.
pub(crate) fn prefix(sid: &str) -> [u8; 12] {
    let random = if sid.len() == 22 { Base64UrlUnpadded::decode_vec(sid).ok() } else { None };
    random.unwrap_or_else(|| Sha256::digest(sid).to_vec())[..12].try_into().unwrap()
}

impl List {
    pub(crate) fn entries(&self) -> usize {
        self.sessions.len() + self.users.len() + self.keys.len()
    }

    fn of(claims: &[(String, Json)]) -> Option<List> {
        let number = |name| member(claims, name)?.number();
        let list = |name| member(claims, name)?.list();
        let seq = number("seq")?;
        let since = match member(claims, "since") {
            None => None,
            Some(since) => Some(since.number().filter(|since| *since <= seq)?),
        };
        let mut sessions = BTreeMap::new();
        for group in list("sessions")? {
            let [until, prefixes] = group.list()? else { return None };
            let (until, prefixes) = (minute(until.number()?), prefixes.text()?);
            let bytes = Base64UrlUnpadded::decode_vec(prefixes).ok()?;
            for prefix in bytes.chunks(12) {
                later(&mut sessions, prefix.try_into().ok()?, until);
            }
        }
        let mut users = BTreeMap::new();
        for user in list("users")? {
            let [sub, before, until] = user.list()? else { return None };
            users.insert(sub.text()?.to_owned(), (before.number()?, until.number()?));
        }
        let keys = member(claims, "keys")?.texts()?.into_iter().collect();
        let (iat, max_age) = (number("iat")?, number("max_age")?);
        Some(List { seq, iat, max_age, since, sessions, users, keys })
    }

    /// With what is in `next`, and without what is not dangerous any more.
    fn with(&self, next: List, now: u64) -> List {
        let mut sum = self.clone();
        sum.sessions.retain(|_, until| *until > now);
        sum.users.retain(|_, (_, until)| *until > now);
        for (prefix, until) in next.sessions {
            later(&mut sum.sessions, prefix, until);
        }
        sum.users.extend(next.users);
        sum.keys.extend(next.keys);
        List { sessions: sum.sessions, users: sum.users, keys: sum.keys, ..next }
    }
}

/// The end of the minute, which has 32 bits.
fn minute(until: u64) -> u64 {
    until.div_ceil(60).min(u32::MAX.into()) * 60
}

fn later(sessions: &mut BTreeMap<[u8; 12], u64>, prefix: [u8; 12], until: u64) {
    let known = sessions.entry(prefix).or_default();
    *known = until.max(*known);
}

impl Keeper {
    /// Whether anything is otherwise than before, or why the list is refused. Then nothing is.
    pub(crate) fn take(&mut self, text: &str, now: u64) -> Result<bool, Refused> {
        let list = self.read(text, now)?;
        let (next, changed) = match &self.known {
            Some(known) if list.seq < known.seq => return Err(RevocationCode::GoingBack.into()),
            Some(known) if list.seq == known.seq && list.iat <= known.iat => return Ok(false),
            Some(known) if list.seq == known.seq => {
                (List { iat: list.iat, max_age: list.max_age, ..known.clone() }, false)
            }
            Some(known) if list.since.is_some_and(|since| since <= known.seq) => {
                (known.with(list, now), true)
            }
            _ if list.since.unwrap_or(0) == 0 => (list, true),
            _ => return Err(RevocationCode::Gap.into()),
        };
        self.known = Some(next);
        Ok(changed)
    }

    /// Why a token that is fresh opens nothing, if so.
    pub(crate) fn refuses(&self, kid: &str, claims: &Claims, now: u64) -> Option<Code> {
        let revoked = |known: &List| {
            known.sessions.contains_key(&prefix(&claims.sid))
                || known.users.get(&claims.sub).is_some_and(|(before, _)| claims.iat < *before)
                || known.keys.contains(kid)
        };
        let recent = |known: &List| now <= known.iat.saturating_add(self.max_age.unwrap_or(known.max_age));
        if self.known.as_ref().is_some_and(revoked) {
            return Some(Code::Revoked);
        }
        (self.shut && !self.known.as_ref().is_some_and(recent)).then_some(Code::RevocationsUnavailable)
    }

    fn read(&self, text: &str, now: u64) -> Result<List, Refused> {
        if text.len() > self.max_bytes {
            return Err(RevocationCode::TooLong.into());
        }
        let parts: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = parts[..] else { return Err(MALFORMED) };
        let header = object(&decoded(header)?)?;
        let named = |name| member(&header, name).and_then(Json::text).unwrap_or_default();
        let kid = named("kid");
        if !["Ed25519", "EdDSA"].contains(&named("alg")) {
            return Err(RevocationCode::UnsupportedAlg.into());
        }
        if named("typ") != "revocations+jwt" {
            return Err(RevocationCode::WrongType.into());
        }
        if header.len() != 3 || kid.is_empty() {
            return Err(MALFORMED);
        }
        let signature = decoded(signature)?;
        let key = self.keys.iter().find(|(name, _)| name == kid).ok_or(RevocationCode::UnknownKey)?;
        let signed = text.rsplit_once('.').unwrap().0.as_bytes();
        let holds = |signature| key.1.verify_strict(signed, &signature).is_ok();
        if !Signature::from_slice(&signature).is_ok_and(holds) {
            return Err(RevocationCode::BadSignature.into());
        }
        let claims = object(&decoded(payload)?)?;
        let iss = member(&claims, "iss").and_then(Json::text).ok_or(MALFORMED)?;
        let list = List::of(&claims).ok_or(MALFORMED)?;
        if iss != self.issuer {
            return Err(RevocationCode::WrongIssuer.into());
        }
        let revoked = |list: &List| list.keys.contains(kid);
        if revoked(&list) || self.known.as_ref().is_some_and(revoked) {
            return Err(RevocationCode::UnknownKey.into());
        }
        if list.iat > now.saturating_add(60) {
            return Err(RevocationCode::NotYetValid.into());
        }
        if now > list.iat.saturating_add(self.max_age.unwrap_or(list.max_age)) {
            return Err(RevocationCode::TooOld.into());
        }
        Ok(list)
    }
}

fn decoded(part: &str) -> Result<Vec<u8>, Refused> {
    Base64UrlUnpadded::decode_vec(part).map_err(|_| MALFORMED)
}

fn object(bytes: &[u8]) -> Result<Vec<(String, Json)>, Refused> {
    match read(bytes) {
        Reading::Object(members) => Ok(members),
        Reading::Refused => Err(MALFORMED),
        Reading::NoOpinion => Err(Refused::NoOpinion),
    }
}
