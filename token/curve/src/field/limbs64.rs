//! Four words of 64 bits, for machines that multiply 64 bits by 64 to 128.
//!
//! x = sum of x_i 2^(64 i), and 2^256 = 2 * 19 = 38 modulo p, so what leaves at the top comes back at the bottom 38 times.
//!
//! Bounds. An element is any number from 0 to 2^256 - 1, of which up to three are the same modulo p; only `to_bytes`
//! chooses. Every operation, sums and differences too, leaves such a number, so weights mean nothing here and no product
//! is too heavy. What leaves at the top is folded twice: after the first time, something can leave once more only if
//! what stays is so near to 0 (after a difference: to 2^256) that the second fold does not go beyond the first word.
//!
//! No step and no address depends on the numbers, except in `to_bytes`.
//!
//! Limbs of 51 bits, the usual choice, leave room for carries, but want 25 products and more carries than these 16 and the
//! 4 of the fold; and whole rows of carries are what processors have an instruction for.

use super::{BASE_X, BASE_Y, D, Field, SQRT_OF_MINUS_ONE, TWO_D, Words};

/// An element in four words of 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Limbs64(pub(super) Words);

/// 2^256 modulo p.
const FOLD: u64 = 38;
/// The bits of the last word that belong to a number below 2^255.
const TOP_MASK: u64 = u64::MAX >> 1;

#[inline(always)]
fn wide(a: u64, b: u64) -> (u64, u64) {
    a.carrying_mul(b, 0)
}

/// 38 or 0.
#[inline(always)]
fn fold_if(over: bool) -> u64 {
    u64::from(over).wrapping_neg() & FOLD
}

/// a b. All products first and one row of carries then: written like this, the compiler keeps the carries in the flag.
#[inline(always)]
fn row(a: u64, [b0, b1, b2, b3]: Words) -> [u64; 5] {
    let (r0, h0) = wide(a, b0);
    let (l1, h1) = wide(a, b1);
    let (l2, h2) = wide(a, b2);
    let (l3, h3) = wide(a, b3);
    let (r1, c) = l1.overflowing_add(h0);
    let (r2, c) = l2.carrying_add(h1, c);
    let (r3, c) = l3.carrying_add(h2, c);
    [r0, r1, r2, r3, h3 + u64::from(c)]
}

/// A row added to what stands in its place: no more than (2^64 - 1) (2^256 - 1) + 2^256 - 1, which is below 2^320.
#[inline(always)]
fn with_row([s0, s1, s2, s3]: Words, [r0, r1, r2, r3, r4]: [u64; 5]) -> [u64; 5] {
    let (s0, c) = s0.overflowing_add(r0);
    let (s1, c) = s1.carrying_add(r1, c);
    let (s2, c) = s2.carrying_add(r2, c);
    let (s3, c) = s3.carrying_add(r3, c);
    [s0, s1, s2, s3, r4 + u64::from(c)]
}

/// The upper half of a product folded onto the lower one, and what then leaves at the top, at most 38, again.
#[inline(always)]
fn folded(low: Words, high: Words) -> Limbs64 {
    let [r0, r1, r2, r3, over] = with_row(low, row(FOLD, high));
    with_first([r0, r1, r2, r3], over * FOLD)
}

/// The sum with a number of one word.
#[inline(always)]
fn with_first([r0, r1, r2, r3]: Words, first: u64) -> Limbs64 {
    let (r0, c) = r0.overflowing_add(first);
    let (r1, c) = r1.carrying_add(0, c);
    let (r2, c) = r2.carrying_add(0, c);
    let (r3, c) = r3.carrying_add(0, c);
    // If something leaves, r is now below `first`.
    Limbs64([r0.wrapping_add(fold_if(c)), r1, r2, r3])
}

impl Field for Limbs64 {
    const ZERO: Limbs64 = Limbs64([0; 4]);
    const ONE: Limbs64 = Limbs64([1, 0, 0, 0]);
    const D: Limbs64 = Limbs64(D);
    const TWO_D: Limbs64 = Limbs64(TWO_D);
    const SQRT_OF_MINUS_ONE: Limbs64 = Limbs64(SQRT_OF_MINUS_ONE);
    const BASE_X: Limbs64 = Limbs64(BASE_X);
    const BASE_Y: Limbs64 = Limbs64(BASE_Y);

    fn from_bytes(bytes: &[u8; 32]) -> Limbs64 {
        let [a, b, c, d] = super::words(bytes);
        Limbs64([a, b, c, d & TOP_MASK])
    }

    fn to_bytes(&self) -> [u8; 32] {
        // Bit 255 is worth 19. What is left is at most 2^255 + 18, and x >= p exactly if x + 19 reaches 2^255.
        let [a, b, c, d] = self.0;
        let Limbs64(mut words) = with_first([a, b, c, d & TOP_MASK], 19 * (d >> 63));
        let Limbs64([a, b, c, d]) = with_first(words, 19);
        if d > TOP_MASK {
            words = [a, b, c, d & TOP_MASK];
        }
        super::bytes(words)
    }

    #[inline(always)]
    fn plus(&self, other: &Limbs64) -> Limbs64 {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (self.0, other.0);
        let (r0, c) = a0.overflowing_add(b0);
        let (r1, c) = a1.carrying_add(b1, c);
        let (r2, c) = a2.carrying_add(b2, c);
        let (r3, c) = a3.carrying_add(b3, c);
        with_first([r0, r1, r2, r3], fold_if(c))
    }

    #[inline(always)]
    fn minus(&self, other: &Limbs64) -> Limbs64 {
        let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (self.0, other.0);
        let (r0, c) = a0.overflowing_sub(b0);
        let (r1, c) = a1.borrowing_sub(b1, c);
        let (r2, c) = a2.borrowing_sub(b2, c);
        let (r3, c) = a3.borrowing_sub(b3, c);
        // A borrow at the top is a 2^256 too many.
        let (r0, c) = r0.overflowing_sub(fold_if(c));
        let (r1, c) = r1.borrowing_sub(0, c);
        let (r2, c) = r2.borrowing_sub(0, c);
        let (r3, c) = r3.borrowing_sub(0, c);
        // If there is another one, r is now 2^256 - 38 or more.
        Limbs64([r0.wrapping_sub(fold_if(c)), r1, r2, r3])
    }

    #[inline(always)]
    fn times(&self, other: &Limbs64) -> Limbs64 {
        let [a0, a1, a2, a3] = self.0;
        let [r0, s1, s2, s3, s4] = row(a0, other.0);
        let [r1, s2, s3, s4, s5] = with_row([s1, s2, s3, s4], row(a1, other.0));
        let [r2, s3, s4, s5, s6] = with_row([s2, s3, s4, s5], row(a2, other.0));
        let [r3, r4, r5, r6, r7] = with_row([s3, s4, s5, s6], row(a3, other.0));
        folded([r0, r1, r2, r3], [r4, r5, r6, r7])
    }

    /// Row i is a_i times the number that begins with a_i and goes on with twice the words behind it. The bit that
    /// doubling pushes out of the last word adds a_i, or nothing, where row i ends.
    #[inline(always)]
    fn squared(&self) -> Limbs64 {
        let [a0, a1, a2, a3] = self.0;
        // Twice (a1, a2, a3), of which the second and third word also serve behind a1; only the first bit differs.
        let (d1, c) = a1.overflowing_add(a1);
        let (d2, c) = a2.carrying_add(a2, c);
        let (d3, c) = a3.carrying_add(a3, c);
        let (twice_a2, twice_a3) = (a2 << 1, a3 << 1);
        let top = u64::from(c).wrapping_neg();

        let [r0, r1, s2, s3, s4] = row(a0, [a0, d1, d2, d3]);
        let (t2, h2) = wide(a1, a1);
        let (l3, h3) = wide(a1, twice_a2);
        let (l4, h4) = wide(a1, d3);
        let (t3, c) = l3.overflowing_add(h2);
        let (t4, c) = l4.carrying_add(h3, c);
        let t5 = h4 + u64::from(c);
        let (u4, h4) = wide(a2, a2);
        let (l5, h5) = wide(a2, twice_a3);
        let (u5, c) = l5.overflowing_add(h4);
        let u6 = h5 + u64::from(c);
        let (v6, v7) = wide(a3, a3);

        let (r2, c) = s2.overflowing_add(t2);
        let (r3, c) = s3.carrying_add(t3, c);
        let (r4, c) = s4.carrying_add(t4, c);
        let (r5, c) = t5.carrying_add(u5, c);
        let (r6, c) = u6.carrying_add(v6, c);
        let r7 = v7 + u64::from(c);
        let (r4, c) = r4.overflowing_add(u4);
        let (r5, c) = r5.carrying_add(top & a1, c);
        let (r6, c) = r6.carrying_add(top & a2, c);
        let r7 = r7 + u64::from(c);
        let (r4, c) = r4.overflowing_add(top & a0);
        let (r5, c) = r5.carrying_add(0, c);
        let (r6, c) = r6.carrying_add(0, c);
        folded([r0, r1, r2, r3], [r4, r5, r6, r7 + u64::from(c)])
    }
}
