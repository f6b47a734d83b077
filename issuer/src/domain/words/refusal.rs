//! Why the issuer says no: a stable word for programs and one plain sentence for people.

use super::super::users::BadPassword;
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
    /// A newer session took its place.
    Evicted,
    /// The user changed the password on another device.
    PasswordChanged,
    /// The operator ended it.
    EndedByOperator,
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
            Reason::Evicted => "evicted",
            Reason::PasswordChanged => "password_changed",
            Reason::EndedByOperator => "ended_by_operator",
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
            Reason::Evicted => "Signed out because you signed in on another device and reached the limit.",
            Reason::PasswordChanged => "Signed out because the password was changed.",
            Reason::EndedByOperator => "This session was ended by an administrator.",
            Reason::ClientMismatch => "This session belongs to another client.",
            Reason::ScopeMismatch => "This session was not granted that scope.",
        };
        fixed.to_owned()
    }

    /// Whether only the time says so: a clock that is wrong would say it too.
    pub(in crate::domain) fn is_limit_of_time(self) -> bool {
        matches!(self, Reason::Expired | Reason::IdleLimit | Reason::AbsoluteLimit)
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
            EndReason::Evicted => Reason::Evicted,
            EndReason::PasswordChanged => Reason::PasswordChanged,
            EndReason::EndedByOperator => Reason::EndedByOperator,
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
    /// Too many wrong passwords for this account or from this address.
    #[error("too_many_attempts")]
    TooManyAttempts {
        /// Seconds until the next attempt.
        retry_after: u64,
    },
    /// The user has as many sessions as are allowed.
    #[error("session_limit")]
    SessionLimit,
    /// The new password is too short or too long.
    #[error("{0}")]
    BadPassword(#[from] BadPassword),
    /// Unknown client or wrong secret; they look the same.
    #[error("bad_client")]
    BadClient,
    /// A client that has a secret was named where none can be sent.
    #[error("confidential_client")]
    ConfidentialClient,
    /// No client was named where one must be.
    #[error("client_id_required")]
    ClientMissing,
    /// A client was named that has no table in the configuration, where one with a table must be.
    #[error("client_unknown")]
    ClientUnknown,
    /// The client may not do this.
    #[error("role_missing")]
    RoleMissing,
    /// Nobody has this id.
    #[error("user_not_found")]
    UserNotFound,
    /// The name or the id is taken.
    #[error("user_exists")]
    UserExists,
    /// There is no such session, or it is not one that the caller may touch.
    #[error("session_not_found")]
    SessionNotFound,
    /// The user is kept elsewhere: password and groups are not known here.
    #[error("user_elsewhere")]
    UserElsewhere,
    /// The user was authenticated before the proof was demanded, or too long ago.
    #[error("proof_too_old")]
    ProofTooOld,
    /// The wall clock was set, and it is not certain yet that the session is over.
    #[error("clock_unsettled")]
    ClockUnsettled,
    /// Groups were given for a user whose groups are kept here.
    #[error("groups_kept_here")]
    GroupsKeptHere,
    /// All claims together are longer than a token may be.
    #[error("token_too_long")]
    TokenTooLong,
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

impl Failure {
    /// A stable word, for events.
    pub(in crate::domain) fn word(&self) -> &'static str {
        match self {
            Failure::Refused(reason) => reason.as_str(),
            Failure::BadCredentials => "bad_credentials",
            Failure::TooManyAttempts { .. } => "too_many_attempts",
            Failure::SessionLimit => "session_limit",
            Failure::BadPassword(_) => "bad_password",
            Failure::BadClient => "bad_client",
            Failure::ConfidentialClient => "confidential_client",
            Failure::ClientMissing => "client_id_required",
            Failure::ClientUnknown => "client_unknown",
            Failure::RoleMissing => "role_missing",
            Failure::UserNotFound => "user_not_found",
            Failure::UserExists => "user_exists",
            Failure::SessionNotFound => "session_not_found",
            Failure::UserElsewhere => "user_elsewhere",
            Failure::ProofTooOld => "proof_too_old",
            Failure::ClockUnsettled => "clock_unsettled",
            Failure::GroupsKeptHere => "groups_kept_here",
            Failure::TokenTooLong => "token_too_long",
            Failure::Overloaded => "overloaded",
            Failure::Store(_) => "store_unavailable",
            Failure::Internal(_) => "internal",
        }
    }
}
