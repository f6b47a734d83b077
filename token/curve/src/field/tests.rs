//! Both representations against schoolbook arithmetic, and the heaviest products that the bounds allow.

use super::*;
use proptest::prelude::*;
use std::vec;

/// p, least significant byte first.
const P: [u8; 32] = {
    let mut p = [0xFF; 32];
    p[0] = 0xED;
    p[31] = 0x7F;
    p
};

fn less_p(sum: [u8; 33]) -> [u8; 33] {
    let mut borrow = 0_i16;
    let mut less = [0; 33];
    for at in 0..33 {
        let digit = i16::from(sum[at]) - i16::from(P.get(at).copied().unwrap_or(0)) + borrow;
        less[at] = digit as u8;
        borrow = digit >> 8;
    }
    if borrow < 0 { sum } else { less }
}

/// a + b modulo p, byte by byte.
fn sum(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut sum = [0; 33];
    let mut carry = 0_u16;
    for at in 0..32 {
        carry += u16::from(a[at]) + u16::from(b[at]);
        sum[at] = carry as u8;
        carry >>= 8;
    }
    sum[32] = carry as u8;
    // Both may be as large as 2^256 - 1, which is 2p + 37.
    (0..4).fold(sum, |sum, _| less_p(sum))[..32].try_into().unwrap()
}

fn difference(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    // p - b: b is reduced first.
    let b = sum(b, &[0; 32]);
    let mut minus_b = [0; 32];
    let mut borrow = 0_i16;
    for at in 0..32 {
        let digit = i16::from(P[at]) - i16::from(b[at]) + borrow;
        minus_b[at] = digit as u8;
        borrow = digit >> 8;
    }
    sum(a, &minus_b)
}

/// a b modulo p, by doubling and adding.
fn product(a: &[u8; 32], b: &[u8; 32]) -> [u8; 32] {
    let mut result = [0; 32];
    for bit in (0..256).rev() {
        result = sum(&result, &result);
        if b[bit / 8] >> (bit % 8) & 1 == 1 {
            result = sum(&result, a);
        }
    }
    result
}

/// Numbers at which carries and reductions go wrong if they ever do.
fn edges() -> Vec<[u8; 32]> {
    let mut edges = vec![[0; 32]];
    for bit in 0..255 {
        let mut power = [0; 32];
        power[bit / 8] = 1 << (bit % 8);
        edges.push(power);
        edges.push(difference(&power, &edges[1]));
        edges.push(difference(&[0; 32], &power));
    }
    // Not reduced: p to p + 18.
    for more in 0..19 {
        let mut odd = P;
        odd[0] += more;
        edges.push(odd);
    }
    edges
}

use std::vec::Vec;

fn number() -> impl Strategy<Value = [u8; 32]> {
    let edges = edges();
    let edge = (0..edges.len()).prop_map(move |at| edges[at]);
    let number = prop_oneof![3 => any::<[u8; 32]>(), 2 => edge, 1 => prop::array::uniform32(prop_oneof![Just(0), Just(0xFF)])];
    number.prop_map(|mut bytes| {
        bytes[31] &= 0x7F;
        bytes
    })
}

fn agrees<F: Field>(a: &[u8; 32], b: &[u8; 32], c: &[u8; 32]) {
    let [x, y, z] = [a, b, c].map(F::from_bytes);
    assert_eq!(x.to_bytes(), sum(a, &[0; 32]), "read and written");
    assert_eq!(x.plus(&y).to_bytes(), sum(a, b), "{a:02x?} + {b:02x?}");
    assert_eq!(x.minus(&y).to_bytes(), difference(a, b), "{a:02x?} - {b:02x?}");
    assert_eq!(x.times(&y).to_bytes(), product(a, b), "{a:02x?} * {b:02x?}");
    assert_eq!(x.squared().to_bytes(), product(a, a), "{a:02x?} squared");
    // The heaviest that the formulas have: 2 z^2 + x^2 - y^2, times (x + y)^2 - (x^2 + y^2).
    let (xx, yy, zz) = (x.squared(), y.squared(), z.squared());
    let heavy = zz.plus(&zz).plus(&xx).minus(&yy);
    let other = x.plus(&y).squared().minus(&xx.plus(&yy));
    let (aa, bb, cc) = (product(a, a), product(b, b), product(c, c));
    let heavy_bytes = difference(&sum(&sum(&cc, &cc), &aa), &bb);
    let other_bytes = sum(&product(a, b), &product(a, b));
    assert_eq!(heavy.times(&other).to_bytes(), product(&heavy_bytes, &other_bytes));
    assert_eq!(heavy.squared().to_bytes(), product(&heavy_bytes, &heavy_bytes));
}

fn inverts<F: Field>(a: &[u8; 32]) {
    let x = F::from_bytes(a);
    // Fermat: x^(p-2), and p - 2 = 8 (p-5)/8 + 3.
    let fermat = x.to_the_p58().squared_times(3).times(&x.squared().times(&x));
    assert_eq!(x.inverted().to_bytes(), fermat.to_bytes(), "1 / {a:02x?}");
    let one = if x.equals(&F::ZERO) { F::ZERO } else { F::ONE };
    assert!(x.inverted().times(&x).equals(&one), "{a:02x?}");
}

#[test]
fn the_constants_are_what_they_are_said_to_be() {
    fn check<F: Field>() {
        let minus_one = F::ZERO.minus(&F::ONE);
        assert!(F::SQRT_OF_MINUS_ONE.squared().equals(&minus_one));
        assert!(F::D.plus(&F::D).equals(&F::TWO_D));
        let number = |n: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&n.to_le_bytes());
            F::from_bytes(&bytes)
        };
        assert!(F::D.times(&number(121_666)).plus(&number(121_665)).equals(&F::ZERO));
        assert!(F::BASE_Y.times(&number(5)).equals(&number(4)));
        let (xx, yy) = (F::BASE_X.squared(), F::BASE_Y.squared());
        assert!(yy.minus(&xx).minus(&F::ONE).equals(&F::D.times(&xx).times(&yy)));
        assert!(!F::BASE_X.is_odd());
    }
    check::<Limbs29>();
    check::<Limbs64>();
}

#[test]
fn edges_are_inverted_as_fermat_inverts_them() {
    for edge in edges() {
        inverts::<Limbs29>(&edge);
        inverts::<Limbs64>(&edge);
    }
}

/// Words at which carries leave, or stop.
fn word() -> impl Strategy<Value = u64> {
    prop_oneof![2 => any::<u64>(), 1 => 0..80_u64, 1 => (0..80_u64).prop_map(|less| u64::MAX - less), 1 => Just(1 << 63)]
}

/// Of four words all numbers are elements, also those above 2^255, which sums and differences leave.
fn words_agree(a: Words, b: Words) {
    let (x, y) = (Limbs64(a), Limbs64(b));
    let (a, b) = (bytes(a), bytes(b));
    assert_eq!(x.to_bytes(), sum(&a, &[0; 32]), "{a:02x?} written");
    assert_eq!(x.plus(&y).to_bytes(), sum(&a, &b), "{a:02x?} + {b:02x?}");
    assert_eq!(x.minus(&y).to_bytes(), difference(&a, &b), "{a:02x?} - {b:02x?}");
    assert_eq!(x.times(&y).to_bytes(), product(&a, &b), "{a:02x?} * {b:02x?}");
    assert_eq!(x.squared().to_bytes(), product(&a, &a), "{a:02x?} squared");
}

#[test]
fn what_leaves_four_words_at_the_top_comes_back_at_the_bottom() {
    const MAX: u64 = u64::MAX;
    let small = (0..40).chain([76, 77]);
    let ends: Vec<Words> = small
        .flat_map(|n| {
            [[n, 0, 0, 0], [MAX - n, MAX, MAX, MAX], [n, 0, 0, 1 << 63], [MAX - n, MAX, MAX, MAX >> 1]]
        })
        .collect();
    for a in &ends {
        for b in &ends {
            words_agree(*a, *b);
        }
    }
}

#[test]
fn edges_are_added_and_multiplied_as_at_school() {
    let edges = edges();
    for (at, a) in edges.iter().enumerate() {
        let b = &edges[at * 7 % edges.len()];
        agrees::<Limbs29>(a, b, &edges[at * 11 % edges.len()]);
        agrees::<Limbs64>(a, b, &edges[at * 11 % edges.len()]);
    }
}

proptest! {
    #[test]
    fn numbers_are_added_and_multiplied_as_at_school(a in number(), b in number(), c in number()) {
        agrees::<Limbs29>(&a, &b, &c);
        agrees::<Limbs64>(&a, &b, &c);
    }

    #[test]
    fn numbers_of_four_words_are_added_and_multiplied_as_at_school(
        a in prop::array::uniform4(word()), b in prop::array::uniform4(word()),
    ) {
        words_agree(a, b);
    }

    #[test]
    fn numbers_are_inverted_as_fermat_inverts_them(a in number()) {
        inverts::<Limbs29>(&a);
        inverts::<Limbs64>(&a);
    }

    #[test]
    fn chains_of_operations_come_to_the_same_in_both_representations(
        start in number(), steps in prop::collection::vec((0_u8..4, number()), 1..60),
    ) {
        let (mut narrow, mut wide) = (Limbs29::from_bytes(&start), Limbs64::from_bytes(&start));
        for (what, with) in steps {
            let (n, w) = (Limbs29::from_bytes(&with), Limbs64::from_bytes(&with));
            (narrow, wide) = match what {
                0 => (narrow.plus(&n).times(&n), wide.plus(&w).times(&w)),
                1 => (narrow.minus(&n).times(&narrow), wide.minus(&w).times(&wide)),
                2 => (narrow.squared(), wide.squared()),
                _ => (n.minus(&narrow).squared(), w.minus(&wide).squared()),
            };
            prop_assert_eq!(narrow.to_bytes(), wide.to_bytes());
        }
    }
}
