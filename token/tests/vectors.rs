//! The vectors of `tests/vectors`, natively: the same files that every JavaScript runtime is held against.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use shelflife_token::{
    CachingVerifier, Code, KeySet, Limits, Requirements, RevocationOptions, Verdict, Verifier, WhenOutdated,
};

/// A key is busy after sixty-four checks; this often, each vector is judged by both ways of computing.
const ROUNDS: usize = 3;

struct Vector {
    name: String,
    json: Value,
}

impl Vector {
    fn text(&self, pointer: &str) -> &str {
        self.json
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{}: {pointer}", self.name))
    }

    fn number(&self, pointer: &str) -> Option<u64> {
        self.json.pointer(pointer).map(|number| number.as_u64().unwrap())
    }

    fn list(&self, pointer: &str) -> Vec<String> {
        let items = self.json.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
        items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    }

    fn verifier(&self) -> Option<Verifier> {
        let keys = KeySet::from_json(self.text("/options/jwks").as_bytes()).ok()?;
        let standard = Limits::default();
        let limit = |name: &str, standard| self.number(&format!("/options/{name}")).unwrap_or(standard);
        let limits = Limits {
            max_token_bytes: limit("maxTokenBytes", standard.max_token_bytes as u64) as usize,
            max_lifetime: limit("maxLifetime", standard.max_lifetime),
            clock_tolerance: limit("clockTolerance", standard.clock_tolerance),
            window_tolerance: limit("windowTolerance", standard.window_tolerance),
        };
        let verifier =
            Verifier::new(self.text("/options/issuer"), self.text("/options/audience"), keys, limits)
                .unwrap();
        let shut = self.json.pointer("/options/revocations/whenOutdated").is_some_and(|when| when == "shut");
        let mut verifier = verifier.with_revocations(RevocationOptions {
            max_age: self.number("/options/revocations/maxAge"),
            when_outdated: if shut { WhenOutdated::Shut } else { WhenOutdated::Open },
            ..RevocationOptions::default()
        });
        let now = self.number("/call/now").unwrap();
        for (at, list) in self.list("/lists").iter().enumerate() {
            let outcome = verifier.update_revocations(list, now).map_err(|error| error.code.as_str());
            let expected = &self.json["expected"]["lists"][at];
            assert_eq!(outcome.err().unwrap_or("ok"), expected, "{}: list {at}", self.name);
        }
        Some(verifier)
    }

    fn needs(&self) -> Requirements {
        Requirements {
            scope: self.list("/call/scope"),
            groups: self.list("/call/groups"),
            max_auth_age: self.number("/call/maxAuthAge"),
        }
    }
}

fn vectors() -> Vec<Vector> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut found = Vec::new();
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
    {
        if folder.ends_with("ed25519") {
            continue;
        }
        for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let json: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            found.push(Vector { name: json["name"].as_str().unwrap().to_owned(), json });
        }
    }
    assert!(found.len() > 700, "{} vectors", found.len());
    found
}

/// The verdict as the vectors write it, and whether claims are shown.
fn plain(verdict: &Verdict) -> (Value, bool) {
    let state = verdict.state();
    match verdict {
        Verdict::Invalid(refusal) => {
            assert_eq!(refusal.verified.is_some(), refusal.code.keeps_claims(), "{}", refusal.code.as_str());
            (serde_json::json!({"state": state, "code": refusal.code.as_str()}), refusal.verified.is_some())
        }
        Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged) => {
            let (fresh_for, exchangeable_for) = (judged.fresh_for, judged.exchangeable_for);
            (
                serde_json::json!({"state": state, "freshFor": fresh_for, "exchangeableFor": exchangeable_for}),
                true,
            )
        }
    }
}

/// The judgement of a verifier with a memory, in the same words.
fn remembered(verifier: &mut CachingVerifier, vector: &Vector) -> (Value, bool) {
    let judgement =
        verifier.verify(vector.text("/token"), vector.number("/call/now").unwrap(), &vector.needs(), || {
            Some([7; 16])
        });
    let claims = judgement.payload().is_some();
    match judgement.outcome {
        Ok(standing) => {
            let (fresh_for, exchangeable_for) = (standing.fresh_for, standing.exchangeable_for);
            let state = standing.state.as_str();
            (
                serde_json::json!({"state": state, "freshFor": fresh_for, "exchangeableFor": exchangeable_for}),
                claims,
            )
        }
        Err(refusal) => (serde_json::json!({"state": "invalid", "code": refusal.code.as_str()}), claims),
    }
}

#[test]
fn every_vector_gets_its_verdict_with_and_without_memory_and_before_and_after_its_key_is_busy() {
    // One verifier for each set of options, so that keys get busy and memories full.
    let mut verifiers: BTreeMap<String, (Option<Verifier>, Option<CachingVerifier>)> = BTreeMap::new();
    let vectors = vectors();
    let mut wrong = Vec::new();
    for round in 0..ROUNDS {
        for vector in &vectors {
            let (verifier, caching) = verifiers
                .entry(vector.json["options"].to_string() + &vector.json["lists"].to_string())
                .or_insert_with(|| {
                    (vector.verifier(), vector.verifier().map(|verifier| CachingVerifier::new(verifier, 64)))
                });
            let mut expected = vector.json["expected"].clone();
            // These were looked at when the verifier was made.
            expected.as_object_mut().unwrap().remove("lists");
            let found = match (verifier, caching) {
                (Some(verifier), Some(caching)) => {
                    let now = vector.number("/call/now").unwrap();
                    let (verdict, shown) =
                        plain(&verifier.verify(vector.text("/token"), now, &vector.needs()));
                    for _ in 0..2 {
                        let again = remembered(caching, vector);
                        if again != (verdict.clone(), shown) {
                            wrong.push(format!(
                                "{} round {round}: with memory {again:?}, without {verdict}",
                                vector.name
                            ));
                        }
                    }
                    verdict
                }
                _ => serde_json::json!({"keySet": "refused"}),
            };
            if found != expected {
                wrong.push(format!("{} round {round}: expected {expected}, found {found}", vector.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn there_is_a_vector_for_every_code_a_token_alone_can_be_refused_with() {
    let vectors = vectors();
    // What needs more than a token, a key set and lists: fetched keys, a binder.
    let elsewhere =
        [Code::KeysUnavailable, Code::RevocationsUnavailable, Code::Revoked, Code::BinderMismatch];
    for code in Code::ALL.iter().filter(|code| !elsewhere.contains(code)) {
        let found = vectors.iter().filter(|vector| vector.json["expected"]["code"] == code.as_str()).count();
        assert!(found > 0, "{}", code.as_str());
    }
}

#[test]
fn a_name_is_the_place_of_its_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    for vector in vectors() {
        assert!(root.join(format!("{}.json", vector.name)).is_file(), "{}", vector.name);
    }
}
