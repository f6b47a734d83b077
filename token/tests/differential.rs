//! Our Ed25519 against ed25519-dalek's `verify_strict`: the same answer on everything, before and after a key is busy.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use curve25519_dalek::{
    EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT as B, edwards::CompressedEdwardsY,
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use proptest::prelude::*;
use sha2::{Digest, Sha512};
use shelflife_token::{KeySet, PublicKey};

/// A key set in which the key is already busy, so that the table of multiples answers.
fn busy(key: &[u8; 32]) -> Option<KeySet> {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let x = Base64UrlUnpadded::encode_string(key);
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"k","x":"{x}"}}]}}"#);
    let keys = KeySet::from_json(set.as_bytes()).ok()?;
    for _ in 0..100 {
        keys.verify("k", b"", &[0; 64]);
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

/// The eight points of small order, each with every encoding that decompresses to it.
fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut found = vec![];
    for point in curve25519_dalek::constants::EIGHT_TORSION {
        let canonical = point.compress().to_bytes();
        found.push(canonical);
        let mut signed = canonical;
        signed[31] ^= 0x80;
        if CompressedEdwardsY(signed).decompress() == Some(point) {
            found.push(signed);
        }
    }
    // y + p for y = 0 and y = 1, with either sign.
    for low in [0xed, 0xee] {
        for high in [0x7f, 0xff] {
            let mut odd = [0xff; 32];
            (odd[0], odd[31]) = (low, high);
            found.push(odd);
        }
    }
    found
}

#[test]
fn small_order_keys_and_points_are_refused_by_both_in_every_combination() {
    let encodings = small_order_encodings();
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
fn signatures_that_only_the_cofactored_equation_accepts_are_refused_by_both() {
    let secret = Scalar::from(12_345_u64);
    for torsion in curve25519_dalek::constants::EIGHT_TORSION {
        // A key, and an R, that are each a good point plus one of small order.
        for (key, nonce_shift) in [(B * secret + torsion, EdwardsPoint::default()), (B * secret, torsion)] {
            let key = key.compress().to_bytes();
            let keys = busy(&key);
            for nonce in 1_u64..20 {
                let nonce = Scalar::from(nonce);
                let r = (B * nonce + nonce_shift).compress().to_bytes();
                let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(b"m").finalize();
                let k = Scalar::from_bytes_mod_order_wide(&hash.into());
                let signature = [r, (nonce + k * secret).to_bytes()].concat().try_into().unwrap();
                same(&key, keys.as_ref(), b"m", &signature);
            }
        }
    }
}

#[test]
fn a_reduced_s_is_accepted_and_every_other_spelling_of_it_refused() {
    let signer = SigningKey::from_bytes(&[1; 32]);
    let key = signer.verifying_key().to_bytes();
    let keys = busy(&key);
    let good = signer.sign(b"m").to_bytes();
    assert!(same(&key, keys.as_ref(), b"m", &good));
    for bit in 253..256 {
        let mut odd = good;
        odd[32 + bit / 8] |= 1 << (bit % 8);
        assert!(!same(&key, keys.as_ref(), b"m", &odd));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn good_and_damaged_signatures_get_the_same_answer(
        seed in prop::array::uniform32(any::<u8>()),
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..20),
        flips in prop::collection::vec(0_usize..512, 40),
    ) {
        let signer = SigningKey::from_bytes(&seed);
        let key = signer.verifying_key().to_bytes();
        let keys = busy(&key);
        for message in &messages {
            let good = signer.sign(message).to_bytes();
            prop_assert!(same(&key, keys.as_ref(), message, &good));
            for flip in &flips {
                let mut damaged = good;
                damaged[flip / 8] ^= 1 << (flip % 8);
                prop_assert!(!same(&key, keys.as_ref(), message, &damaged));
            }
        }
    }

    #[test]
    fn random_keys_and_signatures_get_the_same_answer(
        key in prop::array::uniform32(any::<u8>()),
        signature in prop::collection::vec(any::<u8>(), 64),
        message in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        same(&key, busy(&key).as_ref(), &message, &signature.try_into().unwrap());
    }
}
