//! Our Ed25519 against ed25519-dalek's `verify_strict`: the same answer on everything, before and after a key is busy.
//!
//! `cargo xtask differential --cases 2000000` runs the last test for long.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "differential/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::str::FromStr;

use cases::{CLASSES, Chance, Keys};
use curve25519_dalek::{Scalar, edwards::CompressedEdwardsY};
use ed25519_dalek::{Signature, VerifyingKey};
use shelflife_token::{KeySet, PublicKey};

/// A key set in which the key is already busy, so that the table of multiples answers.
fn busy(key: &[u8; 32]) -> Option<KeySet> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let x = Base64UrlUnpadded::encode_string(key);
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{x}"}}]}}"#);
    let keys = KeySet::from_json(set.as_bytes()).ok()?;
    for _ in 0..100 {
        // An S out of range costs nothing, and counts.
        keys.verify("k", b"", &[0xff; 64]);
    }
    Some(keys)
}

#[track_caller]
fn same(key: &[u8; 32], keys: Option<&KeySet>, message: &[u8], signature: &[u8; 64]) -> bool {
    let stock = VerifyingKey::from_bytes(key)
        .is_ok_and(|stock| stock.verify_strict(message, &Signature::from_bytes(signature)).is_ok());
    let canonical =
        CompressedEdwardsY(*key).decompress().is_some_and(|point| point.compress().to_bytes() == *key);
    let expected = stock && canonical;
    let plain = PublicKey::from_bytes(key).is_ok_and(|ours| ours.verify(message, signature));
    let combed = keys.is_some_and(|keys| keys.verify("k", message, signature) == Some(true));
    assert_eq!(
        (plain, combed),
        (expected, expected),
        "key {key:02x?} message {message:02x?} signature {signature:02x?}"
    );
    expected
}

#[test]
fn small_order_keys_and_points_are_refused_by_both_in_every_combination() {
    let encodings = cases::small_order_encodings();
    for key in &encodings {
        for r in &encodings {
            for s in [[0; 32], Scalar::ONE.to_bytes()] {
                let signature: [u8; 64] = [*r, s].concat().try_into().unwrap();
                assert!(!same(key, busy(key).as_ref(), b"message", &signature));
            }
        }
    }
}

#[test]
fn every_single_damaged_bit_of_a_signature_is_noticed() {
    let mut chance = Chance::new(1);
    let key = Keys::draw(&mut chance);
    let keys = busy(&key.good.encoded);
    let good = key.good.sign(b"m");
    assert!(same(&key.good.encoded, keys.as_ref(), b"m", &good));
    for bit in 0..512 {
        let mut damaged = good;
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(!same(&key.good.encoded, keys.as_ref(), b"m", &damaged));
    }
}

fn setting<T: FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// Signatures for which one key is used, before there is another: its table costs as much as some fifty checks.
const TURN: usize = 1500;

#[test]
fn on_signatures_of_every_class_all_three_agree() {
    let cases = setting("SHELFLIFE_DIFFERENTIAL_CASES").unwrap_or(if cfg!(debug_assertions) {
        8_000
    } else {
        30_000
    });
    let seed = setting("SHELFLIFE_DIFFERENTIAL_SEED").unwrap_or_else(cases::any_seed);
    println!("{cases} cases, seed {seed}");
    let mut chance = Chance::new(seed);
    let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    let mut keys = Keys::draw(&mut chance);
    let mut sets = [busy(&keys.good.encoded), busy(&keys.mixed.encoded)];
    for case in 0..cases {
        if case > 0 && case % TURN == 0 {
            keys = Keys::draw(&mut chance);
            sets = [busy(&keys.good.encoded), busy(&keys.mixed.encoded)];
        }
        let class = &CLASSES[case % CLASSES.len()];
        let drawn = (class.draw)(&keys, &mut chance);
        let odd;
        let set = match drawn.key {
            key if key == keys.good.encoded => sets[0].as_ref(),
            key if key == keys.mixed.encoded => sets[1].as_ref(),
            key => {
                odd = busy_if_possible(&key);
                odd.as_ref()
            }
        };
        let accepted = same(&drawn.key, set, &drawn.message, &drawn.signature);
        counts.entry(class.name).or_default()[usize::from(accepted)] += 1;
    }
    println!("{:<58}{:>10}{:>10}", "class", "accepted", "refused");
    for class in CLASSES {
        let [refused, accepted] = counts.get(class.name).copied().unwrap_or_default();
        println!("{:<58}{accepted:>10}{refused:>10}", class.name);
        let expected = match class.answer {
            cases::Answer::Always => refused == 0 && accepted > 0,
            cases::Answer::Never => accepted == 0 && refused > 0,
            cases::Answer::Sometimes => accepted > 0 && refused > 0,
        };
        assert!(expected, "{}: {accepted} accepted, {refused} refused", class.name);
    }
}

/// Keys that are drawn anew for each case are refused nearly always; of the few that are not, a table would say no more.
fn busy_if_possible(key: &[u8; 32]) -> Option<KeySet> {
    PublicKey::from_bytes(key).ok().and_then(|_| busy(key))
}
