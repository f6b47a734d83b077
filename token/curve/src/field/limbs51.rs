//! Five limbs of 51 bits, for machines that multiply 64 bits by 64 to 128.
//!
//! x = sum of x_i 2^(51 i), and 2^255 = 19 modulo p, so what leaves at the top comes back at the bottom 19 times.
//!
//! Bounds. An element of weight 1 has 0 <= x_i < 2^51 + 2^14. A difference a - b is a + 4p - b, so that no limb turns
//! negative while b weighs at most 2 (its limbs stay below those of 4p, which are at least 2^53 - 76): weight(a) + 4. A
//! column of a product is the sum of one product and at most four times nineteen, below 77 * 2^(e + f) for factors with
//! limbs below 2^e and 2^f; it has to stay below 2^115, so that a carry fits into 64 bits. Limbs below 2^54, weight 7,
//! satisfy that in any combination. (The representation of Bernstein, Duif, Lange, Schwabe and Yang, 2012.)

use super::{BASE_X, BASE_Y, D, Field, SQRT_OF_MINUS_ONE, TWO_D, Words};

/// An element in five limbs of 51 bits.
#[derive(Clone, Copy, Debug)]
pub struct Limbs51([u64; 5]);

const BITS: u32 = 51;
const MASK: u64 = (1 << BITS) - 1;

impl Limbs51 {
    const fn from_words([a, b, c, d]: Words) -> Limbs51 {
        Limbs51([
            a & MASK,
            (a >> 51 | b << 13) & MASK,
            (b >> 38 | c << 26) & MASK,
            (c >> 25 | d << 39) & MASK,
            d >> 12 & MASK,
        ])
    }
}

#[inline(always)]
fn wide(a: u64, b: u64) -> u128 {
    u128::from(a) * u128::from(b)
}

/// Carries columns below 2^115 to limbs of weight 1.
#[inline(always)]
fn carried([r0, r1, r2, r3, r4]: [u128; 5]) -> Limbs51 {
    let r1 = r1 + u128::from((r0 >> BITS) as u64);
    let r2 = r2 + u128::from((r1 >> BITS) as u64);
    let r3 = r3 + u128::from((r2 >> BITS) as u64);
    let r4 = r4 + u128::from((r3 >> BITS) as u64);
    // The last column has no term times nineteen: it is below 5 * 2^108, its carry below 2^60.
    let r0 = (r0 as u64 & MASK) + (r4 >> BITS) as u64 * 19;
    Limbs51([
        r0 & MASK,
        (r1 as u64 & MASK) + (r0 >> BITS),
        r2 as u64 & MASK,
        r3 as u64 & MASK,
        r4 as u64 & MASK,
    ])
}

impl Field for Limbs51 {
    const ZERO: Limbs51 = Limbs51([0; 5]);
    const ONE: Limbs51 = Limbs51([1, 0, 0, 0, 0]);
    const D: Limbs51 = Limbs51::from_words(D);
    const TWO_D: Limbs51 = Limbs51::from_words(TWO_D);
    const SQRT_OF_MINUS_ONE: Limbs51 = Limbs51::from_words(SQRT_OF_MINUS_ONE);
    const BASE_X: Limbs51 = Limbs51::from_words(BASE_X);
    const BASE_Y: Limbs51 = Limbs51::from_words(BASE_Y);

    fn from_bytes(bytes: &[u8; 32]) -> Limbs51 {
        Limbs51::from_words(super::words(bytes))
    }

    fn to_bytes(&self) -> [u8; 32] {
        let mut limbs = self.0;
        for _ in 0..2 {
            let over = settled(&mut limbs);
            add_to_first(&mut limbs, 19 * over);
        }
        settled(&mut limbs);
        // x >= p exactly if x + 19 reaches 2^255.
        let mut more = limbs;
        add_to_first(&mut more, 19);
        if settled(&mut more) == 1 {
            limbs = more;
        }
        let [a, b, c, d, e] = limbs;
        super::bytes([a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | e << 12])
    }

    #[inline(always)]
    fn plus(&self, other: &Limbs51) -> Limbs51 {
        let ([a0, a1, a2, a3, a4], [b0, b1, b2, b3, b4]) = (self.0, other.0);
        Limbs51([a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4])
    }

    #[inline(always)]
    fn minus(&self, other: &Limbs51) -> Limbs51 {
        const FOUR_P_FIRST: u64 = 4 * (MASK - 18);
        const FOUR_P: u64 = 4 * MASK;
        let ([a0, a1, a2, a3, a4], [b0, b1, b2, b3, b4]) = (self.0, other.0);
        Limbs51([
            (a0 + FOUR_P_FIRST) - b0,
            (a1 + FOUR_P) - b1,
            (a2 + FOUR_P) - b2,
            (a3 + FOUR_P) - b3,
            (a4 + FOUR_P) - b4,
        ])
    }

    #[inline(always)]
    fn times(&self, other: &Limbs51) -> Limbs51 {
        let ([a0, a1, a2, a3, a4], [b0, b1, b2, b3, b4]) = (self.0, other.0);
        let [c1, c2, c3, c4] = [b1 * 19, b2 * 19, b3 * 19, b4 * 19];
        carried([
            wide(a0, b0) + wide(a1, c4) + wide(a2, c3) + wide(a3, c2) + wide(a4, c1),
            wide(a0, b1) + wide(a1, b0) + wide(a2, c4) + wide(a3, c3) + wide(a4, c2),
            wide(a0, b2) + wide(a1, b1) + wide(a2, b0) + wide(a3, c4) + wide(a4, c3),
            wide(a0, b3) + wide(a1, b2) + wide(a2, b1) + wide(a3, b0) + wide(a4, c4),
            wide(a0, b4) + wide(a1, b3) + wide(a2, b2) + wide(a3, b1) + wide(a4, b0),
        ])
    }

    #[inline(always)]
    fn squared(&self) -> Limbs51 {
        let [a0, a1, a2, a3, a4] = self.0;
        let (d0, d1, c3, c4) = (2 * a0, 2 * a1, a3 * 19, a4 * 19);
        carried([
            wide(a0, a0) + wide(d1, c4) + wide(2 * a2, c3),
            wide(d0, a1) + wide(2 * a2, c4) + wide(a3, c3),
            wide(d0, a2) + wide(a1, a1) + wide(2 * a3, c4),
            wide(d0, a3) + wide(d1, a2) + wide(a4, c4),
            wide(d0, a4) + wide(d1, a3) + wide(a2, a2),
        ])
    }
}

/// Carries to limbs below 2^51 and gives what is above bit 255.
fn settled(limbs: &mut [u64; 5]) -> u64 {
    let mut carry = 0;
    for limb in limbs {
        *limb += carry;
        carry = *limb >> BITS;
        *limb &= MASK;
    }
    carry
}

fn add_to_first([first, ..]: &mut [u64; 5], value: u64) {
    *first += value;
}
