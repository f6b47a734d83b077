//! The store's verbs over any [`Engine`].

mod clients;
mod ended;
mod opening;
mod people;
mod sessions;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use self::sessions::Replacement;
pub(super) use self::sessions::joined;
use super::api::{
    Added, CheckReport, Look, Opened, PasswordChange, Place, Standing, Store, StoreError, Swap, Terms,
    UserChange, Version,
};
use super::codec::{
    CLIENTS, EXPIRIES, LOCKOUTS, SESSIONS, USERS, client_key, decode, encode, expiry_key, lockout_key,
    owned_key, owned_prefix, session_key, split_expiry_key, time_and_sid, user_id_key, user_key,
};
use super::commit::{Aids, Bustle, Committer, Death, Staging, View};
use super::engine::{Engine, Reopen};
use super::records::{Client, Ended, Session, User};
use super::revoked::{self, RevocationLog, RevokedSoFar};
use super::whole::check;

/// A store in this process, above an engine.
pub struct EmbeddedStore {
    // Dropped first: it waits for its thread, which is the one that lets go of the engine.
    committer: Committer,
    view: Arc<View>,
    revocations: Arc<RevocationLog>,
    version: Arc<AtomicU64>,
    /// A user who is kept elsewhere was ever locked out: saves a read for each exchange where none was.
    has_lockouts: AtomicBool,
    death: Arc<Death>,
}

impl EmbeddedStore {
    /// Starts the committer thread over `engine`. After a failed write this store refuses every other.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(engine: Arc<dyn Engine>) -> Result<EmbeddedStore, StoreError> {
        EmbeddedStore::start_with(engine, Aids::default())
    }

    /// The same, with a way back after a failed write.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start_recoverable(
        engine: Arc<dyn Engine>,
        reopen: Box<dyn Reopen>,
    ) -> Result<EmbeddedStore, StoreError> {
        EmbeddedStore::start_with(engine, Aids { reopen: Some(reopen), ..Aids::default() })
    }

    pub(super) fn start_with(engine: Arc<dyn Engine>, aids: Aids) -> Result<EmbeddedStore, StoreError> {
        let view = Arc::new(View::new(Arc::clone(&engine)));
        let (revocations, death) = (Arc::clone(&aids.revocations), Arc::clone(&aids.death));
        let version = Arc::clone(&aids.version);
        // One that cannot be read is asked for each time.
        let has_lockouts = view.scan(LOCKOUTS, None, 1).map_or(true, |rows| !rows.is_empty());
        let has_lockouts = AtomicBool::new(has_lockouts);
        let committer = Committer::start(engine, Arc::clone(&view), aids)?;
        Ok(EmbeddedStore { committer, view, revocations, version, has_lockouts, death })
    }

    /// Commits wait for the writes that threads at work are about to bring: this is where such threads say so.
    pub fn bustle(&self) -> Arc<Bustle> {
        Arc::clone(self.committer.bustle())
    }

    /// Calls `hook` when the thread that owns every write dies, at once if it is dead. From then on all writes are refused, so
    /// that a process that only serves this store had better end.
    pub fn on_death(&self, hook: impl FnOnce() + Send + 'static) {
        self.death.set_hook(Box::new(hook));
    }

    pub(super) fn committer(&self) -> &Committer {
        &self.committer
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    fn find(&self, sid: &str) -> Result<Option<Session>, StoreError> {
        sessions::find(&self.view, sid)
    }

    fn look(&self, sid: &str, sub: &str) -> Result<Look, StoreError> {
        // The version first: a change that comes between is noticed by the write.
        let standing = self.standing_of(sub)?;
        Ok(Look { session: self.find(sid)?, standing })
    }

    fn standing_of(&self, sub: &str) -> Result<Standing, StoreError> {
        let version = Version(self.version.load(Ordering::SeqCst));
        let user = self.user(sub)?;
        let may_be_locked_out = user.is_none() && self.has_lockouts.load(Ordering::SeqCst);
        let locked_out = may_be_locked_out && self.view.get(&lockout_key(sub))?.is_some();
        Ok(Standing { user, locked_out, version })
    }

    fn list(&self, sub: &str, after: Option<Place<'_>>, limit: usize) -> Result<Vec<Session>, StoreError> {
        let prefix = owned_prefix(sub);
        let after = after.map(|place| owned_key(sub, place.created_at, place.sid));
        let mut sessions = Vec::new();
        for (key, _) in self.view.scan(&prefix, after.as_deref(), limit)? {
            let Some((_, sid)) = time_and_sid(&key, &prefix) else { continue };
            // A session can be purged between the two looks.
            sessions.extend(self.find(sid)?);
        }
        Ok(sessions)
    }

    fn sessions(&self, after: Option<&str>, limit: usize) -> Result<Vec<Session>, StoreError> {
        let mut sessions = Vec::new();
        for (key, _) in self.view.scan(SESSIONS, after.map(session_key).as_deref(), limit)? {
            let sid = key.strip_prefix(SESSIONS).and_then(|sid| std::str::from_utf8(sid).ok());
            let Some(sid) = sid else { continue };
            sessions.extend(self.find(sid)?);
        }
        Ok(sessions)
    }

    fn user_named(&self, name: &str) -> Result<Option<User>, StoreError> {
        self.view.get(&user_key(name))?.as_deref().map(decode).transpose()
    }

    fn users(&self, after: Option<&str>, limit: usize) -> Result<Vec<User>, StoreError> {
        let rows = self.view.scan(USERS, after.map(user_key).as_deref(), limit)?;
        rows.iter().map(|(_, value)| decode(value)).collect()
    }

    fn user(&self, sub: &str) -> Result<Option<User>, StoreError> {
        let Some(name) = self.view.get(&user_id_key(sub))? else { return Ok(None) };
        let user =
            self.view.get(&[USERS, name.as_slice()].concat())?.as_deref().map(decode::<User>).transpose()?;
        // Removed, and the name given to somebody else, between the two looks.
        Ok(user.filter(|user| user.sub == sub))
    }

    fn client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        self.view.get(&client_key(id))?.as_deref().map(decode).transpose()
    }

    fn clients(&self, after: Option<&str>, limit: usize) -> Result<Vec<Client>, StoreError> {
        let rows = self.view.scan(CLIENTS, after.map(client_key).as_deref(), limit)?;
        rows.iter().map(|(_, value)| decode(value)).collect()
    }

    async fn open(&self, session: Session, terms: Terms) -> Result<Opened, StoreError> {
        self.committer.write(move |staging| opening::open(staging, &session, &terms)).await
    }

    async fn readable(&self, patience: Duration) -> Duration {
        self.view.readable(patience).await
    }

    async fn swap(
        &self,
        present: Session,
        next: &Session,
        seen: Option<Version>,
    ) -> Result<Swap, StoreError> {
        match Replacement::prepare(present, next)? {
            Some(replacement) => self.committer.write(move |staging| replacement.put(staging, seen)).await,
            None => Ok(Swap::Conflict),
        }
    }

    async fn end(&self, sid: &str, ended: Ended) -> Result<bool, StoreError> {
        let sid = sid.to_owned();
        self.committer.write(move |staging| end(staging, &sid, ended)).await
    }

    async fn end_all(&self, sub: &str, keep: Option<&str>, ended: Ended) -> Result<usize, StoreError> {
        let (sub, keep) = (sub.to_owned(), keep.map(str::to_owned));
        self.committer.write(move |staging| end_all(staging, &sub, keep.as_deref(), ended)).await
    }

    async fn revoke_unknown(&self, sid: &str, at: u64) -> Result<(), StoreError> {
        let sid = sid.to_owned();
        self.committer.write(move |staging| revoked::list_unknown(staging, &sid, at)).await
    }

    async fn demand_reauth(&self, sub: &str, at: u64) -> Result<usize, StoreError> {
        let sub = sub.to_owned();
        self.committer.write(move |staging| people::demand_reauth(staging, &sub, at)).await
    }

    async fn add_user(&self, user: User) -> Result<Added, StoreError> {
        self.committer.write(move |staging| add_user(staging, &user)).await
    }

    async fn change_user(
        &self,
        sub: &str,
        change: UserChange,
        ended: Ended,
    ) -> Result<Option<(User, usize)>, StoreError> {
        let sub = sub.to_owned();
        self.committer.write(move |staging| people::change_user(staging, &sub, change, ended)).await
    }

    async fn lock_out(&self, sub: &str, locked_out: bool, ended: Ended) -> Result<usize, StoreError> {
        if locked_out {
            self.has_lockouts.store(true, Ordering::SeqCst);
        }
        let sub = sub.to_owned();
        self.committer.write(move |staging| people::lock_out(staging, &sub, locked_out, ended)).await
    }

    async fn change_password(&self, change: PasswordChange) -> Result<Option<usize>, StoreError> {
        self.committer.write(move |staging| people::change_password(staging, change)).await
    }

    async fn add_client(&self, client: Client) -> Result<Added, StoreError> {
        self.committer.write(move |staging| clients::add_client(staging, &client)).await
    }

    async fn remove_client(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        self.committer.write(move |staging| clients::remove_client(staging, &id)).await
    }

    async fn remove_user(&self, name: &str, at: u64) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.committer.write(move |staging| remove_user(staging, &name, at)).await
    }

    async fn purge(&self, before: u64, limit: usize) -> Result<usize, StoreError> {
        self.committer.write(move |staging| purge(staging, before, limit)).await
    }

    async fn begin_revocations(&self, now: u64, fresh_for: u64) -> Result<RevokedSoFar, StoreError> {
        self.revocations.listen();
        self.committer.write(move |staging| revoked::begin(staging, now, fresh_for)).await
    }

    fn revoked_so_far(&self) -> Result<RevokedSoFar, StoreError> {
        let scan = |prefix: &[u8], after: Option<&[u8]>, limit| self.view.scan(prefix, after, limit);
        revoked::present(|key| self.view.get(key), scan)
    }

    fn revocation_log(&self) -> Arc<RevocationLog> {
        Arc::clone(&self.revocations)
    }

    async fn purge_revocations(&self, before: u64, limit: usize) -> Result<usize, StoreError> {
        self.committer.write(move |staging| revoked::forget(staging, before, limit)).await
    }

    fn check(&self) -> Result<CheckReport, StoreError> {
        check(&self.view)
    }

    fn is_writable(&self) -> bool {
        !self.committer.has_failed()
    }

    fn close(&self) {
        self.committer.close();
        self.view.close();
    }
}

fn end(staging: &mut Staging<'_>, sid: &str, ended: Ended) -> Result<bool, StoreError> {
    let Some(session) = end_unlisted(staging, sid, ended)? else { return Ok(false) };
    revoked::list_sessions(staging, &[session], ended.at)?;
    Ok(true)
}

/// Ends a session that is alive, and leaves it to the caller to list it as revoked.
fn end_unlisted(staging: &mut Staging<'_>, sid: &str, ended: Ended) -> Result<Option<Session>, StoreError> {
    let Some(mut session) = sessions::load(staging, sid)? else { return Ok(None) };
    if session.ended.is_some() {
        return Ok(None);
    }
    session.ended = Some(ended);
    session.revision = session.revision.saturating_add(1);
    sessions::save(staging, &session)?;
    ended::note(staging, &session, ended.at)?;
    Ok(Some(session))
}

fn end_all(
    staging: &mut Staging<'_>,
    sub: &str,
    keep: Option<&str>,
    ended: Ended,
) -> Result<usize, StoreError> {
    // A session that is being opened looks again, and is issued after the end.
    staging.make_version();
    let mut over = Vec::new();
    for sid in sids_of(staging, sub)? {
        if keep != Some(sid.as_str()) {
            over.extend(end_unlisted(staging, &sid, ended)?);
        }
    }
    match keep {
        Some(_) => revoked::list_sessions(staging, &over, ended.at)?,
        None => revoked::list_all_of(staging, sub, &over, ended.at)?,
    }
    Ok(over.len())
}

fn add_user(staging: &mut Staging<'_>, user: &User) -> Result<Added, StoreError> {
    let taken =
        staging.get(&user_key(&user.name))?.is_some() || staging.get(&user_id_key(&user.sub))?.is_some();
    if taken {
        return Ok(Added::NameTaken);
    }
    staging.make_version();
    staging.put(user_key(&user.name), encode(user)?);
    staging.put(user_id_key(&user.sub), user.name.as_bytes().to_vec());
    Ok(Added::Done)
}

fn remove_user(staging: &mut Staging<'_>, name: &str, at: u64) -> Result<bool, StoreError> {
    let Some(bytes) = staging.get(&user_key(name))? else { return Ok(false) };
    let user: User = decode(&bytes)?;
    staging.make_version();
    let mut alive = Vec::new();
    for sid in sids_of(staging, &user.sub)? {
        let Some(session) = sessions::load(staging, &sid)? else { continue };
        sessions::remove(staging, &session)?;
        alive.extend(Some(session).filter(|session| session.ended.is_none()));
    }
    revoked::list_sessions(staging, &alive, at)?;
    staging.remove(user_key(name));
    staging.remove(user_id_key(&user.sub));
    Ok(true)
}

fn purge(staging: &mut Staging<'_>, before: u64, limit: usize) -> Result<usize, StoreError> {
    let mut count = 0;
    for (key, _) in staging.scan(EXPIRIES, None, limit)? {
        match split_expiry_key(&key) {
            Some((time, _)) if time >= before => break,
            Some((_, sid)) => purge_one(staging, sid, before)?,
            None => {}
        }
        staging.remove(key);
        count += 1;
    }
    Ok(count)
}

/// Forgets the session, or, when exchanges have carried it further, puts it back into the index at its
/// present end.
fn purge_one(staging: &mut Staging<'_>, sid: &str, before: u64) -> Result<(), StoreError> {
    let Some(session) = sessions::load(staging, sid)? else { return Ok(()) };
    if session.exp >= before {
        staging.put(expiry_key(session.exp, sid), Vec::new());
    } else {
        sessions::remove(staging, &session)?;
    }
    Ok(())
}

fn sids_of(staging: &Staging<'_>, sub: &str) -> Result<Vec<String>, StoreError> {
    let prefix = owned_prefix(sub);
    let rows = staging.scan(&prefix, None, usize::MAX)?;
    Ok(rows.iter().filter_map(|(key, _)| Some(time_and_sid(key, &prefix)?.1.to_owned())).collect())
}
