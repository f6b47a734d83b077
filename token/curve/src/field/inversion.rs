//! Inversion modulo p by division steps (Bernstein and Yang, "Fast constant-time gcd computation and modular inversion",
//! 2019), here in variable time: a step is taken for granted where its outcome can be read off several bits at once.
//!
//! The steps work on a pair (f, g), f odd, which starts as (p, x): an odd g is made even by a multiple of f, and halved;
//! a counter says when the two change places. In the end g = 0 and f = 1 or -1. Which steps are taken depends on the low
//! bits alone, so thirty of them are worked out on single words, collected in a 2x2 matrix of numbers below 2^30, and then
//! applied to the long numbers at once: to (f, g), and modulo p to (d, e), which starts as (0, 1) and keeps
//! f = d x, g = e x (mod p). The last d, with the sign of f, is 1/x.
//!
//! It takes a tenth of the products of x^(p-2), the inversion by Fermat.

use super::packed;

/// Steps of a batch, and bits of a limb. Numbers are nine signed limbs; all but the last are from 0 to 2^30 - 1.
const BITS: u32 = 30;
const MASK: i64 = (1 << BITS) - 1;
type Long = [i32; 9];

/// p = 2^255 - 19. Its lowest limb is the only one that is not a row of ones.
const P: Long = [
    (1 << 30) - 19,
    MASK as i32,
    MASK as i32,
    MASK as i32,
    MASK as i32,
    MASK as i32,
    MASK as i32,
    MASK as i32,
    (1 << 15) - 1,
];
/// 1/p modulo 2^30.
const P_INVERSE: i64 = 0x1794_35e5;

/// 2^30 times what thirty steps do: (f, g) becomes (u f + v g, q f + r g) / 2^30.
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

/// 1/x modulo p for x < p, least significant byte first; 0 for 0.
pub(super) fn inverted(bytes: &[u8; 32]) -> [u8; 32] {
    let (mut f, mut g) = (P, limbs(bytes));
    let (mut d, mut e) = ([0; 9], [1, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut eta = -1;
    while g != [0; 9] {
        let matrix = steps(&mut eta, lowest(&f), lowest(&g));
        (f, g) = applied(&matrix, &f, &g);
        (d, e) = applied_modulo_p(&matrix, &d, &e);
    }
    // For x = 0 no step was taken: f = p, d = 0.
    reduced(d, is_negative(&f))
}

/// Thirty division steps on the low words of f and g. `eta` is the negated counter of the paper.
fn steps(eta: &mut i32, f: i32, g: i32) -> Matrix {
    let (mut f, mut g) = (f as u32, g as u32);
    let (mut u, mut v, mut q, mut r) = (1_i32, 0_i32, 0_i32, 1_i32);
    let mut left = BITS;
    loop {
        // While g is even it is halved: several steps in one. The bits above `left` are not known.
        let zeros = (g | u32::MAX << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        *eta -= zeros as i32;
        left -= zeros;
        if left == 0 {
            break Matrix { u: u.into(), v: v.into(), q: q.into(), r: r.into() };
        }
        if *eta < 0 {
            *eta = -*eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, -u);
            (v, r) = (r, -v);
        }
        // f and g are odd. As long as the two do not change places, a multiple of f clears as many low bits of g as one
        // likes; f (f^2 - 2) is -1/f modulo 64, because f^2 - 1 is a multiple of 8.
        let limit = (*eta as u32).saturating_add(1).min(left).min(6);
        let multiple = f.wrapping_mul(f.wrapping_mul(f).wrapping_sub(2)).wrapping_mul(g) & ((1 << limit) - 1);
        g = g.wrapping_add(f.wrapping_mul(multiple));
        q += u * multiple as i32;
        r += v * multiple as i32;
    }
}

/// (u f + v g, q f + r g) / 2^30, which is exact.
fn applied(Matrix { u, v, q, r }: &Matrix, f: &Long, g: &Long) -> (Long, Long) {
    let combined = |a: i64, b: i64| {
        let mut sums = f.iter().zip(g).map(|(f, g)| a * i64::from(*f) + b * i64::from(*g));
        let carry = sums.next().unwrap_or(0) >> BITS;
        collected(carry, sums)
    };
    (combined(*u, *v), combined(*q, *r))
}

/// The same modulo p. A multiple of p makes each sum divisible by 2^30 and keeps it between -2p and p.
fn applied_modulo_p(Matrix { u, v, q, r }: &Matrix, d: &Long, e: &Long) -> (Long, Long) {
    let combined = |a: i64, b: i64| {
        let mut sums = d.iter().zip(e).map(|(d, e)| a * i64::from(*d) + b * i64::from(*e));
        let first = sums.next().unwrap_or(0);
        // d and e as if p had been added to those that are negative: then both are between -p and p.
        let mut multiple = if is_negative(d) { a } else { 0 } + if is_negative(e) { b } else { 0 };
        // p is -19 modulo 2^30.
        multiple -= (((first - 19 * multiple) & MASK) * P_INVERSE) & MASK;
        let carry = (first - 19 * multiple) >> BITS;
        // p = 2^255 - 19, and 255 = 8 * 30 + 15: the multiple comes in at the first limb and at the last.
        let tops = [0, 0, 0, 0, 0, 0, 0, multiple << 15];
        collected(carry, sums.zip(tops).map(|(sum, top)| sum + top))
    };
    (combined(*u, *v), combined(*q, *r))
}

/// Sums carried to limbs, from the second on: the division by 2^30.
#[inline(always)]
fn collected(mut carry: i64, sums: impl Iterator<Item = i64>) -> Long {
    let mut limbs = [0; 9];
    let [lower @ .., top] = &mut limbs;
    for (limb, sum) in lower.iter_mut().zip(sums) {
        carry += sum;
        *limb = (carry & MASK) as i32;
        carry >>= BITS;
    }
    *top = carry as i32;
    limbs
}

/// `d` from -2p to p, negated if asked, as the bytes of a number from 0 to p - 1.
fn reduced(d: Long, negate: bool) -> [u8; 32] {
    let mut limbs = d.map(i64::from);
    if is_negative(&d) {
        plus_p(&mut limbs);
    }
    if negate {
        limbs = limbs.map(|limb| -limb);
    }
    // Carries, so that the sign is that of the last limb.
    let mut carried = settled(&limbs);
    if is_negative(&carried) {
        limbs = carried.map(i64::from);
        plus_p(&mut limbs);
        carried = settled(&limbs);
    }
    packed(&carried.map(i64::from), BITS)
}

fn plus_p(limbs: &mut [i64; 9]) {
    for (limb, p) in limbs.iter_mut().zip(P) {
        *limb += i64::from(p);
    }
}

fn settled(limbs: &[i64; 9]) -> Long {
    let mut settled = [0; 9];
    let mut carry = 0;
    let [lower @ .., last] = &mut settled;
    let [from @ .., top] = limbs;
    for (limb, value) in lower.iter_mut().zip(from) {
        carry += value;
        *limb = (carry & MASK) as i32;
        carry >>= BITS;
    }
    *last = (carry + top) as i32;
    settled
}

fn limbs(bytes: &[u8; 32]) -> Long {
    let mut limbs = [0; 9];
    let (mut bits, mut filled, mut rest) = (0_u64, 0_u32, bytes.iter());
    for limb in &mut limbs {
        while filled < BITS {
            bits |= u64::from(rest.next().copied().unwrap_or(0)) << filled;
            filled += 8;
        }
        *limb = (bits as i64 & MASK) as i32;
        bits >>= BITS;
        filled -= BITS;
    }
    limbs
}

fn lowest([lowest, ..]: &Long) -> i32 {
    *lowest
}

fn is_negative([.., top]: &Long) -> bool {
    *top < 0
}
