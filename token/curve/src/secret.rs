//! Multiples of the base point by numbers that nobody may learn: what a signature begins with.
//!
//! The one room of this crate that secrets may enter. The sum of rows is that of [`crate::Comb`], but which steps are taken,
//! and which places of memory are read, is the same for all numbers: every entry of a row is read and masked, a digit of
//! zero adds the neutral element, and a negative one exchanges and negates under a mask. A mask that the compiler could see
//! through might become a branch again, so it is hidden by `core::hint::black_box`. That is a hint and no promise;
//! tests/tests/constant_time.rs therefore compares every instruction and every address that different numbers lead to.
//!
//! The sum comes as a fraction, and its denominator depends on the number by more than the point does (Naccache, Smart and
//! Stern, "Projective coordinates leak", 2004). It is multiplied by a random factor before it is inverted in variable time,
//! and divided by that factor afterwards: what is inverted is as random as the factor is. What is encoded in the end is
//! published anyway.

use alloc::boxed::Box;
use core::{fmt, hint::black_box, marker::PhantomData};

use crate::{
    Completed, Field, Point,
    comb::Row,
    field::{Words, bytes, words},
    point::Affine,
};

/// Bits of a digit. Wider ones save additions and lose them again to longer rows: 5 bits are 51 rows of 16 points, 77 KiB.
const WIDTH: u32 = 5;
const HALF: usize = 1 << (WIDTH - 1);
/// Digits of a number below 2^253 and the last carry.
const DIGITS: usize = 254_usize.div_ceil(WIDTH as usize);

/// p = 2^255 - 19.
const P: Words = [0xffff_ffff_ffff_ffed, u64::MAX, u64::MAX, u64::MAX >> 1];

/// Sum, difference and product of an affine point, each a number below p.
type Entry = [Words; 3];
/// What the neutral element, x = 0 and y = 1, comes to.
const NEUTRAL: Entry = [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]];

/// The multiples of one row, 1 to HALF, word by word: the first words of all, the second words of all, and so on. So several
/// of them are masked at once.
type Columns = [[u64; HALF]; 12];

/// Multiplies the base point by secrets.
pub struct SecretBase<F> {
    rows: Box<[Columns]>,
    field: PhantomData<F>,
}

/// A secret multiple of the base point, before it is encoded.
pub struct SecretPoint<F>(Completed<F>);

impl<F> fmt::Debug for SecretBase<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SecretBase").finish_non_exhaustive()
    }
}

impl<F> fmt::Debug for SecretPoint<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SecretPoint").finish_non_exhaustive()
    }
}

impl<F: Field> Default for SecretBase<F> {
    fn default() -> Self {
        SecretBase::new()
    }
}

impl<F: Field> SecretBase<F> {
    /// Makes the table, which takes as long as some twenty signatures.
    pub fn new() -> SecretBase<F> {
        let mut base = Point::base();
        let rows = (0..DIGITS).map(|_| {
            let row = Row::<F>::new(&base, HALF);
            base = row.next;
            columns(&row)
        });
        SecretBase { rows: rows.collect(), field: PhantomData }
    }

    /// s B, for an s below 2^253, least significant byte first. Takes the same time for every s.
    pub fn multiple(&self, s: &[u8; 32]) -> SecretPoint<F> {
        let mut sum = Completed::IDENTITY;
        for (digit, row) in digits(s).iter().zip(&*self.rows) {
            sum = sum.point().with_affine(&chosen(row, *digit), false);
        }
        SecretPoint(sum)
    }
}

impl<F: Field> SecretPoint<F> {
    /// The canonical encoding (RFC 8032, 5.1.2). `mask` must be random, not tell anything about the number that the base
    /// point was multiplied by, and be used for nothing else; its last bit is ignored.
    pub fn encoded(self, mask: &[u8; 32]) -> [u8; 32] {
        self.0.encoded_behind(&F::from_bytes(mask))
    }
}

fn columns<F: Field>(row: &Row<F>) -> Columns {
    let mut columns = [[0; HALF]; 12];
    for (number, Affine { sum, difference, product }) in row.multiples.iter().enumerate() {
        let entry: Entry = [sum, difference, product].map(|number| words(&number.to_bytes()));
        for (column, word) in columns.iter_mut().zip(entry.as_flattened()) {
            if let Some(place) = column.get_mut(number) {
                *place = *word;
            }
        }
    }
    columns
}

/// The digits of s in base 2^WIDTH, least significant first, from -HALF to HALF - 1.
fn digits(s: &[u8; 32]) -> [i64; DIGITS] {
    let [a, b, c, d] = words(s);
    let pairs = [[a, b], [b, c], [c, d], [d, 0]].map(|[low, high]| u128::from(low) | u128::from(high) << 64);
    let (mut digits, mut carry, mut at) = ([0; DIGITS], 0, 0);
    for digit in &mut digits {
        // Where a digit begins is no secret.
        let from_here = pairs.get(at / 64).map_or(0, |pair| pair >> (at % 64));
        let value = (from_here & ((1 << WIDTH) - 1)) as i64 + carry;
        carry = (value + HALF as i64) >> WIDTH;
        *digit = value - (carry << WIDTH);
        at += WIDTH as usize;
    }
    digits
}

/// `digit` times what `row` holds the multiples of.
#[inline(always)]
fn chosen<F: Field>(row: &Columns, digit: i64) -> Affine<F> {
    let sign = digit >> 63;
    let size = ((digit ^ sign) - sign) as u64;
    let mut number = 0;
    let masks = black_box([(); HALF].map(|()| {
        number += 1;
        if_equal(size, number)
    }));
    let (if_zero, if_negative) = black_box((if_equal(size, 0), sign as u64));

    let mut entry = NEUTRAL.map(|words| words.map(|word| word & if_zero));
    for (word, column) in entry.as_flattened_mut().iter_mut().zip(row) {
        *word |= column.iter().zip(&masks).fold(0, |found, (word, mask)| found | word & mask);
    }
    let [mut sum, mut difference, mut product] = entry;
    // -P has sum and difference exchanged, and the product negated.
    for (a, b) in sum.iter_mut().zip(&mut difference) {
        let changed = (*a ^ *b) & if_negative;
        *a ^= changed;
        *b ^= changed;
    }
    let negated = p_less(&product);
    for (word, negated) in product.iter_mut().zip(negated) {
        *word ^= (*word ^ negated) & if_negative;
    }
    let [sum, difference, product] = [sum, difference, product].map(|words| F::from_bytes(&bytes(words)));
    Affine { sum, difference, product }
}

/// All ones if both are the same, else zero.
#[inline(always)]
fn if_equal(a: u64, b: u64) -> u64 {
    let different = a ^ b;
    ((different.wrapping_sub(1) & !different) >> 63).wrapping_neg()
}

/// p - x, for x up to p.
#[inline(always)]
fn p_less(x: &Words) -> Words {
    let mut borrow = 0;
    let mut difference = P;
    for (word, x) in difference.iter_mut().zip(x) {
        let (less, first) = word.overflowing_sub(*x);
        let (less, second) = less.overflowing_sub(borrow);
        borrow = u64::from(first | second);
        *word = less;
    }
    difference
}
