//! Opening a session.

use super::issuer::{Issued, Issuer};
use super::moment::{Fraction, Moment};
use super::refusal::Failure;
use super::secret::{self, Binder, Password};
use super::users::{Overloaded, normalise_name};
use crate::events::{self, Event};
use crate::store::{Created, Session, User};

/// Who wants in, and how.
#[derive(Debug)]
pub struct Login {
    /// The name as it was typed.
    pub username: String,
    /// The password as it was typed.
    pub password: Password,
    /// The client, if it says.
    pub client_id: Option<String>,
    /// What the user calls the device.
    pub device: Option<String>,
    /// Whether there is a refresh window.
    pub remember_me: bool,
    /// Whether the session is bound to a second secret.
    pub bound: bool,
}

/// Random bytes for a new session.
pub struct LoginDraw {
    /// Becomes the `sid`.
    pub sid: [u8; 16],
    /// Becomes the binder secret of a bound session.
    pub binder: [u8; 32],
}

impl Issuer {
    /// Checks the password and opens a session; durable when this returns.
    ///
    /// # Errors
    /// [`Failure::BadCredentials`] for a wrong password, an unknown or a disabled user;
    /// [`Failure::Overloaded`]; [`Failure::Store`].
    pub async fn login(&self, login: Login, draw: LoginDraw, now: Moment) -> Result<Issued, Failure> {
        let user = self.check_password(&login.username, login.password.clone()).await?;
        let binder = login.bound.then(|| Binder::from_bytes(&draw.binder));
        let session = self.first_generation(&user, login, &draw, binder.as_ref(), now);
        // Signed first: a session whose token cannot be made must not exist.
        let issued = self.issue(&session, binder, now)?;
        match self.store().create(session.clone()).await? {
            Created::Done => {
                events::session(Event::LoggedIn, &session);
                Ok(issued)
            }
            Created::UserGone => {
                events::login_failed(Some(&user.sub), "user_gone");
                Err(Failure::BadCredentials)
            }
        }
    }

    async fn check_password(&self, username: &str, password: Password) -> Result<User, Failure> {
        let user = match normalise_name(username) {
            Ok(name) => self.store().user_named(&name)?,
            Err(_) => None,
        };
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let correct = match self.passwords().verify(hash, password).await {
            Ok(correct) => correct,
            Err(Overloaded) => {
                events::login_failed(user.as_ref().map(|user| user.sub.as_str()), "overloaded");
                return Err(Failure::Overloaded);
            }
        };
        match user {
            Some(user) if correct && !user.disabled => Ok(user),
            user => {
                events::login_failed(user.as_ref().map(|user| user.sub.as_str()), "bad_credentials");
                Err(Failure::BadCredentials)
            }
        }
    }

    fn first_generation(
        &self,
        user: &User,
        login: Login,
        draw: &LoginDraw,
        binder: Option<&Binder>,
        now: Moment,
    ) -> Session {
        let (policy, now) = (self.policy(), now.secs());
        let absolute_exp = now.saturating_add(policy.absolute_ttl);
        let windows = policy.windows(now, login.remember_me, absolute_exp, Fraction::ZERO);
        Session {
            sid: secret::id(&draw.sid),
            sub: user.sub.clone(),
            revision: 1,
            kid: self.keyring().active_kid().to_owned(),
            generation: 1,
            iat: now,
            bbf: windows.bbf,
            exp: windows.exp,
            remember_me: login.remember_me,
            created_at: now,
            absolute_exp,
            auth_time: now,
            amr: vec!["pwd".to_owned()],
            last_exchanged_at: 0,
            grace_until_ms: 0,
            reauth_required: false,
            client_id: login.client_id,
            scope: None,
            groups: user.groups.clone(),
            // Without groups there are no claims that could have a version.
            claims_version: (!user.groups.is_empty()).then_some(user.claims_version),
            binder_hash: binder.map(Binder::hash),
            device: login.device,
            ended: None,
        }
    }
}
