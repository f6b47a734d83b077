//! The issuer's public keys: a JWK set (RFC 7517, 5) read with suspicion.

use alloc::{string::String, sync::Arc, vec::Vec};
use core::fmt;

use crate::{
    PublicKey, base64url,
    busy::BusyKey,
    json::{self, Object, Value},
    thumbprint,
};

/// Bytes of a key set, at most. An Ed25519 key takes some 150.
const MAX_BYTES: usize = 64 * 1024;
/// Keys in a set, at most. An issuer has two or three.
const MAX_KEYS: usize = 64;
/// Keys of a set that may have a table of multiples, some 384 KiB each (780 in WebAssembly): the one that signs, its predecessor, and room.
const MAX_COMBS: usize = 4;

/// Keys that tokens may be checked with, by `kid`. Never empty. Cheap to clone: clones share what they have computed.
#[derive(Clone, Debug)]
pub struct KeySet {
    keys: Arc<[(String, BusyKey)]>,
}

/// Why a whole key set is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySetError {
    /// Longer than 64 KiB.
    TooLong,
    /// More than 64 keys.
    TooManyKeys,
    /// Not a JSON object with an array `keys` of objects; says what is wrong.
    NotAKeySet(&'static str),
    /// A key with `d`: somebody published a private key. None of its neighbours is to be trusted either.
    PrivateKey,
    /// One `kid` for two keys: which one signed?
    DoubledKid,
    /// No key of the set is an Ed25519 key for signatures.
    NothingUsable,
}

impl KeySetError {
    /// What is wrong, in words. The same as the `Display` form, without the machinery that comes with formatting.
    pub const fn as_str(&self) -> &'static str {
        match self {
            KeySetError::TooLong => "the key set is longer than 64 KiB",
            KeySetError::TooManyKeys => "the key set has more than 64 keys",
            KeySetError::NotAKeySet(why) => why,
            KeySetError::PrivateKey => {
                "the key set holds a private key (a member `d`): replace that key everywhere"
            }
            KeySetError::DoubledKid => "two keys of the set have the same `kid`",
            KeySetError::NothingUsable => "the key set has no Ed25519 key for signatures",
        }
    }
}

impl fmt::Display for KeySetError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl core::error::Error for KeySetError {}

impl KeySet {
    /// Reads a JWK set. Keys of another type, curve, length or purpose, and weak ones, are skipped.
    ///
    /// # Errors
    /// When the set as a whole cannot be trusted or nothing in it can be used; see [`KeySetError`].
    pub fn from_json(json: &[u8]) -> Result<KeySet, KeySetError> {
        if json.len() > MAX_BYTES {
            return Err(KeySetError::TooLong);
        }
        let set = json::parse_object(json).map_err(KeySetError::NotAKeySet)?;
        let entries = set.get("keys").and_then(Value::as_array);
        let entries = entries.ok_or(KeySetError::NotAKeySet("has no array `keys`"))?;
        if entries.len() > MAX_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let mut keys: Vec<(String, PublicKey)> = Vec::new();
        let mut kids: Vec<&str> = Vec::new();
        for entry in entries {
            let jwk = entry.as_object().ok_or(KeySetError::NotAKeySet("has a key that is not an object"))?;
            if jwk.get("d").is_some() {
                return Err(KeySetError::PrivateKey);
            }
            if let Some(kid) = jwk.get("kid").and_then(Value::as_text) {
                if kids.contains(&kid) {
                    return Err(KeySetError::DoubledKid);
                }
                kids.push(kid);
            }
            keys.extend(usable(jwk));
        }
        KeySet::from_pairs(keys)
    }

    /// The last gate for every set: at least one key, and one key a name.
    pub(crate) fn from_pairs(keys: Vec<(String, PublicKey)>) -> Result<KeySet, KeySetError> {
        let mut rest = keys.as_slice();
        while let [(kid, _), tail @ ..] = rest {
            if tail.iter().any(|(other, _)| other == kid) {
                return Err(KeySetError::DoubledKid);
            }
            rest = tail;
        }
        if keys.is_empty() {
            return Err(KeySetError::NothingUsable);
        }
        Ok(KeySet { keys: keys.into_iter().map(|(kid, key)| (kid, BusyKey::new(key))).collect() })
    }

    /// The key with this `kid`.
    pub fn get(&self, kid: &str) -> Option<&PublicKey> {
        self.find(kid).map(BusyKey::key)
    }

    /// Whether the key `kid` signed `message`; `None` when there is no such key. Faster from some hundred checks on.
    pub fn verify(&self, kid: &str, message: &[u8], signature: &[u8]) -> Option<bool> {
        let room = || self.keys.iter().filter(|(_, key)| key.has_comb()).count() < MAX_COMBS;
        self.find(kid).map(|key| key.verify(message, signature, room))
    }

    fn find(&self, kid: &str) -> Option<&BusyKey> {
        self.keys.iter().find(|(known, _)| known == kid).map(|(_, key)| key)
    }

    /// The `kid` of every key, in the order of the set.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(kid, _)| kid.as_str())
    }
}

impl PartialEq for KeySet {
    fn eq(&self, other: &KeySet) -> bool {
        let pairs = |set: &KeySet| -> Vec<(String, PublicKey)> {
            set.keys.iter().map(|(kid, key)| (kid.clone(), key.key().clone())).collect()
        };
        pairs(self) == pairs(other)
    }
}

/// The key of a JWK, if it is an Ed25519 key (RFC 8037, 2) that may be used to check signatures. A key without a `kid`
/// goes by its thumbprint.
fn usable(jwk: &Object<'_>) -> Option<(String, PublicKey)> {
    let text = |name| jwk.get(name).map(|value| value.as_text().unwrap_or_default());
    let fits = text("kty") == Some("OKP")
        && text("crv") == Some("Ed25519")
        && matches!(text("use"), None | Some("sig"))
        && matches!(text("alg"), None | Some("Ed25519" | "EdDSA"))
        && jwk.get("key_ops").is_none_or(allows_verify);
    if !fits {
        return None;
    }
    let bytes: [u8; 32] = base64url::decode(text("x")?)?.try_into().ok()?;
    let key = PublicKey::from_bytes(&bytes).ok()?;
    let kid = match text("kid") {
        Some("") => return None,
        Some(kid) => kid.into(),
        None => thumbprint(&key),
    };
    Some((kid, key))
}

fn allows_verify(key_ops: &Value<'_>) -> bool {
    key_ops.as_array().is_some_and(|ops| ops.iter().any(|op| op.as_text() == Some("verify")))
}
