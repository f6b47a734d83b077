//! What a refusal is called and what to do about it. Written once, here; the TypeScript side is generated from it.

macro_rules! codes {
    ($($name:ident $text:literal $action:ident $says:literal;)*) => {
        /// Why a token was refused. Stable: a code is never renamed and never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $says] $name,)*
        }

        impl Code {
            /// Every code, in the order in which the steps that give them are taken.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The code as it appears in JSON: kebab-case.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// What the holder of the token can do about it.
            pub const fn action(self) -> Action {
                match self { $(Code::$name => Action::$action,)* }
            }

            /// Whether the claims stay readable: the token is genuine, and only not enough for what was asked.
            pub const fn keeps_claims(self) -> bool {
                matches!(
                    self,
                    Code::RevocationsUnavailable
                        | Code::Revoked
                        | Code::MissingScope
                        | Code::MissingGroup
                        | Code::AuthTooOld
                )
            }

            /// One sentence for people who read logs and documentation.
            pub const fn description(self) -> &'static str {
                match self { $(Code::$name => $says,)* }
            }
        }
    };
}

codes! {
    TooLong "too-long" Login "The token is longer than the limit.";
    Malformed "malformed" Login "The token does not have exactly three parts.";
    BadEncoding "bad-encoding" Login "A part is not strict base64url without padding.";
    BadHeader "bad-header" Login "The header is not a JSON object with exactly the five members of a session token.";
    UnsupportedAlg "unsupported-alg" Login "The header's `alg` is neither `Ed25519` nor `EdDSA`.";
    WrongType "wrong-type" Login "The header's `typ` is not `bbf+jwt`.";
    BadCrit "bad-crit" Login "The header's `crit` is not exactly `[\"bbf\"]`.";
    UnknownKey "unknown-key" FixConfig "The key set has no key with the header's `kid`.";
    KeysUnavailable "keys-unavailable" RetryLater "The issuer's keys could not be fetched, or are too old to be used.";
    BadSignature "bad-signature" Login "The signature does not hold.";
    BadClaims "bad-claims" Login "The claims are not what a session token must say.";
    NotYetValid "not-yet-valid" RetryLater "`iat` or `nbf` is further ahead of the clock than tolerated.";
    WrongIssuer "wrong-issuer" FixConfig "`iss` is not the expected issuer.";
    WrongAudience "wrong-audience" FixConfig "`aud` does not name the expected audience.";
    RevocationsUnavailable "revocations-unavailable" RetryLater "No list of revocations is recent enough, and the verifier was told to shut then.";
    Revoked "revoked" Login "The session, its user or its key was revoked while the token was fresh.";
    MissingScope "missing-scope" FixConfig "The token lacks a required scope.";
    MissingGroup "missing-group" FixConfig "The token lacks a required group.";
    AuthTooOld "auth-too-old" Login "The last proof of the user's identity is too long ago, or unknown.";
    BinderMismatch "binder-mismatch" Login "The secret the session is bound to is missing or another one.";
}

/// What the holder of a refused token can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Exchange the token at the issuer and try again.
    Exchange,
    /// Sign in again; nothing else helps.
    Login,
    /// The token may be good: try again in a moment.
    RetryLater,
    /// Somebody set something up wrongly: this token will never do here.
    FixConfig,
}

impl Action {
    /// Every action.
    pub const ALL: &'static [Action] =
        &[Action::Exchange, Action::Login, Action::RetryLater, Action::FixConfig];

    /// The action as it appears in JSON: kebab-case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::Exchange => "exchange",
            Action::Login => "login",
            Action::RetryLater => "retry-later",
            Action::FixConfig => "fix-config",
        }
    }
}
