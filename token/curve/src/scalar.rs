//! Integers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point.

/// L, least significant byte first.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Bits of a limb while reducing: 9 * 28 = 252, so that what exceeds 2^252 stands in limbs of its own.
const BITS: u32 = 28;
const MASK: i64 = (1 << BITS) - 1;
/// L - 2^252, in limbs of 28 bits.
const ORDER_LOW: [i64; 9] = [0x0cf5_d3ed, 0x0126_31a5, 0x079c_d658, 0x0f9d_ea2f, 0x14de, 0, 0, 0, 0];

/// An integer from 0 to L - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scalar([u8; 32]);

impl Scalar {
    /// Reads an integer below L, least significant byte first; `None` if it is not below L (RFC 8032, 5.1.7, step 1).
    pub fn from_canonical_bytes(bytes: &[u8; 32]) -> Option<Scalar> {
        let below = bytes.iter().rev().lt(ORDER.iter().rev());
        below.then_some(Scalar(*bytes))
    }

    /// Any integer of 512 bits, modulo L: what RFC 8032 makes of a hash.
    ///
    /// From the top, 28 bits at a time: r becomes 2^28 r + b, of which q = floor(2^-252 r) times L is taken away. That is
    /// the part above 2^252, and q times the low half of L; if it was once too often, L is added again.
    pub fn from_wide_bytes(bytes: &[u8; 64]) -> Scalar {
        // r, as 252 bits and what is above them.
        let (mut low, mut top) = ([0_i64; 9], 0);
        for chunk in (0..512_u32.div_ceil(BITS)).rev() {
            let mut high = bits(bytes, chunk * BITS, BITS).into();
            for limb in &mut low {
                core::mem::swap(limb, &mut high);
            }
            top = add_multiple_of_low_order(&mut low, -(high + (top << BITS)));
            if top < 0 {
                top += 1 + add_multiple_of_low_order(&mut low, 1);
            }
        }
        let mut out = [0; 32];
        let (mut bits, mut filled, mut limbs) = (0_i64, 0_u32, low.into_iter().chain([top]));
        for byte in &mut out {
            if filled < 8 {
                bits |= limbs.next().unwrap_or(0) << filled;
                filled += BITS;
            }
            *byte = bits as u8;
            bits >>= 8;
            filled -= 8;
        }
        Scalar(out)
    }

    /// Least significant byte first.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digits in base 2^width, least significant first, each from -2^(width-1) + 1 to 2^(width-1).
    pub(crate) fn digits(&self, width: u32) -> impl Iterator<Item = i32> {
        let half = 1 << (width - 1);
        let mut carry = 0;
        (0..254_u32.div_ceil(width)).map(move |at| {
            let digit = bits(&self.0, at * width, width) as i32 + carry;
            // A digit of more than half the base is the base less something: one more is carried to the next.
            carry = i32::from(digit > half);
            digit - (carry << width)
        })
    }

    /// The bit at every place as a digit that is zero or odd, below 2^(width-1) in size, with at least `width` - 1 zeros
    /// after each that is not zero (the non-adjacent form). Least significant first.
    pub(crate) fn sparse_digits(&self, width: u32) -> [i8; 256] {
        let mut digits = [0; 256];
        let (mut carry, mut free) = (0, 0);
        for (place, digit) in (0_u32..).zip(&mut digits) {
            if place < free {
                continue;
            }
            let window = bits(&self.0, place, width) as i32 + carry;
            if window & 1 == 1 {
                carry = i32::from(window >= 1 << (width - 1));
                *digit = (window - (carry << width)) as i8;
                free = place + width;
            }
        }
        digits
    }
}

/// Adds `factor` times (L - 2^252) and gives what leaves 252 bits: 0, or -1 if the sum is negative.
fn add_multiple_of_low_order(rest: &mut [i64; 9], factor: i64) -> i64 {
    let mut carry = 0;
    for (limb, low) in rest.iter_mut().zip(ORDER_LOW) {
        carry += *limb + factor * low;
        *limb = carry & MASK;
        carry >>= BITS;
    }
    carry
}

/// `count` bits, at most 28, from bit `at` on; zeros beyond the end.
fn bits(bytes: &[u8], at: u32, count: u32) -> u32 {
    let mut window = 0_u64;
    let bytes = bytes.iter().skip((at / 8) as usize).take(5);
    for (byte, shift) in bytes.zip([0, 8, 16, 24, 32]) {
        window |= u64::from(*byte) << shift;
    }
    (window >> (at % 8)) as u32 & ((1 << count) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::Scalar as Stock;
    use proptest::prelude::*;

    fn reduces(wide: &[u8; 64]) {
        let expected = Stock::from_bytes_mod_order_wide(wide).to_bytes();
        assert_eq!(Scalar::from_wide_bytes(wide).as_bytes(), &expected, "{wide:02x?}");
    }

    fn order_plus(difference: i8) -> [u8; 32] {
        let mut bytes = ORDER;
        bytes[0] = bytes[0].wrapping_add_signed(difference);
        bytes
    }

    #[test]
    fn only_integers_below_the_order_are_canonical() {
        for (bytes, canonical) in [
            (order_plus(-1), true),
            (ORDER, false),
            (order_plus(1), false),
            ([0; 32], true),
            ([0xFF; 32], false),
        ] {
            assert_eq!(Scalar::from_canonical_bytes(&bytes).is_some(), canonical, "{bytes:02x?}");
        }
    }

    #[test]
    fn multiples_of_the_order_and_their_neighbours_are_reduced_as_dalek_reduces_them() {
        for place in 0..=32 {
            for difference in [-1, 0, 1] {
                let mut wide = [0; 64];
                wide[place..place + 32].copy_from_slice(&order_plus(difference));
                reduces(&wide);
            }
        }
        for bit in 0..512 {
            let mut wide = [0; 64];
            wide[bit / 8] = 1 << (bit % 8);
            reduces(&wide);
        }
        reduces(&[0xFF; 64]);
    }

    proptest! {
        #[test]
        fn hashes_are_reduced_as_dalek_reduces_them(low in any::<[u8; 32]>(), high in any::<[u8; 32]>()) {
            let mut wide = [0; 64];
            wide[..32].copy_from_slice(&low);
            wide[32..].copy_from_slice(&high);
            reduces(&wide);
        }

        #[test]
        fn integers_are_canonical_exactly_if_dalek_says_so(mut bytes in any::<[u8; 32]>(), top in 0_u8..0x20, ones in 0_usize..32) {
            bytes[31] = top;
            prop_assert_eq!(
                Scalar::from_canonical_bytes(&bytes).is_some(),
                bool::from(Stock::from_canonical_bytes(bytes).is_some())
            );
            // As the order, but for one byte.
            let mut close = ORDER;
            close[ones] = bytes[0];
            prop_assert_eq!(
                Scalar::from_canonical_bytes(&close).is_some(),
                bool::from(Stock::from_canonical_bytes(close).is_some())
            );
        }

        #[test]
        fn the_digits_add_up_to_the_scalar(low in any::<[u8; 32]>(), width in 2_u32..12) {
            let scalar = Scalar::from_wide_bytes(&std::array::from_fn(|at| low[at % 32]));
            let wanted = Stock::from_canonical_bytes(*scalar.as_bytes()).unwrap();
            let signed = |digit: i32| {
                let size = Stock::from(digit.unsigned_abs());
                if digit < 0 { -size } else { size }
            };
            let (mut sum, mut place) = (Stock::ZERO, Stock::ONE);
            for digit in scalar.digits(width) {
                prop_assert!(digit.unsigned_abs() <= 1 << (width - 1));
                sum += signed(digit) * place;
                place *= Stock::from(1_u64 << width);
            }
            prop_assert_eq!(sum, wanted);

            let width = width.min(8);
            let (mut sum, mut place) = (Stock::ZERO, Stock::ONE);
            for digit in scalar.sparse_digits(width) {
                prop_assert!(digit == 0 || digit & 1 == 1 && digit.unsigned_abs() < 1 << (width - 1));
                sum += signed(digit.into()) * place;
                place += place;
            }
            prop_assert_eq!(sum, wanted);
        }
    }
}
