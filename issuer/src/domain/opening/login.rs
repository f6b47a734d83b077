//! Signing in with name and password.

use std::net::IpAddr;

use super::{Applicant, Opening};
use crate::domain::guard::{Attempt, Devices, KnownBy};
use crate::domain::issuer::{Issued, Issuer, Now};
use crate::domain::users::{Share, normalise_name};
use crate::domain::words::moment::Moment;
use crate::domain::words::refusal::{Failure, Reason};
use crate::domain::words::secret::{self, Binder, Password};
use crate::events;
use crate::store::{Standing, User};

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
    /// Where it came from.
    pub address: IpAddr,
    /// `User-Agent` of the request.
    pub user_agent: Option<String>,
    /// What the device keeps of earlier sign-ins.
    pub devices: Devices,
}

/// A session that was just opened.
pub struct LoggedIn {
    /// Its first token.
    pub issued: Issued,
    /// What the device keeps from now on, so that it is known at the next sign-in.
    pub devices: Devices,
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
    /// [`Failure::ConfidentialClient`], [`Failure::ClientMissing`] and [`Failure::ClientUnknown`] before the password is
    /// looked at; [`Failure::TooManyAttempts`]; [`Failure::SessionLimit`]; [`Failure::Overloaded`]; [`Failure::Store`].
    pub async fn login(&self, login: Login, draw: LoginDraw, now: Now<'_>) -> Result<LoggedIn, Failure> {
        let address = login.address;
        if let Err(failure) = self.check_login_client(login.client_id.as_deref()).await {
            events::login_failed(None, address, failure.word());
            return Err(failure);
        }
        let name = normalise_name(&login.username);
        let user = match &name {
            Ok(name) => self.read(|store| store.user_named(name)).await?,
            Err(_) => None,
        };
        // Whether or not there is such a user: the name counts.
        let account = name.as_ref().unwrap_or(&login.username);
        // An unknown user has no device, at the same cost: ids are not empty.
        let sub = user.as_ref().map_or("", |user| user.sub.as_str());
        let before = now();
        let known_by = self.guard().known_device(&login.devices, sub, before).map(KnownBy::Device);
        let attempt = Attempt { account, address, known_by };
        let proved = self.prove(user.as_ref(), login.password.clone(), attempt, before).await?;
        let applicant = Applicant { sub: &proved.sub, client: None };
        // Removed, disabled, or with another password while this one was being checked.
        let prepare = |standing: Standing| match standing.user {
            Some(user) if !user.disabled && user.password_hash == proved.password_hash => {
                Ok(opening(user, &login, &draw))
            }
            _ => Err(Failure::BadCredentials),
        };
        let outcome = match self.open(applicant, prepare, now).await {
            Err(Failure::Refused(Reason::UserDisabled)) => Err(Failure::BadCredentials),
            outcome => outcome,
        };
        match &outcome {
            Ok(issued) => events::logged_in(&issued.session_id, &proved.sub, address),
            Err(failure) => events::login_failed(Some(&proved.sub), address, failure.word()),
        }
        let devices = self.guard().signed_in_on(&login.devices, &proved.sub, now());
        Ok(LoggedIn { devices, issued: outcome? })
    }

    /// The user, if this is the password. The attempt is charged from here on; a right password and one that is not
    /// looked at cost nothing.
    ///
    /// # Errors
    /// [`Failure::BadCredentials`] for a wrong password, an unknown and a disabled user, at the same cost;
    /// [`Failure::TooManyAttempts`]; [`Failure::Overloaded`].
    pub(in crate::domain) async fn prove(
        &self,
        user: Option<&User>,
        password: Password,
        attempt: Attempt<'_>,
        now: Moment,
    ) -> Result<User, Failure> {
        let sub = user.map(|user| user.sub.as_str());
        let failed = |failure: Failure| {
            events::login_failed(sub, attempt.address, failure.word());
            Err(failure)
        };
        let permit = match self.guard().admit(attempt, now).await {
            Ok(permit) => permit,
            Err(retry_after) => return failed(Failure::TooManyAttempts { retry_after }),
        };
        let share = Share::of(attempt.address, permit.is_known());
        let hash = user.map(|user| user.password_hash.clone());
        let enabled = user.is_some_and(|user| !user.disabled);
        // The permit travels with the work: a client that hangs up while it is done has guessed all the same.
        let judged = move |right| if right && enabled { permit.succeeded(now) } else { permit.failed(now) };
        match (self.passwords().verify(share, hash, password, judged).await, user) {
            (Ok(true), Some(user)) if enabled => Ok(user.clone()),
            (Ok(_), _) => failed(Failure::BadCredentials),
            (Err(_), _) => failed(Failure::Overloaded),
        }
    }
}

fn opening(user: User, login: &Login, draw: &LoginDraw) -> Opening {
    Opening {
        sid: secret::id(&draw.sid),
        sub: user.sub.clone(),
        groups: user.groups.clone(),
        client_id: login.client_id.clone(),
        device: login.device.clone(),
        scope: None,
        remember_me: login.remember_me,
        auth_time: None,
        amr: vec!["pwd".to_owned()],
        acr: None,
        extra: None,
        binder: login.bound.then(|| Binder::from_bytes(&draw.binder)),
        address: Some(login.address),
        user_agent: login.user_agent.clone(),
        user: Some(user),
    }
}
