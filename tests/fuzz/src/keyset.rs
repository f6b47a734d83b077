//! Key sets: which are taken, and which keys of them, against serde_json and ed25519-dalek.

use base64ct::{Base64UrlUnpadded, Encoding};
use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::VerifyingKey;
use shelflife_token::{KeySet, PublicKey, thumbprint};

use crate::rules::json::{Json, Reading, member, read};

pub(crate) fn run(data: &[u8]) {
    let found = KeySet::from_json(data).ok();
    if let Some(keys) = &found {
        for kid in keys.kids() {
            let key = keys.get(kid).unwrap().as_bytes();
            assert!(usable_point(key), "{kid:?} is no key: {key:02x?}");
        }
    }
    let members = match read(data) {
        Reading::Object(members) => Some(members),
        Reading::Refused => None,
        Reading::NoOpinion => return,
    };
    let expected = if data.len() > 64 * 1024 { None } else { members.and_then(|members| expected(&members)) };
    let found = found.map(|keys| {
        let pair = |kid: &str| (kid.to_owned(), *keys.get(kid).unwrap().as_bytes());
        keys.kids().map(pair).collect::<Vec<_>>()
    });
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(data));
}

fn usable_point(bytes: &[u8; 32]) -> bool {
    let canonical =
        CompressedEdwardsY(*bytes).decompress().is_some_and(|point| point.compress().to_bytes() == *bytes);
    canonical && VerifyingKey::from_bytes(bytes).is_ok_and(|key| !key.is_weak())
}

/// The keys of the set, or nothing if it is refused.
fn expected(set: &[(String, Json)]) -> Option<Vec<(String, [u8; 32])>> {
    let entries = member(set, "keys")?.list()?;
    if entries.len() > 64 {
        return None;
    }
    let mut named = Vec::new();
    let mut keys: Vec<(String, [u8; 32])> = Vec::new();
    for entry in entries {
        let jwk = entry.object()?;
        if member(jwk, "d").is_some() {
            return None;
        }
        named.extend(member(jwk, "kid").and_then(Json::text));
        keys.extend(usable(jwk));
    }
    let mut kids: Vec<&str> = keys.iter().map(|(kid, _)| kid.as_str()).collect();
    let unique = all_differ(&mut named) && all_differ(&mut kids);
    (unique && !keys.is_empty()).then_some(keys)
}

fn all_differ(names: &mut [&str]) -> bool {
    names.sort_unstable();
    names.windows(2).all(|pair| pair[0] != pair[1])
}

fn usable(jwk: &[(String, Json)]) -> Option<(String, [u8; 32])> {
    let is = |name, one_of: &[&str]| {
        member(jwk, name).is_some_and(|value| value.text().is_some_and(|text| one_of.contains(&text)))
    };
    let absent_or = |name, one_of: &[&str]| member(jwk, name).is_none() || is(name, one_of);
    let operations = member(jwk, "key_ops").is_none_or(|operations| {
        operations.list().is_some_and(|list| list.contains(&Json::Text("verify".to_owned())))
    });
    let fits = is("kty", &["OKP"])
        && is("crv", &["Ed25519"])
        && absent_or("use", &["sig"])
        && absent_or("alg", &["Ed25519", "EdDSA"])
        && operations;
    if !fits {
        return None;
    }
    let bytes: [u8; 32] = Base64UrlUnpadded::decode_vec(member(jwk, "x")?.text()?).ok()?.try_into().ok()?;
    let kid = match member(jwk, "kid") {
        None => thumbprint(&PublicKey::from_bytes(&bytes).ok()?),
        Some(kid) => kid.text().filter(|kid| !kid.is_empty())?.to_owned(),
    };
    usable_point(&bytes).then_some((kid, bytes))
}
