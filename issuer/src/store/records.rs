//! The records the store keeps. Times are Unix seconds unless a name ends in `_ms`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One sign-in on one device. Of bounded size, however often it is exchanged.
///
/// Holds what is needed to sign its current token again, byte for byte. Issuer and audience are missing on
/// purpose: they come from the configuration, and a predecessor made under another one is refused before
/// anybody looks here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Session id, 128 random bits in base64url.
    pub sid: String,
    /// The user.
    pub sub: String,
    /// +1 with every write of this record; what compare-and-swap compares.
    pub revision: u64,
    /// The key that signed the current token.
    pub kid: String,
    /// Generation of the current token (`c`).
    pub generation: u64,
    /// When the current token was issued.
    pub iat: u64,
    /// When the current token goes stale.
    pub bbf: u64,
    /// When the current token is worth nothing.
    pub exp: u64,
    /// Whether there is a refresh window; kept through every rotation.
    pub remember_me: bool,
    /// When the user signed in.
    pub created_at: u64,
    /// `exp` never passes this.
    pub absolute_exp: u64,
    /// When the user last proved the password.
    pub auth_time: u64,
    /// How the user proved it (RFC 8176).
    pub amr: Vec<String>,
    /// When the current generation was made by an exchange; 0 for the first one.
    pub last_exchanged_at: u64,
    /// Until when (milliseconds) the predecessor may be exchanged again for the same successor; fixed at the
    /// rotation.
    pub grace_until_ms: u64,
    /// Set when the user has to sign in again before this session may go on.
    pub reauth_required: bool,
    /// The client that signed in.
    pub client_id: Option<String>,
    /// Granted scope.
    pub scope: Option<String>,
    /// Groups of the user when the current token was made.
    pub groups: Vec<String>,
    /// Version of the user's claims when the current token was made.
    pub claims_version: Option<u64>,
    /// SHA-256 of the binder secret, in base64url.
    pub binder_hash: Option<String>,
    /// What the user calls the device.
    pub device: Option<String>,
    /// Set once the session is over.
    pub ended: Option<Ended>,
    /// The user is not kept here: a backend that has users of its own opened this session.
    #[serde(default)]
    pub user_elsewhere: bool,
    /// Further claims for every token of this session: a JSON object, as text.
    #[serde(default)]
    pub extra: Option<String>,
    /// The generation whose exchange made the current one (`p < c`). Generations between the two are displaced.
    #[serde(default)]
    pub parent: u64,
    /// When the password was last demanded; counts while `reauth_required` is set. 0: never, or not known.
    #[serde(default)]
    pub reauth_demanded_at: u64,
    /// How strongly the user was authenticated (OpenID Connect Core 1.0, 2), if a backend said so.
    #[serde(default)]
    pub acr: Option<String>,
    /// Address from which the session was opened.
    #[serde(default)]
    pub address: Option<String>,
    /// `User-Agent` with which the session was opened.
    #[serde(default)]
    pub user_agent: Option<String>,
}

impl Session {
    /// The record as it is used. Records of earlier programs do not name the parent: it was the generation before.
    pub(super) fn completed(mut self) -> Session {
        if self.parent == 0 {
            self.parent = self.generation.saturating_sub(1);
        }
        self
    }
}

/// What an exchange changes about a session, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Progress {
    pub(super) revision: u64,
    generation: u64,
    iat: u64,
    bbf: u64,
    exp: u64,
    last_exchanged_at: u64,
    grace_until_ms: u64,
    parent: u64,
}

impl Progress {
    pub(super) fn of(session: &Session) -> Progress {
        let Session {
            revision, generation, iat, bbf, exp, last_exchanged_at, grace_until_ms, parent, ..
        } = *session;
        Progress { revision, generation, iat, bbf, exp, last_exchanged_at, grace_until_ms, parent }
    }

    /// Brings `session` as far as this.
    pub(super) fn carry(self, session: &mut Session) {
        let Progress { revision, generation, iat, bbf, exp, last_exchanged_at, grace_until_ms, parent } =
            self;
        session.revision = revision;
        session.generation = generation;
        session.iat = iat;
        session.bbf = bbf;
        session.exp = exp;
        session.last_exchanged_at = last_exchanged_at;
        session.grace_until_ms = grace_until_ms;
        session.parent = parent;
    }
}

/// When and why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: u64,
    /// Why.
    pub reason: EndReason,
}

/// Why a session ended. Stored by position: add new ones at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndReason {
    /// The user signed out, here or from another device.
    LoggedOut,
    /// An old token was exchanged a second time: somebody else has a copy.
    ReuseDetected,
    /// The user was disabled.
    UserDisabled,
    /// A newer session took its place: the user had as many as are allowed.
    Evicted,
    /// The user changed the password on another device.
    PasswordChanged,
    /// The operator ended it.
    EndedByOperator,
}

impl EndReason {
    /// The stable word of this reason.
    pub fn as_str(self) -> &'static str {
        match self {
            EndReason::LoggedOut => "logged_out",
            EndReason::ReuseDetected => "reuse_detected",
            EndReason::UserDisabled => "user_disabled",
            EndReason::Evicted => "evicted",
            EndReason::PasswordChanged => "password_changed",
            EndReason::EndedByOperator => "ended_by_operator",
        }
    }
}

/// Somebody who can sign in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Stable id, 128 random bits in base64url; never reused for another person.
    pub sub: String,
    /// Normalised name.
    pub name: String,
    /// argon2id hash in PHC form.
    pub password_hash: String,
    /// Groups, written into tokens.
    pub groups: Vec<String>,
    /// Version of the claims above.
    pub claims_version: u64,
    /// A disabled user cannot sign in.
    pub disabled: bool,
    /// When the user was added.
    pub created_at: u64,
    /// Exists only while the server runs with `--demo`.
    pub demo: bool,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("sub", &self.sub)
            .field("disabled", &self.disabled)
            .finish_non_exhaustive()
    }
}

/// A user who is kept elsewhere and is locked out here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// Since when.
    pub at: u64,
}

/// A backend that may call on behalf of others.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its name, which is its `client_id`.
    pub id: String,
    /// SHA-256 of its secret, in base64url. The secret has 256 random bits, so nothing slower is needed.
    pub secret_hash: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// When it was added.
    pub created_at: u64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("id", &self.id).field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// What a client may do. Stored by position: add new ones at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Open sessions for users it has authenticated itself.
    Sessions,
    /// Look after users and their sessions.
    Admin,
}

impl Role {
    /// The word people use for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Sessions => "sessions",
            Role::Admin => "admin",
        }
    }
}
