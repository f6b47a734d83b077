//! What the domain may ask of a store, in the words of its use cases.

use async_trait::async_trait;

use super::records::{Ended, Session, User};

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

    /// Sessions of `sub`, alive and ended, at most `limit`, in no particular order.
    fn list(&self, sub: &str, limit: usize) -> Result<Vec<Session>, StoreError>;

    /// Sessions of everybody, ordered by `sid`, at most `limit`, those after `after`.
    fn sessions(&self, after: Option<&str>, limit: usize) -> Result<Vec<Session>, StoreError>;

    /// The user with this normalised name.
    fn user_named(&self, name: &str) -> Result<Option<User>, StoreError>;

    /// Users ordered by name, at most `limit`, those after `after`.
    fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>, StoreError>;

    /// Writes a new session, provided its user still exists and is not disabled.
    async fn create(&self, session: Session) -> Result<Created, StoreError>;

    /// Replaces a session, provided the stored one is still of the revision just before `next.revision`.
    async fn replace(&self, next: Session) -> Result<Swap, StoreError>;

    /// Ends a session that is alive. `false`: there is none, or it had ended before (its first reason stays).
    async fn end(&self, sid: &str, ended: Ended) -> Result<bool, StoreError>;

    /// Ends every living session of `sub` except `keep`; answers how many. A session created after this call
    /// was queued is not touched.
    async fn end_all(&self, sub: &str, keep: Option<&str>, ended: Ended) -> Result<usize, StoreError>;

    /// Adds a user, provided the name is free.
    async fn add_user(&self, user: User) -> Result<Added, StoreError>;

    /// Removes a user and all its sessions. `false`: there is no such user.
    async fn remove_user(&self, name: &str) -> Result<bool, StoreError>;

    /// Forgets sessions whose `exp` lies before `before` (seconds), looking at `limit` index entries at most;
    /// answers how many entries it dealt with, so that the caller goes on while the answer equals `limit`.
    async fn purge(&self, before: u64, limit: usize) -> Result<usize, StoreError>;

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

/// Answer to [`Store::replace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Swap {
    /// The next revision is durable.
    Done,
    /// Someone else was first; nothing was written. Look again and decide again.
    Conflict,
}

/// Answer to [`Store::add_user`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// The user is durable.
    Done,
    /// The name is taken; nothing was written.
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
