//! What the domain may ask of a store, in the words of its use cases.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::records::{Client, Ended, Session, User};
use super::revoked::{RevocationLog, RevokedSoFar};

/// Keeps sessions and users.
///
/// Obligations of every implementation:
/// - a write that returned `Ok` survives a power cut; a write that returned `Err` takes no effect, unless the
///   process ends before the store could look;
/// - after a failed write the store refuses every other one, until it has looked at what is on disk, found all
///   that was acknowledged, and taken back the rest; meanwhile it goes on answering readers;
/// - each write happens as a whole or not at all, and one after the other;
/// - readers see only what is durable: never a write that a power cut could still take back;
/// - a full queue is answered with [`StoreError::Busy`] at once, not with waiting.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The session `sid`, alive or ended.
    fn find(&self, sid: &str) -> Result<Option<Session>, StoreError>;

    /// What an exchange has to look at, read at one moment.
    fn look(&self, sid: &str, sub: &str) -> Result<Look, StoreError>;

    /// What is known of a user, read at one moment.
    fn standing_of(&self, sub: &str) -> Result<Standing, StoreError>;

    /// Sessions of `sub`, alive and ended, newest first, at most `limit`, those after `after`.
    fn list(&self, sub: &str, after: Option<Place<'_>>, limit: usize) -> Result<Vec<Session>, StoreError>;

    /// Sessions of everybody, ordered by `sid`, at most `limit`, those after `after`.
    fn sessions(&self, after: Option<&str>, limit: usize) -> Result<Vec<Session>, StoreError>;

    /// The user with this normalised name.
    fn user_named(&self, name: &str) -> Result<Option<User>, StoreError>;

    /// Users ordered by name, at most `limit`, those after `after`.
    fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>, StoreError>;

    /// The user with this id.
    fn user(&self, sub: &str) -> Result<Option<User>, StoreError>;

    /// The client with this id.
    fn client(&self, id: &str) -> Result<Option<Client>, StoreError>;

    /// Clients ordered by id, at most `limit`, those after `after`.
    fn clients(&self, after: Option<&str>, limit: usize) -> Result<Vec<Client>, StoreError>;

    /// Completes when readers are served again, or after `patience` at the latest; answers what is left of it. To be waited
    /// for after [`StoreError::Reopening`].
    async fn readable(&self, patience: Duration) -> Duration;

    /// Writes a new session, provided its user still exists and is not disabled.
    async fn create(&self, session: Session) -> Result<Created, StoreError> {
        Ok(match self.open(session, Terms::default()).await? {
            Opened::Done { .. } => Created::Done,
            Opened::UserGone | Opened::Changed | Opened::Full => Created::UserGone,
        })
    }

    /// Writes a new session on these terms, and ends those that have to make room for it, all in one write.
    /// Its user must exist, unless the session says that the user is kept elsewhere, and must not be disabled.
    async fn open(&self, session: Session, terms: Terms) -> Result<Opened, StoreError>;

    /// Puts `next` in the place of `present`, which was found here, provided the stored one is still of that revision,
    /// `next` is of the one after it, and users and clients are as they were when `seen` was read.
    async fn swap(&self, present: Session, next: &Session, seen: Option<Version>)
    -> Result<Swap, StoreError>;

    /// [`Store::swap`] without regard to users and clients.
    async fn replace(&self, present: Session, next: &Session) -> Result<Swap, StoreError> {
        self.swap(present, next, None).await
    }

    /// Ends a session that is alive. `false`: there is none, or it had ended before (its first reason stays).
    async fn end(&self, sid: &str, ended: Ended) -> Result<bool, StoreError>;

    /// Ends every living session of `sub` except `keep`; answers how many. A session created after this call
    /// was queued is not touched.
    async fn end_all(&self, sub: &str, keep: Option<&str>, ended: Ended) -> Result<usize, StoreError>;

    /// Lists the tokens of `sid` as revoked at `at` (seconds), although there is no record of that session: the store was
    /// restored from a backup that is older than the session.
    async fn revoke_unknown(&self, sid: &str, at: u64) -> Result<(), StoreError>;

    /// Demands the password again from every living session of `sub` at `at` (seconds); answers how many. A session
    /// created after this call was queued is not touched.
    async fn demand_reauth(&self, sub: &str, at: u64) -> Result<usize, StoreError>;

    /// Adds a user, provided name and id are free.
    async fn add_user(&self, user: User) -> Result<Added, StoreError>;

    /// Changes a user. A change of groups makes a new version of the claims; disabling ends every living
    /// session with `ended`. Answers the user as it is now and how many sessions ended; `None`: there is no such
    /// user.
    async fn change_user(
        &self,
        sub: &str,
        change: UserChange,
        ended: Ended,
    ) -> Result<Option<(User, usize)>, StoreError>;

    /// Locks out a user who is kept elsewhere, which ends every living session with `ended`, or lets the user in again;
    /// answers how many sessions ended.
    async fn lock_out(&self, sub: &str, locked_out: bool, ended: Ended) -> Result<usize, StoreError>;

    /// Puts another password hash in place and ends every living session of the user but one; answers how many.
    /// `None`: the present hash is not `from` any more, or the session to keep is over; nothing was written.
    /// Logins that proved the old password and are still on their way look again (see [`Terms`]).
    async fn change_password(&self, change: PasswordChange) -> Result<Option<usize>, StoreError>;

    /// Adds a client, provided the id is free.
    async fn add_client(&self, client: Client) -> Result<Added, StoreError>;

    /// Removes a client. Its sessions stay. `false`: there is no such client.
    async fn remove_client(&self, id: &str) -> Result<bool, StoreError>;

    /// Removes a user and all its sessions, at `at` (seconds). `false`: there is no such user.
    async fn remove_user(&self, name: &str, at: u64) -> Result<bool, StoreError>;

    /// Forgets sessions whose `exp` lies before `before` (seconds), looking at `limit` index entries at most;
    /// answers how many entries it dealt with, so that the caller goes on while the answer equals `limit`.
    async fn purge(&self, before: u64, limit: usize) -> Result<usize, StoreError>;

    /// Begins to tell about revocations, with every entry on disk, over or not. From here on
    /// what becomes durable is in [`Store::revocation_log`]. `fresh_for` is how many seconds a token is fresh at most.
    async fn begin_revocations(&self, now: u64, fresh_for: u64) -> Result<RevokedSoFar, StoreError>;

    /// The same without a write, for a store that refuses them.
    fn revoked_so_far(&self) -> Result<RevokedSoFar, StoreError>;

    /// What became durable since [`Store::begin_revocations`]. Every end of a session is part of the same write as its entry.
    fn revocation_log(&self) -> Arc<RevocationLog>;

    /// Forgets revocations that nobody needs since `before` (seconds), at most `limit`; answers how many.
    async fn purge_revocations(&self, before: u64, limit: usize) -> Result<usize, StoreError>;

    /// Reads everything and reports what does not fit together.
    fn check(&self) -> Result<CheckReport, StoreError>;

    /// Whether writes are still accepted.
    fn is_writable(&self) -> bool;

    /// Finishes what is queued and lets go of the files. Blocks; call it from a thread that may wait.
    fn close(&self);
}

/// Answer to [`Store::create`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The session is durable.
    Done,
    /// The user was removed or disabled meanwhile; nothing was written.
    UserGone,
}

/// Users and clients as they were when something was read: any change of one of them makes another version. Only
/// equality means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(pub(super) u64);

/// Answer to [`Store::look`].
#[derive(Debug, Clone)]
pub struct Look {
    /// The session, alive or ended.
    pub session: Option<Session>,
    /// Its user.
    pub standing: Standing,
}

/// Answer to [`Store::standing_of`].
#[derive(Debug, Clone)]
pub struct Standing {
    /// The user, if kept here.
    pub user: Option<User>,
    /// A user who is kept elsewhere and is locked out here.
    pub locked_out: bool,
    /// To be compared by the write that depends on this.
    pub version: Version,
}

/// Where a list of sessions goes on: behind the session of this sign-in time and id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Sign-in of the last session of the page before, in seconds.
    pub created_at: u64,
    /// Its id.
    pub sid: &'a str,
}

/// Tells whether a session can never be used again although its record has not ended.
pub type IsDead = Arc<dyn Fn(&Session) -> bool + Send + Sync>;

/// On which terms a session is opened.
#[derive(Clone, Default)]
pub struct Terms {
    /// What the opening depends on was read at this version. With any later one nothing is written.
    pub seen: Option<Version>,
    /// How many sessions the user may have.
    pub cap: Option<Cap>,
    /// Sessions that take no place.
    pub is_dead: Option<IsDead>,
}

/// How many living sessions one user may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// This many, with the new one; at least one.
    pub most: usize,
    /// What happens to one more.
    pub when_full: WhenFull,
}

/// What happens when a user has as many sessions as are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The new one is not opened.
    Deny,
    /// Those that were opened first are ended.
    EvictOldest,
}

/// Answer to [`Store::open`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// The session is durable, and these were ended to make room.
    Done {
        /// Their ids.
        evicted: Vec<String>,
    },
    /// There is no such user, or it is disabled; nothing was written.
    UserGone,
    /// A user or a client was changed since [`Terms::seen`]; nothing was written. Look again and try again.
    Changed,
    /// The user has as many sessions as are allowed; nothing was written.
    Full,
}

/// What to change about a user; `None`: leave it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChange {
    /// The groups.
    pub groups: Option<Vec<String>>,
    /// Whether the user is locked out.
    pub disabled: Option<bool>,
}

/// A change of password.
#[derive(Clone)]
pub struct PasswordChange {
    /// The user.
    pub sub: String,
    /// The session that goes on.
    pub keep: String,
    /// The hash that was proved.
    pub from: String,
    /// The hash from now on.
    pub to: String,
    /// When and why the other sessions end.
    pub ended: Ended,
}

/// Answer to [`Store::swap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The next revision is durable.
    Done,
    /// Someone else was first; nothing was written. Look again and decide again.
    Conflict,
}

/// Answer to [`Store::add_user`] and [`Store::add_client`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is durable.
    Done,
    /// The name or the id is taken; nothing was written.
    NameTaken,
}

/// What [`Store::check`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Readable session records.
    pub sessions: u64,
    /// Readable user records.
    pub users: u64,
    /// One sentence for each record or index entry that is damaged or does not fit the others.
    pub problems: Vec<String>,
}

/// Why a store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue of writes is full.
    #[error("the store is busy: its queue of writes is full")]
    Busy,
    /// A write or a sync failed; what is on disk is in doubt until the store has looked.
    #[error("the store refuses writes because an earlier one failed")]
    Failed,
    /// The engine is being opened again; see [`Store::readable`].
    #[error("the store cannot be read while its engine is opened again")]
    Reopening,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// A record cannot be read back.
    #[error("a record in the store is damaged: {0}")]
    Damaged(&'static str),
    /// A record would be larger than [`super::MAX_RECORD_BYTES`].
    #[error("a record of {0} bytes is larger than the store accepts ({max})", max = super::MAX_RECORD_BYTES)]
    TooLarge(usize),
    /// The engine reported an error.
    #[error("the storage engine failed: {0}")]
    Engine(String),
}
