//! What an operator's program does to users.

use std::collections::BTreeSet;

use super::{Overloaded, check_new_password};
use crate::domain::{Client, Failure, Issuer, Moment, Notice, Password};
use crate::events;
use crate::store::{Added, EndReason, Ended, Session, User, UserChange};

/// A user to be.
#[derive(Debug)]
pub struct NewUser {
    /// The id.
    pub sub: String,
    /// The normalised name.
    pub name: String,
    /// The password.
    pub password: Password,
    /// Salt of its hash: random bytes.
    pub salt: [u8; 16],
    /// The groups.
    pub groups: Vec<String>,
}

/// What became of a request for a user.
#[derive(Clone)]
pub enum PutUser {
    /// There was no such user.
    Created(User),
    /// There was this very user.
    Unchanged(User),
}

impl Issuer {
    /// The user with this id.
    ///
    /// # Errors
    /// [`Failure::UserNotFound`]; [`Failure::Store`].
    pub fn user(&self, sub: &str) -> Result<User, Failure> {
        self.store().user(sub)?.ok_or(Failure::UserNotFound)
    }

    /// Whether a user with this id is kept here.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub fn has_user(&self, sub: &str) -> Result<bool, Failure> {
        Ok(self.store().user(sub)?.is_some())
    }

    /// Whether a user with this id is kept here, or one who is kept elsewhere has sessions here.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub fn knows_subject(&self, sub: &str) -> Result<bool, Failure> {
        Ok(self.has_user(sub)? || !self.store().list(sub, 1)?.is_empty())
    }

    /// Adds a user; durable when this returns. A request that is repeated, because its answer was lost for instance, finds
    /// the user as it wants it, and changes nothing.
    ///
    /// # Errors
    /// [`Failure::BadPassword`]; [`Failure::UserExists`] for a name that is taken, or an id whose user has another name,
    /// password or other groups; [`Failure::Overloaded`]; [`Failure::Store`].
    pub async fn put_user(&self, by: &Client, new: NewUser, now: Moment) -> Result<PutUser, Failure> {
        check_new_password(&new.password)?;
        if let Some(present) = self.store().user(&new.sub)? {
            return self.unchanged(present, new).await;
        }
        let hash = self.passwords().hash(new.password.clone(), new.salt).await;
        let hash = hash.map_err(|_| Failure::Overloaded)?;
        let user = User {
            sub: new.sub.clone(),
            name: new.name.clone(),
            password_hash: hash.ok_or(Failure::Internal("a password could not be hashed"))?,
            groups: new.groups.clone(),
            claims_version: 1,
            disabled: false,
            created_at: now.secs(),
            demo: false,
        };
        match self.store().add_user(user.clone()).await? {
            Added::Done => {
                events::by_client("user_added", &user.sub, &by.id, 0);
                Ok(PutUser::Created(user))
            }
            // The same request may have been quicker on another connection.
            Added::NameTaken => match self.store().user(&new.sub)? {
                Some(present) => self.unchanged(present, new).await,
                None => Err(Failure::UserExists),
            },
        }
    }

    /// The user who is there, if it is the one that is wanted.
    async fn unchanged(&self, present: User, wanted: NewUser) -> Result<PutUser, Failure> {
        let set = |groups: &[String]| groups.iter().cloned().collect::<BTreeSet<_>>();
        if present.name != wanted.name || set(&present.groups) != set(&wanted.groups) {
            return Err(Failure::UserExists);
        }
        let hash = Some(present.password_hash.clone());
        match self.passwords().verify(hash, wanted.password).await {
            Ok(true) => Ok(PutUser::Unchanged(present)),
            Ok(false) => Err(Failure::UserExists),
            Err(Overloaded) => Err(Failure::Overloaded),
        }
    }

    /// Changes groups, disables or enables; durable when this returns. A disabled user's sessions are over at
    /// once; new groups are in the tokens from the next exchange on.
    ///
    /// # Errors
    /// [`Failure::UserNotFound`]; [`Failure::Store`].
    pub async fn change_user(
        &self,
        by: &Client,
        sub: &str,
        change: UserChange,
        now: Moment,
    ) -> Result<User, Failure> {
        let ended = Ended { at: now.secs(), reason: EndReason::UserDisabled };
        let disables = change.disabled;
        let regroups = change.groups.is_some();
        let changed = self.store().change_user(sub, change, ended).await?;
        let (user, count) = changed.ok_or(Failure::UserNotFound)?;
        match disables {
            Some(true) => events::by_client("user_disabled", sub, &by.id, count),
            Some(false) => events::by_client("user_enabled", sub, &by.id, 0),
            None => {}
        }
        if regroups {
            events::by_client("groups_changed", sub, &by.id, 0);
            self.feed().tell(Notice::ClaimsChanged { sub: sub.into(), cv: user.claims_version });
        }
        Ok(user)
    }

    /// Ends every living session of a user, kept here or not; answers how many. A login that comes later is not
    /// touched.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn end_all(&self, by: &Client, sub: &str, now: Moment) -> Result<usize, Failure> {
        let ended = Ended { at: now.secs(), reason: EndReason::EndedByOperator };
        let count = self.store().end_all(sub, None, ended).await?;
        events::by_client("all_sessions_ended", sub, &by.id, count);
        Ok(count)
    }

    /// Demands the password from every living session of a user; answers how many.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn demand_reauth(&self, by: &Client, sub: &str) -> Result<usize, Failure> {
        let count = self.store().demand_reauth(sub).await?;
        events::by_client("reauthentication_demanded", sub, &by.id, count);
        Ok(count)
    }

    /// Sessions of a user, kept here or not, newest first.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub fn sessions_of(&self, sub: &str, now: Moment) -> Result<Vec<Session>, Failure> {
        self.listed(sub, now)
    }
}
