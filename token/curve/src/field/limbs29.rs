//! Nine signed limbs of 29 bits, for machines whose widest product is 64 bits. WebAssembly is one.
//!
//! x = sum of x_i 2^(29 i). Nine limbs hold 261 bits, and 2^261 = 2^6 * 19 = 1216 modulo p.
//!
//! Bounds. An element of weight 1 has |x_i| <= 2^28 + 2^16. A column of a product of weights a and b is a sum of at most
//! nine products, so it is below 9 a b 2^56 (1 + 2^-11), and has to stay below 2^63: a b <= 14. The limbs themselves are
//! 32 bits wide, which holds any weight up to 7. The heaviest product in `point.rs` has a b = 12.
//!
//! Uniform limbs of 29 bits want 81 products where the ten limbs of 25 and 26 bits of Bernstein's curve25519 (2006) want
//! 100; that the limbs are signed makes subtraction as light as addition.

use super::{BASE_X, BASE_Y, D, Field, SQRT_OF_MINUS_ONE, TWO_D, Words, packed};

/// An element in nine signed limbs of 29 bits.
#[derive(Clone, Copy, Debug)]
pub struct Limbs29([i32; 9]);

const BITS: u32 = 29;
const MASK: i64 = (1 << BITS) - 1;
const HALF: i64 = 1 << (BITS - 1);
/// 2^261 modulo p.
const FOLD: i64 = 1216;
/// Bits of the last limb of a number below 2^255.
const TOP_BITS: u32 = 255 - 8 * BITS;

impl Limbs29 {
    const fn from_words([a, b, c, d]: Words) -> Limbs29 {
        const MASK: u64 = (1 << BITS) - 1;
        carried([
            (a & MASK) as i64,
            (a >> 29 & MASK) as i64,
            ((a >> 58 | b << 6) & MASK) as i64,
            (b >> 23 & MASK) as i64,
            ((b >> 52 | c << 12) & MASK) as i64,
            (c >> 17 & MASK) as i64,
            ((c >> 46 | d << 18) & MASK) as i64,
            (d >> 11 & MASK) as i64,
            (d >> 40 & ((1 << TOP_BITS) - 1)) as i64,
        ])
    }
}

/// Carries columns below 2^62 to limbs of weight 1. Two chains run side by side, because each is a row of operations of
/// which every one waits for the last.
#[inline(always)]
const fn carried([r0, r1, r2, r3, r4, r5, r6, r7, r8]: [i64; 9]) -> Limbs29 {
    /// What a column keeps, from -2^28 to 2^28 - 1, and what goes to the next.
    #[inline(always)]
    const fn split(column: i64) -> (i64, i64) {
        let carry = (column + HALF) >> BITS;
        (column - (carry << BITS), carry)
    }
    let (r0, c0) = split(r0);
    let (r4, c4) = split(r4);
    let (r1, c1) = split(r1 + c0);
    let (r5, c5) = split(r5 + c4);
    let (r2, c2) = split(r2 + c1);
    let (r6, c6) = split(r6 + c5);
    let (r3, c3) = split(r3 + c2);
    let (r7, c7) = split(r7 + c6);
    let (r4, c4) = split(r4 + c3);
    let (r8, c8) = split(r8 + c7);
    // c8 is below 2^34, so r0 is below 2^45 and gives at most 2^16 to r1; likewise c4 is at most 2^16.
    let (r0, c0) = split(r0 + c8 * FOLD);
    Limbs29([
        r0 as i32,
        (r1 + c0) as i32,
        r2 as i32,
        r3 as i32,
        r4 as i32,
        (r5 + c4) as i32,
        r6 as i32,
        r7 as i32,
        r8 as i32,
    ])
}

/// The seventeen columns of a product, folded to nine and carried.
#[inline(always)]
fn folded(low: [i64; 9], high: [i64; 8]) -> Limbs29 {
    let [r0, r1, r2, r3, r4, r5, r6, r7, r8] = low;
    let [h0, h1, h2, h3, h4, h5, h6, h7] = high;
    // A high column times 1216 may not fit, so its upper part goes to the neighbour first: 35 bits are left.
    carried([
        r0 + FOLD * (h0 & MASK),
        r1 + FOLD * ((h0 >> BITS) + (h1 & MASK)),
        r2 + FOLD * ((h1 >> BITS) + (h2 & MASK)),
        r3 + FOLD * ((h2 >> BITS) + (h3 & MASK)),
        r4 + FOLD * ((h3 >> BITS) + (h4 & MASK)),
        r5 + FOLD * ((h4 >> BITS) + (h5 & MASK)),
        r6 + FOLD * ((h5 >> BITS) + (h6 & MASK)),
        r7 + FOLD * ((h6 >> BITS) + (h7 & MASK)),
        r8 + FOLD * (h7 >> BITS),
    ])
}

impl Field for Limbs29 {
    const ZERO: Limbs29 = Limbs29([0; 9]);
    const ONE: Limbs29 = Limbs29([1, 0, 0, 0, 0, 0, 0, 0, 0]);
    const D: Limbs29 = Limbs29::from_words(D);
    const TWO_D: Limbs29 = Limbs29::from_words(TWO_D);
    const SQRT_OF_MINUS_ONE: Limbs29 = Limbs29::from_words(SQRT_OF_MINUS_ONE);
    const BASE_X: Limbs29 = Limbs29::from_words(BASE_X);
    const BASE_Y: Limbs29 = Limbs29::from_words(BASE_Y);

    fn from_bytes(bytes: &[u8; 32]) -> Limbs29 {
        Limbs29::from_words(super::words(bytes))
    }

    fn to_bytes(&self) -> [u8; 32] {
        let mut limbs = self.0.map(i64::from);
        // Each round leaves limbs that are not negative, and folds what is above bit 255, which is -2^5 to 2^5 at first
        // and -1 or 0 after.
        for _ in 0..3 {
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
        packed(&limbs, BITS)
    }

    #[inline]
    fn plus(&self, other: &Limbs29) -> Limbs29 {
        let ([a0, a1, a2, a3, a4, a5, a6, a7, a8], [b0, b1, b2, b3, b4, b5, b6, b7, b8]) = (self.0, other.0);
        Limbs29([a0 + b0, a1 + b1, a2 + b2, a3 + b3, a4 + b4, a5 + b5, a6 + b6, a7 + b7, a8 + b8])
    }

    #[inline]
    fn minus(&self, other: &Limbs29) -> Limbs29 {
        let ([a0, a1, a2, a3, a4, a5, a6, a7, a8], [b0, b1, b2, b3, b4, b5, b6, b7, b8]) = (self.0, other.0);
        Limbs29([a0 - b0, a1 - b1, a2 - b2, a3 - b3, a4 - b4, a5 - b5, a6 - b6, a7 - b7, a8 - b8])
    }

    // One copy in the wasm file: inlined, it would be there a hundred times.
    #[inline(never)]
    fn times(&self, other: &Limbs29) -> Limbs29 {
        let [a0, a1, a2, a3, a4, a5, a6, a7, a8] = self.0.map(i64::from);
        let [b0, b1, b2, b3, b4, b5, b6, b7, b8] = other.0.map(i64::from);
        folded(
            [
                a0 * b0,
                a0 * b1 + a1 * b0,
                a0 * b2 + a1 * b1 + a2 * b0,
                a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0,
                a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0,
                a0 * b5 + a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1 + a5 * b0,
                a0 * b6 + a1 * b5 + a2 * b4 + a3 * b3 + a4 * b2 + a5 * b1 + a6 * b0,
                a0 * b7 + a1 * b6 + a2 * b5 + a3 * b4 + a4 * b3 + a5 * b2 + a6 * b1 + a7 * b0,
                a0 * b8 + a1 * b7 + a2 * b6 + a3 * b5 + a4 * b4 + a5 * b3 + a6 * b2 + a7 * b1 + a8 * b0,
            ],
            [
                a1 * b8 + a2 * b7 + a3 * b6 + a4 * b5 + a5 * b4 + a6 * b3 + a7 * b2 + a8 * b1,
                a2 * b8 + a3 * b7 + a4 * b6 + a5 * b5 + a6 * b4 + a7 * b3 + a8 * b2,
                a3 * b8 + a4 * b7 + a5 * b6 + a6 * b5 + a7 * b4 + a8 * b3,
                a4 * b8 + a5 * b7 + a6 * b6 + a7 * b5 + a8 * b4,
                a5 * b8 + a6 * b7 + a7 * b6 + a8 * b5,
                a6 * b8 + a7 * b7 + a8 * b6,
                a7 * b8 + a8 * b7,
                a8 * b8,
            ],
        )
    }

    #[inline(never)]
    fn squared(&self) -> Limbs29 {
        let [a0, a1, a2, a3, a4, a5, a6, a7, a8] = self.0.map(i64::from);
        folded(
            [
                a0 * a0,
                2 * (a0 * a1),
                2 * (a0 * a2) + a1 * a1,
                2 * (a0 * a3 + a1 * a2),
                2 * (a0 * a4 + a1 * a3) + a2 * a2,
                2 * (a0 * a5 + a1 * a4 + a2 * a3),
                2 * (a0 * a6 + a1 * a5 + a2 * a4) + a3 * a3,
                2 * (a0 * a7 + a1 * a6 + a2 * a5 + a3 * a4),
                2 * (a0 * a8 + a1 * a7 + a2 * a6 + a3 * a5) + a4 * a4,
            ],
            [
                2 * (a1 * a8 + a2 * a7 + a3 * a6 + a4 * a5),
                2 * (a2 * a8 + a3 * a7 + a4 * a6) + a5 * a5,
                2 * (a3 * a8 + a4 * a7 + a5 * a6),
                2 * (a4 * a8 + a5 * a7) + a6 * a6,
                2 * (a5 * a8 + a6 * a7),
                2 * (a6 * a8) + a7 * a7,
                2 * (a7 * a8),
                a8 * a8,
            ],
        )
    }
}

/// Carries to limbs from 0 to 2^29 - 1 (the last to 2^23 - 1) and gives what is above bit 255, which may be negative.
fn settled(limbs: &mut [i64; 9]) -> i64 {
    let mut carry = 0;
    let [lower @ .., top] = limbs;
    for limb in lower {
        *limb += carry;
        carry = *limb >> BITS;
        *limb &= MASK;
    }
    *top += carry;
    let over = *top >> TOP_BITS;
    *top &= (1 << TOP_BITS) - 1;
    over
}

fn add_to_first([first, ..]: &mut [i64; 9], value: i64) {
    *first += value;
}
