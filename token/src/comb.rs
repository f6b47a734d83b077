//! Multiplying one and the same point by many scalars: all the doublings are done once, in a table.
//!
//! A scalar s < 2^253 is written in base 2^w with signed digits, s = d0 + d1 2^w + d2 2^2w + ..., where every digit is
//! from -2^(w-1) to 2^(w-1). Row i of the table holds 1 to 2^(w-1) times 2^(w i) P. So s P is the sum of one entry a row,
//! added or subtracted by the sign of its digit, and no doubling is left to do (Brickell, Gordon, McCurley and Wilson,
//! 1992). The usual method does some 250 doublings for every signature.
//!
//! Which entries are read depends on the scalar, and so does the time it takes. In a verifier that is fine: key,
//! signature and message are public. Nothing here may ever see a secret scalar.

use alloc::vec::Vec;
use curve25519_dalek::{EdwardsPoint, Scalar};

/// Bits of a digit. Measured: wider rows save additions, and lose them again to a table that leaves the processor's
/// caches (8 bits are 4,096 points, 640 KiB).
const WIDTH: usize = 8;
/// Entries of a row: the multiples 1 to 2^(w-1); negative ones are got by subtracting.
const ROW: usize = 1 << (WIDTH - 1);
/// Digits of a scalar: 253 bits and the last carry.
const DIGITS: usize = 254_usize.div_ceil(WIDTH);

/// The multiples of one point that make its multiplication cheap.
pub(crate) struct Comb {
    entries: Vec<EdwardsPoint>,
}

impl Comb {
    /// Costs as much as some fifty signatures: worth it for a key that is seen again and again.
    pub(crate) fn new(point: &EdwardsPoint) -> Comb {
        let mut entries = Vec::with_capacity(DIGITS.saturating_mul(ROW));
        let mut base = *point;
        for _ in 0..DIGITS {
            let mut multiple = base;
            entries.push(multiple);
            for _ in 1..ROW {
                multiple += base;
                entries.push(multiple);
            }
            base = multiple + multiple;
        }
        Comb { entries }
    }

    /// `sum + scalar * point`. Variable time.
    pub(crate) fn add_multiple(&self, mut sum: EdwardsPoint, scalar: &Scalar) -> EdwardsPoint {
        for (digit, row) in signed_digits(scalar).iter().zip(self.entries.chunks_exact(ROW)) {
            let entry = usize::from(digit.unsigned_abs()).checked_sub(1).and_then(|at| row.get(at));
            match entry {
                Some(entry) if *digit > 0 => sum += entry,
                Some(entry) => sum -= entry,
                None => {}
            }
        }
        sum
    }
}

/// The digits of a scalar in base 2^w, least significant first, each from -2^(w-1) + 1 to 2^(w-1).
fn signed_digits(scalar: &Scalar) -> [i16; DIGITS] {
    let mut digits = [0; DIGITS];
    let mut bytes = scalar.as_bytes().iter();
    let (mut window, mut filled, mut carry) = (0_u32, 0_u32, 0_u32);
    for digit in &mut digits {
        while filled < WIDTH as u32 {
            window |= u32::from(bytes.next().copied().unwrap_or(0)) << filled;
            filled = filled.saturating_add(8);
        }
        let bits = (window & ((1 << WIDTH) - 1)).saturating_add(carry);
        window >>= WIDTH;
        filled = filled.saturating_sub(WIDTH as u32);
        // A digit of more than half the base is the base less something: one more is carried to the next.
        carry = u32::from(bits > ROW as u32);
        *digit = (bits as i16).wrapping_sub((carry << WIDTH) as i16);
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::{constants::ED25519_BASEPOINT_POINT as B, traits::Identity};
    use proptest::prelude::*;

    fn agrees(point: EdwardsPoint, comb: &Comb, scalar: Scalar) {
        assert_eq!(comb.add_multiple(EdwardsPoint::identity(), &scalar), point * scalar, "{scalar:?}");
    }

    #[test]
    fn the_ends_of_the_range_are_right() {
        let comb = Comb::new(&B);
        for scalar in [
            Scalar::ZERO,
            Scalar::ONE,
            -Scalar::ONE,
            Scalar::from(63_u8),
            Scalar::from(64_u8),
            Scalar::from(65_u8),
            Scalar::from(127_u8),
            Scalar::from(128_u8),
        ] {
            agrees(B, &comb, scalar);
        }
        for bit in 0..253 {
            let mut bytes = [0; 32];
            bytes[bit / 8] = 1 << (bit % 8);
            agrees(B, &comb, Scalar::from_bytes_mod_order(bytes));
        }
    }

    proptest! {
        #[test]
        fn it_multiplies_as_the_plain_method_does(bytes in prop::array::uniform32(any::<u8>()), factor in any::<u64>()) {
            let point = B * Scalar::from(factor);
            agrees(point, &Comb::new(&point), Scalar::from_bytes_mod_order(bytes));
        }
    }
}
