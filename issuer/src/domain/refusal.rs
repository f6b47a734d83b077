//! Why the issuer says no: a stable word for programs and one plain sentence for people.

use crate::store::{EndReason, StoreError};

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Past `exp`.
    Expired,
    /// Past `bbf`, where a fresh token is needed.
    Stale,
    /// Not a genuine token of this issuer; the verdict's code.
    InvalidToken(&'static str),
    /// The store has no such session.
    SessionNotFound,
    /// A slow sibling: somebody with the same session already has a newer token.
    Superseded,
    /// An old token came back after its grace.
    ReuseDetected,
    /// The user signed out.
    LoggedOut,
    /// Not used for too long.
    IdleLimit,
    /// Signed in for too long.
    AbsoluteLimit,
    /// The user has to prove the password again.
    ReauthenticationRequired,
    /// The binder secret is missing or not the one of this session.
    BinderMismatch,
    /// The user may not be signed in any more.
    UserDisabled,
    /// The session belongs to another client.
    ClientMismatch,
    /// Another scope was asked for than the one granted.
    ScopeMismatch,
}

impl Reason {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Expired => "expired",
            Reason::Stale => "stale",
            Reason::InvalidToken(_) => "invalid_token",
            Reason::SessionNotFound => "session_not_found",
            Reason::Superseded => "superseded",
            Reason::ReuseDetected => "reuse_detected",
            Reason::LoggedOut => "logged_out",
            Reason::IdleLimit => "idle_limit",
            Reason::AbsoluteLimit => "absolute_limit",
            Reason::ReauthenticationRequired => "reauthentication_required",
            Reason::BinderMismatch => "binder_mismatch",
            Reason::UserDisabled => "user_disabled",
            Reason::ClientMismatch => "client_mismatch",
            Reason::ScopeMismatch => "scope_mismatch",
        }
    }

    /// One sentence that a page can show.
    pub fn sentence(self) -> String {
        let fixed = match self {
            Reason::InvalidToken(code) => {
                return format!("The token was not accepted by this issuer: {code}.");
            }
            Reason::Expired => "The session has expired. Please sign in again.",
            Reason::Stale => "The token is stale. Exchange it for a new one.",
            Reason::SessionNotFound => "This session does not exist any more. Please sign in again.",
            Reason::Superseded => "A newer token of this session exists already. Use that one.",
            Reason::ReuseDetected => "Signed out because this session was used from two places.",
            Reason::LoggedOut => "This session was signed out.",
            Reason::IdleLimit => "Signed out because this session was not used for a long time.",
            Reason::AbsoluteLimit => "This session has reached its longest duration. Please sign in again.",
            Reason::ReauthenticationRequired => "Please prove your password again.",
            Reason::BinderMismatch => "This session is bound to another browser.",
            Reason::UserDisabled => "This account is disabled.",
            Reason::ClientMismatch => "This session belongs to another client.",
            Reason::ScopeMismatch => "This session was not granted that scope.",
        };
        fixed.to_owned()
    }

    /// Whether the session is over for good, so that a client should forget everything about it.
    pub fn is_final(self) -> bool {
        !matches!(
            self,
            Reason::Stale
                | Reason::InvalidToken(_)
                | Reason::Superseded
                | Reason::BinderMismatch
                | Reason::ReauthenticationRequired
                | Reason::ClientMismatch
                | Reason::ScopeMismatch
        )
    }
}

impl From<EndReason> for Reason {
    fn from(reason: EndReason) -> Reason {
        match reason {
            EndReason::LoggedOut => Reason::LoggedOut,
            EndReason::ReuseDetected => Reason::ReuseDetected,
            EndReason::UserDisabled => Reason::UserDisabled,
        }
    }
}

/// Why a request to the issuer came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The token was refused.
    #[error("{}", .0.as_str())]
    Refused(Reason),
    /// Wrong password or unknown user; they look the same.
    #[error("bad_credentials")]
    BadCredentials,
    /// Too many people are signing in at once.
    #[error("too many sign-ins at once")]
    Overloaded,
    /// The store did not do it; nothing was consumed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// Something that should not happen; the text holds no secret.
    #[error("{0}")]
    Internal(&'static str),
}
