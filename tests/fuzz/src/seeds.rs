//! What a target begins with: the vectors of the repository, in the form that the target takes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;

/// Moments as the target `verify` counts them: around the dates of the payload.
const MOMENTS: [u8; 7] = [0, 1, 8, 9, 16, 17, 40];

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
            "snapshot" => found.extend(lists(&vector)),
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

/// Lists of a vector as the target `snapshot` takes them: as they come, signed again by each who signs, and header and claims.
fn lists(vector: &Value) -> Vec<Vec<u8>> {
    let Some(lists) = vector["lists"].as_array() else { return Vec::new() };
    let lists: Vec<&str> = lists.iter().filter_map(Value::as_str).collect();
    let parts = |list: &str| {
        let part = |part| Base64UrlUnpadded::decode_vec(part).unwrap_or_default();
        list.split('.').map(part).collect::<Vec<_>>()
    };
    let claims = |list: &str| parts(list).get(1).cloned().unwrap_or_default();
    let inputs = |settings: u8| {
        let joined = |how: u8, moment: u8, body: &dyn Fn(&str) -> Vec<u8>| {
            let each = lists.iter().map(|list| [&[b'@' | how, b'@' | moment][..], &body(list)].concat());
            [&[b'@' | settings][..], &each.collect::<Vec<_>>().join(&0)].concat()
        };
        let header = |list: &str| [parts(list).first().cloned().unwrap_or_default(), claims(list)].join(&1);
        let mut inputs = vec![
            joined(12, 0, &|list| list.as_bytes().to_vec()),
            joined(4, 0, &header),
            joined(16, 7, &claims),
        ];
        inputs.extend([0, 1, 2, 3].map(|signer| joined(signer, 0, &claims)));
        inputs.extend([4, 5, 6, 9, 10].map(|moment| joined(0, moment, &claims)));
        inputs
    };
    (0..4).flat_map(inputs).collect()
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
