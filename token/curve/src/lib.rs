//! The arithmetic behind Ed25519 (RFC 8032): for who verifies, the sum k (-A) + s B on edwards25519 and its encoding; for
//! who signs, the multiple r B of the base point.
//!
//! **For public inputs only**, but for one room. Everything runs in variable time: which steps are taken, and which places
//! of memory are read, depends on the numbers. Whoever verifies a signature knows the key, the signature and the message,
//! and so does everybody else; there is nothing to be learnt from the time it takes. Whoever *signs* has a number that
//! nobody may learn. For that there is `secret`, behind a feature of that name, which takes the same steps for every number.
//!
//! ```text
//! field/    integers modulo 2^255 - 19: limbs29 (32-bit machines, WebAssembly), limbs64 (64-bit), inversion
//! scalar    integers modulo the order of the base point, and their digits
//! point     the curve: decoding, adding, doubling, encoding
//! sum       k P + s Q with nothing prepared, for a key that is new
//! comb      multiples of one point prepared, for a key that is seen again and again
//! secret    multiples of the base point by a secret, in constant time
//! ```
//!
//! Why not a general library: those are made for secrets as well, and for any use of a point. For verification, a table of
//! affine points makes an addition cost 7 products where the public interface of curve25519-dalek costs 9, no step is
//! constant-time for nobody's sake, the inversion at the end takes a tenth, and the wasm file carries no table at all. For
//! signing, fewer additions, a table that is looked through several words at a time and the same quick inversion take half
//! of the time. curve25519-dalek is what the tests hold every result against.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod comb;
mod field;
mod point;
mod scalar;
#[cfg(feature = "secret")]
mod secret;
mod sum;

pub use comb::Comb;
pub use field::{Field, Limbs29, Limbs64, Native};
pub use point::{Completed, Point, is_of_small_order};
pub use scalar::Scalar;
#[cfg(feature = "secret")]
pub use secret::{SecretBase, SecretPoint};
pub use sum::double_multiple;

#[cfg(test)]
mod tests;
