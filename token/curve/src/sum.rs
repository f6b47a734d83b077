//! k P + s Q with nothing prepared: both scalars are gone through together, so that they share the doublings (Straus,
//! 1964), in digits that are mostly zero.

use crate::{Completed, Field, Point, Scalar, point::Projective};

/// Bits of a digit: odd ones from -15 to 15, one place in six.
const WIDTH: u32 = 5;
/// The odd multiples 1, 3, ... 15.
const ODD: usize = 1 << (WIDTH - 2);

/// k P + s Q.
pub fn double_multiple<F: Field>(k: &Scalar, p: &Point<F>, s: &Scalar, q: &Point<F>) -> Completed<F> {
    let terms = [(k.sparse_digits(WIDTH), odd_multiples(p)), (s.sparse_digits(WIDTH), odd_multiples(q))];
    let [(first, _), (second, _)] = &terms;
    let mut sum = Completed::IDENTITY;
    let mut started = false;
    for (a, b) in first.iter().zip(second).rev() {
        if started {
            sum = sum.doubled();
        }
        for (digit, (_, multiples)) in [*a, *b].into_iter().zip(&terms) {
            if digit != 0 {
                started = true;
                if let Some(entry) = multiples.get(usize::from(digit.unsigned_abs() / 2)) {
                    sum = sum.point().with_projective(entry, digit < 0);
                }
            }
        }
    }
    sum
}

fn odd_multiples<F: Field>(point: &Point<F>) -> [Projective<F>; ODD] {
    let own = point.to_projective();
    let twice = point.with_projective(&own, false).point().to_projective();
    let mut last = *point;
    let mut first = true;
    [(); ODD].map(|()| {
        if !core::mem::take(&mut first) {
            last = last.with_projective(&twice, false).point();
        }
        last.to_projective()
    })
}
