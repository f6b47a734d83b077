//! Best-before session tokens: one Ed25519-signed JWT with two dates.
//!
//! Until `bbf` ("best before") a token is *fresh* and opens resources. From `bbf` to `exp` it is *stale*: it opens
//! nothing, and the issuer exchanges it for a new one. After `exp` it is worth nothing.
//!
//! This crate judges tokens ([`Verifier`]) and, behind the feature `sign`, makes them ([`SigningKey`]). It has no clock,
//! no I/O and no randomness: `now` is an argument, in whole seconds since 1970-01-01T00:00:00Z (RFC 7519, `NumericDate`).
//! Backends in Rust switch on the feature `axum`, whose `Guard` brings the clock of the machine, and draws the seeds of its
//! hash tables from the standard library.
//!
//! The way of a token, one room a step:
//!
//! ```text
//! bytes -> limits -> parts -> header -> key -> signature -> claims -> windows -> revocations -> requirements -> verdict
//!          untrusted.rs       header.rs keyset.rs ed25519.rs claims.rs windows.rs revocations/  verifier.rs   verdict.rs
//! ```
#![no_std]
#![deny(clippy::arithmetic_side_effects)]
#![cfg_attr(test, allow(clippy::arithmetic_side_effects))]

extern crate alloc;
#[cfg(any(test, feature = "axum"))]
extern crate std;

mod base64url;
mod busy;
mod cache;
mod claims;
mod code;
mod ed25519;
mod header;
mod json;
mod keyset;
mod revocations;
mod thumbprint;
mod untrusted;
mod verdict;
mod verifier;
mod windows;

#[cfg(feature = "axum")]
mod guard;
#[cfg(feature = "sign")]
mod secret_key;
#[cfg(feature = "sign")]
mod sign;

pub use cache::{CachingVerifier, Judgement, Seed, Statistics};
pub use claims::{Claims, Confirmation};
pub use code::{Action, Code};
pub use ed25519::{KeyFault, PublicKey};
pub use keyset::{KeySet, KeySetError};
pub use revocations::{Applied, PREFIX_BYTES, RevocationCode, RevocationError, RevocationOptions};
pub use revocations::{RevocationState, SessionPrefix, UserCutoff, WhenOutdated};
pub use thumbprint::thumbprint;
pub use untrusted::{UntrustedToken, VerifiedToken};
pub use verdict::{Judged, Refusal, Verdict};
pub use verifier::{Limits, OptionError, Requirements, Standing, Verifier};
pub use windows::{State, Windows};

#[cfg(feature = "axum")]
pub use guard::{Anything, Demand, Fresh, Guard, GuardLayer, Guarded, Refused};

#[cfg(feature = "sign")]
pub use claims::REGISTERED_CLAIMS;
#[cfg(feature = "sign")]
pub use revocations::RevocationList;
#[cfg(feature = "sign")]
pub use sign::{Ed25519, Jwk, SignError, Signature, SigningKey};

/// The largest integer that every JSON reader keeps exactly: 2^53 - 1 (RFC 7493, 2.2). Times and generations end here.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;
