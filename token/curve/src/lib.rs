//! The arithmetic behind Ed25519 verification (RFC 8032): the sum k (-A) + s B on edwards25519, and its encoding.
//!
//! **For public inputs only.** Everything here runs in variable time: which steps are taken, and which places of memory
//! are read, depends on the numbers. Whoever verifies a signature knows the key, the signature and the message, and so
//! does everybody else; there is nothing to be learnt from the time it takes. Whoever *signs* must not use this crate.
//!
//! ```text
//! field/    integers modulo 2^255 - 19: limbs29 (32-bit machines, WebAssembly), limbs51 (64-bit), inversion
//! scalar    integers modulo the order of the base point, and their digits
//! point     the curve: decoding, adding, doubling, encoding
//! sum       k P + s Q with nothing prepared, for a key that is new
//! comb      multiples of one point prepared, for a key that is seen again and again
//! ```
//!
//! Why not a general library: those are made for secrets as well, and for any use of a point. For this one use, a table of
//! affine points makes an addition cost 7 products where the public interface of curve25519-dalek costs 9, no step is
//! constant-time for nobody's sake, the inversion at the end takes a tenth, and the wasm file carries no table at all.
//! curve25519-dalek is what the tests hold every result against.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod comb;
mod field;
mod point;
mod scalar;
mod sum;

pub use comb::Comb;
pub use field::{Field, Limbs29, Limbs51, Native};
pub use point::{Completed, Point, is_of_small_order};
pub use scalar::Scalar;
pub use sum::double_multiple;

#[cfg(test)]
mod tests;
