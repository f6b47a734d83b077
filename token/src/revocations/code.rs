//! Why a list of revocations is refused. Written once, here; the TypeScript side is generated from it.

use core::fmt;

macro_rules! codes {
    ($($name:ident $text:literal $says:literal;)*) => {
        /// Why a list of revocations was refused; what was known before stays in force. Stable, as the codes of tokens are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum RevocationCode {
            $(#[doc = $says] $name,)*
        }

        impl RevocationCode {
            /// Every code, in the order in which the steps that give them are taken.
            pub const ALL: &'static [RevocationCode] = &[$(RevocationCode::$name,)*];

            /// The code as it appears in JSON: kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(RevocationCode::$name => $text,)* }
            }

            /// One sentence for people who read logs and documentation.
            pub const fn description(self) -> &'static str {
                match self { $(RevocationCode::$name => $says,)* }
            }
        }
    };
}

codes! {
    TooLong "too-long" "The list is longer than the limit.";
    Malformed "malformed" "The list is not a signed list of revocations: cut short, garbled, or something else.";
    UnsupportedAlg "unsupported-alg" "The header's `alg` is neither `Ed25519` nor `EdDSA`.";
    WrongType "wrong-type" "The header's `typ` is not `revocations+jwt`.";
    UnknownKey "unknown-key" "The key set has no key with the header's `kid`, or that key was revoked.";
    BadSignature "bad-signature" "The signature does not hold.";
    WrongIssuer "wrong-issuer" "`iss` is not the expected issuer.";
    NotYetValid "not-yet-valid" "`iat` is further ahead of the clock than tolerated.";
    TooOld "too-old" "The list is older than it may be.";
    GoingBack "going-back" "The list is older than the one that is known: its `seq` is smaller.";
    Gap "gap" "The delta begins after what is known: fetch the snapshot.";
    KeysUnavailable "keys-unavailable" "There are no keys of the issuer to check the list with.";
}

/// A refused list: nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationError {
    /// The step that refused, stable.
    pub code: RevocationCode,
    /// For developers; may change. Always the same words for one fault: texts that are put together weigh in a browser.
    pub detail: &'static str,
}

impl RevocationError {
    pub(super) const fn new(code: RevocationCode, detail: &'static str) -> RevocationError {
        RevocationError { code, detail }
    }
}

impl fmt::Display for RevocationError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.code.as_str())?;
        out.write_str(": ")?;
        out.write_str(self.detail)
    }
}

impl core::error::Error for RevocationError {}
