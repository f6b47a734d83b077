//! Multiplying one and the same point by many scalars: all the doublings are done once, in a table.
//!
//! A scalar s < 2^253 is written in base 2^w with signed digits, s = d0 + d1 2^w + d2 2^2w + ..., where every digit is
//! from -2^(w-1) to 2^(w-1). Row i of the table holds 1 to 2^(w-1) times 2^(w i) P. So s P is the sum of one entry a row,
//! added or subtracted by the sign of its digit, and no doubling is left to do (Brickell, Gordon, McCurley and Wilson,
//! "Fast exponentiation with precomputation", 1992). The usual method does some 250 doublings for every signature.
//!
//! The entries are affine, which makes an addition 7 products; one inversion a row makes them so. A table grows row by
//! row, so that nobody waits for the whole of it.

use alloc::{boxed::Box, vec::Vec};

use once_cell::race::OnceBox;

use crate::{Completed, Field, Point, Scalar, point::Affine};

/// Bits of a digit. Measured: wider rows save additions, and lose them again to a table that leaves the processor's
/// caches. 8 bits are 32 rows and 4,096 points, 384 KiB.
#[cfg(not(target_arch = "wasm32"))]
const WIDTH: u32 = 8;
/// Bits of a digit. Additions are slower here than memory is: 9 bits, 29 rows and 7,424 points, 780 KiB.
#[cfg(target_arch = "wasm32")]
const WIDTH: u32 = 9;

/// The multiples of one point that make its multiplication cheap.
#[derive(Debug)]
pub struct Comb<F> {
    point: Point<F>,
    width: u32,
    /// One for each digit of a scalar: 253 bits and the last carry.
    rows: Box<[OnceBox<Row<F>>]>,
}

#[derive(Debug)]
pub(crate) struct Row<F> {
    /// The multiples 1 to 2^(w-1); negative ones are got by subtracting.
    pub(crate) multiples: Vec<Affine<F>>,
    /// What the next row holds the multiples of: 2^w times the first of these. Its Z is 1.
    pub(crate) next: Point<F>,
}

impl<F: Field> Comb<F> {
    /// A table without rows, of the multiples of `point`.
    pub fn new(point: Point<F>) -> Comb<F> {
        Comb::with_digits_of(WIDTH, point)
    }

    /// For digits of `width` bits, 2 to 16, instead of what is best on this machine.
    pub(crate) fn with_digits_of(width: u32, point: Point<F>) -> Comb<F> {
        Comb { point, width, rows: (0..254_u32.div_ceil(width)).map(|_| OnceBox::new()).collect() }
    }

    /// Adds a row, which takes as long as a signature or two; `true` when none is missing. Threads may do this at the same
    /// time: both compute the same row then, and one of the two is dropped.
    pub fn grow(&self) -> bool {
        if self.is_complete() {
            return true;
        }
        let mut base = &self.point;
        for row in self.rows.iter() {
            match row.get() {
                Some(row) => base = &row.next,
                None => {
                    row.get_or_init(|| Box::new(Row::new(base, 1 << (self.width - 1))));
                    break;
                }
            }
        }
        self.is_complete()
    }

    /// Whether no row is missing.
    pub fn is_complete(&self) -> bool {
        matches!(&*self.rows, [.., last] if last.get().is_some())
    }

    /// `sum` + `scalar` P. `None` before the table is complete.
    pub fn add_multiple(&self, mut sum: Completed<F>, scalar: &Scalar) -> Option<Completed<F>> {
        // The tables do not fit into the nearest caches. All entries are fetched first, because a processor waits for many
        // of them at once; an addition is too long for it to look ahead to the next.
        let mut entries = Vec::with_capacity(self.rows.len());
        for (digit, row) in scalar.digits(self.width).zip(&*self.rows) {
            let row = row.get()?;
            if digit != 0 {
                let entry = row.multiples.get((digit.unsigned_abs() as usize).wrapping_sub(1))?;
                entries.push((*entry, digit < 0));
            }
        }
        for (entry, subtract) in &entries {
            sum = sum.point().with_affine(entry, *subtract);
        }
        Some(sum)
    }
}

impl<F: Field> Row<F> {
    /// `base` may have any Z.
    pub(crate) fn new(base: &Point<F>, length: usize) -> Row<F> {
        let mut base = [*base];
        Point::normalised(&mut base);
        let [base] = base;
        let step = base.to_affine();
        let mut points = Vec::with_capacity(length + 1);
        let mut last = base;
        points.push(last);
        for _ in 1..length {
            last = last.with_affine(&step, false).point();
            points.push(last);
        }
        points.push(last.with_projective(&last.to_projective(), false).point());
        Point::normalised(&mut points);
        let next = points.pop().unwrap_or(base);
        Row { multiples: points.into_iter().map(Point::to_affine).collect(), next }
    }
}
