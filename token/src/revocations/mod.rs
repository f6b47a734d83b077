//! What was revoked while its tokens were still fresh, as the issuer lists it and as a verifier keeps it.
//!
//! The list is a JWS of its own (`typ` `revocations+jwt`): a *snapshot*, or a *delta* that adds to what is known since an
//! earlier one. Its claims:
//!
//! ```text
//! iss iat      as in a token
//! seq          grows with every revocation and never goes back; a whole number up to 2^53 - 1
//! max_age      seconds for which the list may be used after `iat`, unless the verifier says otherwise
//! since        only in a delta: it holds everything later than this `seq`
//! sessions     [[until, prefixes], ...]: sorted prefixes of session ids, 12 bytes each, joined and in base64url
//! users        [[sub, before, until], ...]: every token of `sub` with `iat < before`; of two for one user the latter counts
//! keys         [kid, ...]: every token signed by one of these
//! ```
//!
//! `until` is the second from which no token of the entry is fresh any more, so that nobody needs the entry. Keys have
//! none: whoever has a stolen key writes any date.
//!
//! ```text
//! text -> limits -> header -> key -> signature -> claims -> age -> sequence -> table
//!         document.rs                             document.rs    update.rs    table.rs
//! ```

mod code;
mod document;
mod prefix;
mod table;
mod update;

#[cfg(feature = "sign")]
mod sign;

pub use code::{RevocationCode, RevocationError};
pub use prefix::{PREFIX_BYTES, SessionPrefix};
pub use table::UserCutoff;
pub use update::{Applied, RevocationOptions, RevocationState, WhenOutdated};

pub(crate) use update::Revocations;

#[cfg(feature = "sign")]
pub use sign::RevocationList;

/// `typ` of a list.
pub(crate) const TYPE: &str = "revocations+jwt";
