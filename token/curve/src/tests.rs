//! Points, tables and sums of both representations against curve25519-dalek.

use super::*;
use curve25519_dalek::{
    EdwardsPoint, Scalar as Stock,
    constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION},
    edwards::CompressedEdwardsY,
};
use proptest::prelude::*;
use std::vec::Vec;

fn ours<F: Field>(point: &EdwardsPoint) -> Point<F> {
    Point::decoded(&point.compress().to_bytes()).unwrap()
}

fn scalar(stock: &Stock) -> Scalar {
    Scalar::from_canonical_bytes(&stock.to_bytes()).unwrap()
}

fn grown<F: Field>(point: &EdwardsPoint) -> Comb<F> {
    whole(Comb::new(ours(point)))
}

fn whole<F: Field>(comb: Comb<F>) -> Comb<F> {
    while !comb.grow() {}
    comb
}

/// Decoding and encoding again; both for what is a point and for what is none.
fn decodes<F: Field>(bytes: &[u8; 32]) {
    let stock = CompressedEdwardsY(*bytes).decompress();
    let found = Point::<F>::decoded(bytes);
    assert_eq!(found.is_some(), stock.is_some(), "{bytes:02x?}");
    if let (Some(found), Some(stock)) = (found, stock) {
        assert_eq!(found.encoded(), stock.compress().to_bytes(), "{bytes:02x?}");
        assert_eq!(found.negated().encoded(), (-stock).compress().to_bytes(), "{bytes:02x?}");
        assert_eq!(is_of_small_order(&found.encoded()), stock.is_small_order(), "{bytes:02x?}");
    }
}

/// k P + s Q in every way there is.
fn sums<F: Field>(combs: (&Comb<F>, &Comb<F>), p: &EdwardsPoint, q: &EdwardsPoint, k: &Stock, s: &Stock) {
    let expected = (p * k + q * s).compress().to_bytes();
    let (own_k, own_s) = (scalar(k), scalar(s));
    let sum = double_multiple(&own_k, &ours::<F>(p), &own_s, &ours(q));
    assert_eq!(sum.encoded(), expected, "{k:?} {s:?}");
    let sum = combs.1.add_multiple(Completed::IDENTITY, &own_s).unwrap();
    let sum = combs.0.add_multiple(sum, &own_k).unwrap();
    assert_eq!(sum.encoded(), expected, "{k:?} {s:?}, from tables");
}

fn ends_of_the_range() -> Vec<Stock> {
    let mut scalars: Vec<Stock> = (0..=130_u64).flat_map(|n| [Stock::from(n), -Stock::from(n)]).collect();
    scalars.extend((7..252).map(|bit| {
        let mut bytes = [0; 32];
        bytes[bit / 8] = 1 << (bit % 8);
        Stock::from_bytes_mod_order(bytes)
    }));
    scalars.push(Stock::from_bytes_mod_order([0x7F; 32]));
    scalars.push(Stock::from_bytes_mod_order([0x80; 32]));
    scalars.push(Stock::from_bytes_mod_order([0xFF; 32]));
    scalars
}

#[test]
fn the_base_point_is_the_base_point() {
    assert_eq!(Point::<Limbs29>::base().encoded(), B.compress().to_bytes());
    assert_eq!(Point::<Limbs64>::base().encoded(), B.compress().to_bytes());
}

#[test]
fn the_eight_points_of_small_order_are_known_by_their_encoding() {
    for point in EIGHT_TORSION {
        assert!(is_of_small_order(&point.compress().to_bytes()));
        assert!(!is_of_small_order(&(point + B).compress().to_bytes()));
    }
}

#[test]
fn odd_encodings_are_points_exactly_if_dalek_says_so() {
    let mut odd = Vec::new();
    for last in [0x7F, 0xFF] {
        for first in 0..=255 {
            let mut bytes = [0xFF; 32];
            (bytes[0], bytes[31]) = (first, last);
            odd.push(bytes);
            let mut bytes = [0; 32];
            (bytes[0], bytes[31]) = (first, last & 0x80);
            odd.push(bytes);
        }
    }
    for bytes in odd.into_iter().chain(EIGHT_TORSION.map(|point| point.compress().to_bytes())) {
        decodes::<Limbs29>(&bytes);
        decodes::<Limbs64>(&bytes);
    }
}

#[test]
fn the_ends_of_the_range_are_multiplied_as_dalek_does() {
    fn check<F: Field>() {
        let other = B * Stock::from(12_345_u64) + EIGHT_TORSION[3];
        let (first, second) = (grown::<F>(&other), grown::<F>(&B));
        let scalars = ends_of_the_range();
        for (k, s) in scalars.iter().zip(scalars.iter().rev()) {
            sums((&first, &second), &other, &B, k, s);
        }
    }
    check::<Limbs29>();
    check::<Limbs64>();
}

#[test]
fn tables_of_every_width_multiply_alike() {
    fn check<F: Field>() {
        let combs = [2, 5, 7, 8, 9, 10].map(|width| whole(Comb::<F>::with_digits_of(width, Point::base())));
        for stock in ends_of_the_range() {
            let expected = (B * stock).compress().to_bytes();
            for comb in &combs {
                let found = comb.add_multiple(Completed::IDENTITY, &scalar(&stock)).unwrap();
                assert_eq!(found.encoded(), expected, "{stock:?}");
            }
        }
    }
    check::<Limbs29>();
    check::<Limbs64>();
}

#[test]
fn multiples_of_points_of_small_order_are_right_as_well() {
    fn check<F: Field>() {
        let base = grown::<F>(&B);
        for point in EIGHT_TORSION {
            let comb = grown::<F>(&point);
            for k in 0..20_u64 {
                sums((&comb, &base), &point, &B, &Stock::from(k), &Stock::from(k % 3));
            }
        }
    }
    check::<Limbs29>();
    check::<Limbs64>();
}

#[test]
fn a_table_answers_nothing_before_it_is_complete() {
    let comb = Comb::new(Point::<Native>::base());
    let mut rows = 0;
    loop {
        assert!(!comb.is_complete());
        assert!(comb.add_multiple(Completed::IDENTITY, &scalar(&Stock::ONE)).is_none() || rows > 0);
        assert!(comb.add_multiple(Completed::IDENTITY, &scalar(&-Stock::ONE)).is_none());
        rows += 1;
        if comb.grow() {
            break;
        }
    }
    assert!(comb.is_complete() && comb.grow() && rows > 1);
}

/// s B behind a mask, which must not be seen in what comes out.
#[cfg(feature = "secret")]
fn secret_multiple<F: Field>(base: &SecretBase<F>, s: &Stock, mask: &[u8; 32]) {
    let expected = EdwardsPoint::mul_base(s).compress().to_bytes();
    assert_eq!(base.multiple(s.as_bytes()).encoded(mask), expected, "{s:?} behind {mask:02x?}");
}

#[cfg(feature = "secret")]
#[test]
fn secrets_at_the_ends_of_the_range_are_multiplied_as_dalek_does() {
    fn check<F: Field>() {
        let base = SecretBase::<F>::new();
        for (s, mask) in ends_of_the_range().iter().zip((1..=u8::MAX).cycle()) {
            secret_multiple(&base, s, &[mask; 32]);
        }
    }
    check::<Limbs29>();
    check::<Limbs64>();
}

#[cfg(feature = "secret")]
#[test]
fn secrets_up_to_2_to_the_253_need_not_be_reduced() {
    let base = SecretBase::<Native>::new();
    for first in [0, 1, 0x1F, 0x20, 0xEC, 0xED, 0xFF] {
        for rest in [0, 0x0F, 0x10, 0x7F, 0x84, 0x88, 0xF7, 0xFF] {
            let mut s = [rest; 32];
            (s[0], s[31]) = (first, rest & 0x1F);
            let expected = EdwardsPoint::mul_base(&Stock::from_bytes_mod_order(s)).compress().to_bytes();
            assert_eq!(base.multiple(&s).encoded(&[7; 32]), expected, "{s:02x?}");
        }
    }
}

#[cfg(feature = "secret")]
#[test]
fn neither_the_table_nor_a_point_shows_itself() {
    let base = SecretBase::<Native>::default();
    assert_eq!(std::format!("{base:?}"), "SecretBase { .. }");
    assert_eq!(std::format!("{:?}", base.multiple(&[1; 32])), "SecretPoint { .. }");
}

proptest! {
    #[cfg(feature = "secret")]
    #[test]
    fn secrets_are_multiplied_as_dalek_does(
        pairs in prop::collection::vec((any::<[u8; 32]>(), any::<[u8; 32]>()), 16),
    ) {
        let (narrow, wide) = (SecretBase::<Limbs29>::new(), SecretBase::<Limbs64>::new());
        for (s, mask) in pairs {
            let s = Stock::from_bytes_mod_order(s);
            secret_multiple(&narrow, &s, &mask);
            secret_multiple(&wide, &s, &mask);
        }
    }

    #[test]
    fn bytes_are_points_exactly_if_dalek_says_so(bytes in any::<[u8; 32]>()) {
        decodes::<Limbs29>(&bytes);
        decodes::<Limbs64>(&bytes);
    }

    #[test]
    fn sums_of_multiples_are_what_dalek_computes(
        point in any::<u64>(), torsion in 0_usize..8,
        scalars in prop::collection::vec((any::<[u8; 32]>(), any::<[u8; 32]>()), 8),
    ) {
        let point = B * Stock::from(point) + EIGHT_TORSION[torsion];
        let narrow = (grown::<Limbs29>(&point), grown::<Limbs29>(&B));
        let wide = (grown::<Limbs64>(&point), grown::<Limbs64>(&B));
        for (k, s) in scalars {
            let (k, s) = (Stock::from_bytes_mod_order(k), Stock::from_bytes_mod_order(s));
            sums((&narrow.0, &narrow.1), &point, &B, &k, &s);
            sums((&wide.0, &wide.1), &point, &B, &k, &s);
        }
    }
}
