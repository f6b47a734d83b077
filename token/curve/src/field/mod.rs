//! The field of the integers modulo p = 2^255 - 19, in two representations with one set of operations.
//!
//! Sums and differences need not be carried. Every element has a *weight*: a product, and what is read from bytes, has
//! weight 1, and weights add up. A representation that does not carry says how heavy the two factors of a product may be;
//! the formulas in `point.rs` are written so that they stay below that, and where overflow checks are on (in every test)
//! it is checked.

mod inversion;
mod limbs29;
mod limbs64;

use core::fmt::Debug;

pub use limbs29::Limbs29;
pub use limbs64::Limbs64;

/// The representation that is faster on this target.
#[cfg(target_pointer_width = "64")]
pub type Native = Limbs64;
/// The representation that is faster on this target.
#[cfg(not(target_pointer_width = "64"))]
pub type Native = Limbs29;

/// A number as four words of 64 bits, the least significant first.
pub(crate) type Words = [u64; 4];

const TWO_D: Words =
    [0xebd6_9b94_26b2_f159, 0x00e0_149a_8283_b156, 0x198e_80f2_eef3_d130, 0x2406_d9dc_56df_fce7];
const D: Words = [0x75eb_4dca_1359_78a3, 0x0070_0a4d_4141_d8ab, 0x8cc7_4079_7779_e898, 0x5203_6cee_2b6f_fe73];
const SQRT_OF_MINUS_ONE: Words =
    [0xc4ee_1b27_4a0e_a0b0, 0x2f43_1806_ad2f_e478, 0x2b4d_0099_3dfb_d7a7, 0x2b83_2480_4fc1_df0b];
const BASE_X: Words =
    [0xc956_2d60_8f25_d51a, 0x692c_c760_9525_a7b2, 0xc0a4_e231_fdd6_dc5c, 0x2169_36d3_cd6e_53fe];
const BASE_Y: Words =
    [0x6666_6666_6666_6658, 0x6666_6666_6666_6666, 0x6666_6666_6666_6666, 0x6666_6666_6666_6666];

pub(crate) fn words(bytes: &[u8; 32]) -> Words {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

pub(crate) fn bytes(words: Words) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (place, word) in bytes.as_chunks_mut().0.iter_mut().zip(words) {
        *place = word.to_le_bytes();
    }
    bytes
}

/// Nine limbs of `width` bits, none of them negative, as the bytes of their number, which has at most 256 bits.
// One copy in the wasm file.
#[inline(never)]
fn packed(limbs: &[i64; 9], width: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    let (mut bits, mut filled, mut rest) = (0_u64, 0_u32, limbs.iter());
    for byte in &mut bytes {
        if filled < 8 {
            bits |= (rest.next().copied().unwrap_or(0) as u64) << filled;
            filled += width;
        }
        *byte = bits as u8;
        bits >>= 8;
        filled -= 8;
    }
    bytes
}

/// An element of the field.
pub trait Field: Copy + Debug + Send + Sync + 'static {
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The constant of the curve, d = -121665/121666.
    const D: Self;
    /// 2 d.
    const TWO_D: Self;
    /// A square root of -1: 2^((p-1)/4).
    const SQRT_OF_MINUS_ONE: Self;
    /// x of the base point of Ed25519.
    const BASE_X: Self;
    /// y of the base point: 4/5.
    const BASE_Y: Self;

    /// Reads 255 bits, least significant byte first, and ignores the 256th. What is not reduced is taken modulo p.
    fn from_bytes(bytes: &[u8; 32]) -> Self;
    /// The one number from 0 to p - 1 that this is, least significant byte first.
    fn to_bytes(&self) -> [u8; 32];
    /// As heavy as both together.
    #[must_use]
    fn plus(&self, other: &Self) -> Self;
    /// As heavy as both together. `other` may weigh 2 at most.
    #[must_use]
    fn minus(&self, other: &Self) -> Self;
    /// The product, of weight 1.
    #[must_use]
    fn times(&self, other: &Self) -> Self;
    /// The product with itself, of weight 1.
    #[must_use]
    fn squared(&self) -> Self;

    /// 1/x; 0 for 0. Variable time.
    #[must_use]
    fn inverted(&self) -> Self {
        Self::from_bytes(&inversion::inverted(&self.to_bytes()))
    }

    /// Whether the number from 0 to p - 1 that this is is odd: what RFC 8032 calls the sign.
    fn is_odd(&self) -> bool {
        let [lowest, ..] = self.to_bytes();
        lowest & 1 == 1
    }

    /// Whether both are the same number modulo p.
    fn equals(&self, other: &Self) -> bool {
        self.to_bytes() == other.to_bytes()
    }

    /// x^(2^count).
    #[must_use]
    fn squared_times(&self, count: u32) -> Self {
        (0..count).fold(*self, |power, _| power.squared())
    }

    /// x^((p-5)/8) = x^(2^252 - 3), the heart of every square root modulo this prime.
    #[must_use]
    fn to_the_p58(&self) -> Self {
        // x to 2^n - 1, for n = 1, 2, 4, 5, 10, 20, 40, 50, 100, 200, 250; then 2^252 - 3 = 4 (2^250 - 1) + 1.
        let n2 = self.squared().times(self);
        let n4 = n2.squared_times(2).times(&n2);
        let n5 = n4.squared().times(self);
        let n10 = n5.squared_times(5).times(&n5);
        let n20 = n10.squared_times(10).times(&n10);
        let n40 = n20.squared_times(20).times(&n20);
        let n50 = n40.squared_times(10).times(&n10);
        let n100 = n50.squared_times(50).times(&n50);
        let n200 = n100.squared_times(100).times(&n100);
        let n250 = n200.squared_times(50).times(&n50);
        n250.squared_times(2).times(self)
    }
}

#[cfg(test)]
mod tests;
