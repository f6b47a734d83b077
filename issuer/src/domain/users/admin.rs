//! What an operator's program does to users.

use super::{Share, check_new_password};
use crate::domain::{Client, Failure, Issuer, Moment, Notice, Password};
use crate::events;
use crate::store::{Added, EndReason, Ended, User, UserChange};

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

/// A user that an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Kept here.
    Here(User),
    /// Kept elsewhere.
    Elsewhere {
        /// Locked out here.
        disabled: bool,
    },
}

impl Issuer {
    /// The user with this id.
    ///
    /// # Errors
    /// [`Failure::UserNotFound`]; [`Failure::Store`].
    pub async fn user(&self, sub: &str) -> Result<Known, Failure> {
        let standing = self.read(|store| store.standing_of(sub)).await?;
        match standing.user {
            Some(user) => Ok(Known::Here(user)),
            None if standing.locked_out => Ok(Known::Elsewhere { disabled: true }),
            None => Err(Failure::UserNotFound),
        }
    }

    /// Adds a user; durable when this returns.
    ///
    /// # Errors
    /// [`Failure::BadPassword`]; [`Failure::UserExists`]; [`Failure::Overloaded`]; [`Failure::Store`].
    pub async fn add_user(&self, by: &Client, new: NewUser, now: Moment) -> Result<User, Failure> {
        check_new_password(&new.password)?;
        let hash = self.passwords().hash(Share::of_clients(), new.password, new.salt).await;
        let user = User {
            sub: new.sub,
            name: new.name,
            password_hash: hash
                .map_err(|_| Failure::Overloaded)?
                .ok_or(Failure::Internal("a password could not be hashed"))?,
            groups: new.groups,
            claims_version: 1,
            disabled: false,
            created_at: now.secs(),
            demo: false,
        };
        match self.store().add_user(user.clone()).await? {
            Added::Done => {
                events::by_client("user_added", &user.sub, &by.id, 0);
                Ok(user)
            }
            Added::NameTaken => Err(Failure::UserExists),
        }
    }

    /// Changes groups, disables or enables; durable when this returns. A disabled user's sessions are over at
    /// once; new groups are in the tokens from the next exchange on. A user who is kept elsewhere can be disabled here, known
    /// or not.
    ///
    /// # Errors
    /// [`Failure::UserNotFound`]; [`Failure::UserElsewhere`] for groups of a user who is disabled but not kept here;
    /// [`Failure::Store`].
    pub async fn change_user(
        &self,
        by: &Client,
        sub: &str,
        change: UserChange,
        now: Moment,
    ) -> Result<Known, Failure> {
        let ended = Ended { at: now.secs(), reason: EndReason::UserDisabled };
        let disables = change.disabled;
        let regroups = change.groups.is_some();
        let Some((user, count)) = self.store().change_user(sub, change, ended).await? else {
            return self.change_user_elsewhere(by, sub, disables, regroups, ended).await;
        };
        match disables {
            Some(true) => events::by_client("user_disabled", sub, &by.id, count),
            Some(false) => events::by_client("user_enabled", sub, &by.id, 0),
            None => {}
        }
        if regroups {
            events::by_client("groups_changed", sub, &by.id, 0);
            self.feed().tell(Notice::ClaimsChanged { sub: sub.into(), cv: user.claims_version });
        }
        Ok(Known::Here(user))
    }

    async fn change_user_elsewhere(
        &self,
        by: &Client,
        sub: &str,
        disables: Option<bool>,
        regroups: bool,
        ended: Ended,
    ) -> Result<Known, Failure> {
        let Some(disabled) = disables else { return Err(Failure::UserNotFound) };
        if regroups {
            return Err(Failure::UserElsewhere);
        }
        let count = self.store().lock_out(sub, disabled, ended).await?;
        events::by_client(if disabled { "user_disabled" } else { "user_enabled" }, sub, &by.id, count);
        Ok(Known::Elsewhere { disabled })
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
    pub async fn demand_reauth(&self, by: &Client, sub: &str, now: Moment) -> Result<usize, Failure> {
        let count = self.store().demand_reauth(sub, now.secs()).await?;
        events::by_client("reauthentication_demanded", sub, &by.id, count);
        Ok(count)
    }
}
