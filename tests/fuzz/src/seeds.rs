//! What a target begins with: the vectors of the repository, in the form that the target takes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

/// Moments as the target `verify` counts them: around the dates of the payload.
const MOMENTS: [u8; 4] = [0, 1, 9, 17];

/// Inputs of the target with this name, without doubles.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut found = BTreeSet::new();
    for vector in vectors() {
        let text = |pointer: &str| vector.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (token, keys) = (text("/token"), text("/options/jwks"));
        let part = |at: usize| {
            token
                .split('.')
                .nth(at)
                .and_then(|part| Base64UrlUnpadded::decode_vec(part).ok())
                .unwrap_or_default()
        };
        match target {
            "base64url" => found.extend(token.split('.').map(|part| part.as_bytes().to_vec())),
            "keyset" => found.extend([keys.as_bytes().to_vec()]),
            "parse" => found.extend([token.as_bytes().to_vec(), part(0)]),
            "verify" => {
                found.extend(MOMENTS.map(|moment| [&[28, moment][..], &part(1)].concat()));
                found.insert([&[0, 1][..], &part(1)].concat());
                found.insert([&[1, 1][..], &part(0), &[0], &part(1)].concat());
                found.insert([&[2, 1][..], &part(1)].concat());
            }
            _ => {}
        }
    }
    found.into_iter().collect()
}

fn vectors() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let mut found = Vec::new();
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        for file in fs::read_dir(folder).unwrap() {
            found.push(serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap());
        }
    }
    found
}
