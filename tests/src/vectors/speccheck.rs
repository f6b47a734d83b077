//! The twelve kinds of signature in which implementations differ ("Taming the many EdDSAs", 2020, table 5), made anew
//! from their conditions: a strict verifier without cofactor takes the fourth and no other.

use curve25519_dalek::{
    EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT as B, constants::EIGHT_TORSION, traits::Identity,
};

use super::{
    signature::{NEUTRAL_AGAIN, plus_order},
    writing::{book::quoted, pen::*},
};

/// The file, as JSON.
pub(super) fn speccheck() -> String {
    let key = Key::from_seed([42; 32]);
    let eighth = EIGHT_TORSION[1];
    let mixed = key.plus(eighth);
    let neutral = EdwardsPoint::identity();
    let order_two = EIGHT_TORSION[4];
    let mut cases = Vec::new();
    let mut add = |what: &str, holds: bool, key: [u8; 32], (message, signature): (Vec<u8>, [u8; 64])| {
        let at = cases.len();
        cases.push(format!(
            "  {{\n    \"case\": {at},\n    \"what\": {},\n    \"key\": \"{}\",\n    \"message\": \"{}\",\n    \"signature\": \"{}\",\n    \"accepted\": {holds}\n  }}",
            quoted(what), hex(&key), hex(&message), hex(&signature)
        ));
    };
    // R as it is hashed, a nonce, and the point of small order that has to vanish: k (A - aB) + (R - rB) without the cofactor.
    let ground =
        |public: &[u8; 32], torsion: EdwardsPoint, hashed: &[u8; 32], of_r: EdwardsPoint, holds: bool| {
            (0_u32..)
                .map(|turn| turn.to_le_bytes().to_vec())
                .find(|message| {
                    let k = challenge(hashed, public, message);
                    (torsion * k + of_r == neutral) == holds
                })
                .unwrap()
        };
    let small = eighth.compress().to_bytes();
    let r = B * Scalar::from(1234_u64);
    let nonce = Scalar::from(1234_u64);

    // A of small order: the secret is 0 and the signature is anybody's.
    let minus = (-eighth).compress().to_bytes();
    let message = ground(&small, eighth, &minus, -eighth, true);
    add("S is 0, A and R are of small order", false, small, (message, joined(minus, [0; 32])));
    let mixed_r = (r + order_two).compress().to_bytes();
    let message = ground(&small, eighth, &mixed_r, order_two, true);
    add("A is of small order, R of mixed order", false, small, (message, joined(mixed_r, nonce.to_bytes())));
    let a = mixed.bytes();
    let two = order_two.compress().to_bytes();
    let message = ground(&a, eighth, &two, order_two, true);
    let s = challenge(&two, &a, &message) * mixed.secret;
    add("A is of mixed order, R of small order", false, a, (message, joined(two, s.to_bytes())));
    let message = ground(&a, eighth, &mixed_r, order_two, true);
    let s = nonce + challenge(&mixed_r, &a, &message) * mixed.secret;
    add("A and R are of mixed order, both equations hold", true, a, (message, joined(mixed_r, s.to_bytes())));
    let message = ground(&a, eighth, &mixed_r, order_two, false);
    let s = nonce + challenge(&mixed_r, &a, &message) * mixed.secret;
    add(
        "A and R are of mixed order, only the cofactored equation holds",
        false,
        a,
        (message, joined(mixed_r, s.to_bytes())),
    );
    let plain_r = r.compress().to_bytes();
    // 8k reduced by the order of the group must differ from 8k where it multiplies a point of mixed order.
    let message = (0_u32..)
        .map(|turn| turn.to_le_bytes().to_vec())
        .find(|message| {
            let k = challenge(&plain_r, &a, message);
            eighth * k != neutral && eighth * (k * Scalar::from(8_u64)) != neutral
        })
        .unwrap();
    let s = nonce + challenge(&plain_r, &a, &message) * mixed.secret;
    add(
        "A is of mixed order, only the cofactored equation holds, and only if 8k is not reduced first",
        false,
        a,
        (message, joined(plain_r, s.to_bytes())),
    );
    for (what, times) in [("S is above the order", 1), ("S is far above the order, its highest bits set", 14)]
    {
        let message = b"S out of range".to_vec();
        let good = key.sign(&message);
        let high = joined(good[..32].try_into().unwrap(), plus_order(&good[32..], times));
        add(what, false, key.bytes(), (message, high));
    }
    for (what, hashed) in [
        ("R is the neutral point spelled a second way, hashed as received", NEUTRAL_AGAIN),
        (
            "R is the neutral point spelled a second way, hashed in its first spelling",
            neutral.compress().to_bytes(),
        ),
    ] {
        let message = ground(&a, eighth, &hashed, neutral, true);
        let s = challenge(&hashed, &a, &message) * mixed.secret;
        add(what, false, a, (message, joined(NEUTRAL_AGAIN, s.to_bytes())));
    }
    // y = p is y = 0, a point of order four.
    let mut four_again = [0xff; 32];
    (four_again[0], four_again[31]) = (0xed, 0x7f);
    let four = curve25519_dalek::edwards::CompressedEdwardsY(four_again).decompress().unwrap();
    for (what, hashed) in [
        ("A is of order four, spelled a second way, hashed as received", four_again),
        (
            "A is of order four, spelled a second way, hashed in its first spelling",
            four.compress().to_bytes(),
        ),
    ] {
        let message = ground(&hashed, four, &mixed_r, order_two, true);
        add(what, false, four_again, (message, joined(mixed_r, nonce.to_bytes())));
    }
    format!("[\n{}\n]\n", cases.join(",\n"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
