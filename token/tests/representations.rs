//! The curve in both representations of its field, with tables and without, against ed25519-dalek's `verify_strict`.
//!
//! [`PublicKey`](shelflife_token::PublicKey) computes with the representation that is faster on the machine it runs on;
//! `differential.rs` holds that one against dalek. Here are the same equations over the one that runs elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use curve25519_dalek::{
    EdwardsPoint, Scalar as StockScalar,
    constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION},
};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use proptest::prelude::*;
use sha2::{Digest, Sha512};
use shelflife_curve::{
    Comb, Completed, Field, Limbs29, Limbs64, Point, Scalar, double_multiple, is_of_small_order,
};

/// A key as `ed25519.rs` and `busy.rs` of the crate have it, over one representation.
struct Key<F> {
    negated: Point<F>,
    own: Comb<F>,
    base: Comb<F>,
}

impl<F: Field> Key<F> {
    /// `None` for what must not be taken as a key.
    fn new(bytes: &[u8; 32]) -> Option<Key<F>> {
        let point = Point::decoded(bytes)?;
        if point.encoded() != *bytes || is_of_small_order(bytes) {
            return None;
        }
        let [own, base] = [point.negated(), Point::base()].map(|point| {
            let comb = Comb::new(point);
            while !comb.grow() {}
            comb
        });
        Some(Key { negated: point.negated(), own, base })
    }

    /// The answer without tables, and the answer with them.
    fn verify(&self, k: &Scalar, s: &Scalar, r: &[u8; 32]) -> [bool; 2] {
        let holds = |sum: Completed<F>| sum.encoded() == *r && !is_of_small_order(r);
        let combed = self.base.add_multiple(Completed::IDENTITY, s);
        let combed = combed.and_then(|sum| self.own.add_multiple(sum, k)).unwrap();
        [holds(double_multiple(k, &self.negated, s, &Point::base())), holds(combed)]
    }
}

/// One key in every way we can compute with it.
struct Everyone {
    bytes: [u8; 32],
    stock: Option<VerifyingKey>,
    narrow: Option<Key<Limbs29>>,
    wide: Option<Key<Limbs64>>,
}

impl Everyone {
    fn new(bytes: [u8; 32]) -> Everyone {
        let (narrow, wide) = (Key::new(&bytes), Key::new(&bytes));
        Everyone { bytes, stock: VerifyingKey::from_bytes(&bytes).ok(), narrow, wide }
    }

    #[track_caller]
    fn agree(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let (r, s) = signature.split_first_chunk::<32>().unwrap();
        let hash = Sha512::new().chain_update(r).chain_update(self.bytes).chain_update(message).finalize();
        let k = Scalar::from_wide_bytes(&hash.into());
        let s = Scalar::from_canonical_bytes(s.try_into().unwrap());
        let narrow = self.narrow.as_ref().zip(s).map_or([false; 2], |(key, s)| key.verify(&k, &s, r));
        let wide = self.wide.as_ref().zip(s).map_or([false; 2], |(key, s)| key.verify(&k, &s, r));
        let signature = Signature::from_bytes(signature);
        let stock = self.stock.as_ref().is_some_and(|key| key.verify_strict(message, &signature).is_ok());
        assert_eq!((narrow, wide), ([stock; 2], [stock; 2]), "key {:02x?} {signature:?}", self.bytes);
        stock
    }
}

#[test]
fn points_of_small_order_are_refused_as_keys_and_as_r() {
    for key in EIGHT_TORSION {
        let key = Everyone::new(key.compress().to_bytes());
        for r in EIGHT_TORSION {
            let signature = [r.compress().to_bytes(), [0; 32]].concat().try_into().unwrap();
            assert!(!key.agree(b"message", &signature));
        }
    }
    // Under a good key: s = 0 and k A of the order of R is what nobody can reach, s = k a is what anybody with the key can.
    let secret = StockScalar::from(12_345_u64);
    let key = Everyone::new((B * secret).compress().to_bytes());
    for r in EIGHT_TORSION {
        let r = r.compress().to_bytes();
        let hash = Sha512::new().chain_update(r).chain_update(key.bytes).chain_update(b"m").finalize();
        let s = StockScalar::from_bytes_mod_order_wide(&hash.into()) * secret;
        assert!(!key.agree(b"m", &[r, s.to_bytes()].concat().try_into().unwrap()));
    }
}

#[test]
fn keys_and_points_of_mixed_order_get_the_answer_of_the_cofactorless_equation() {
    let secret = StockScalar::from(12_345_u64);
    let mut accepted = 0;
    for torsion in EIGHT_TORSION {
        for (key, shift) in [(B * secret + torsion, EdwardsPoint::default()), (B * secret, torsion)] {
            let key = Everyone::new(key.compress().to_bytes());
            for nonce in 1_u64..12 {
                let nonce = StockScalar::from(nonce);
                let r = (B * nonce + shift).compress().to_bytes();
                let hash =
                    Sha512::new().chain_update(r).chain_update(key.bytes).chain_update(b"m").finalize();
                let s = nonce + StockScalar::from_bytes_mod_order_wide(&hash.into()) * secret;
                let signature = [r, s.to_bytes()].concat().try_into().unwrap();
                accepted += u32::from(key.agree(b"m", &signature));
            }
        }
    }
    assert!(accepted >= 22, "{accepted}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn good_and_damaged_signatures_get_the_same_answer_from_everyone(
        seed in any::<[u8; 32]>(),
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..8),
        flips in prop::collection::vec(0_usize..512, 8),
    ) {
        let signer = SigningKey::from_bytes(&seed);
        let key = Everyone::new(signer.verifying_key().to_bytes());
        for message in &messages {
            let good = signer.sign(message).to_bytes();
            prop_assert!(key.agree(message, &good));
            for flip in &flips {
                let mut damaged = good;
                damaged[flip / 8] ^= 1 << (flip % 8);
                prop_assert!(!key.agree(message, &damaged));
            }
        }
    }

    #[test]
    fn random_keys_and_signatures_get_the_same_answer_from_everyone(
        key in any::<[u8; 32]>(), r in any::<[u8; 32]>(), s in any::<[u8; 32]>(),
    ) {
        Everyone::new(key).agree(b"message", &[r, s].concat().try_into().unwrap());
    }
}
