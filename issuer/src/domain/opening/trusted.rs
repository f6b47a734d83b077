//! Opening a session for a user whom a trusted backend has authenticated itself.

use std::net::IpAddr;

use super::{Applicant, ExtraClaims, Opening};
use crate::domain::issuer::{Issued, Issuer, Now};
use crate::domain::words::moment::Moment;
use crate::domain::words::refusal::{Failure, Reason};
use crate::domain::words::secret;
use crate::events;
use crate::store::{Client, Standing};

/// Clocks of a backend may be this many seconds ahead.
const CLOCK_TOLERANCE: u64 = 60;
const MAX_AMR: usize = 8;
const MAX_AMR_BYTES: usize = 32;
const MAX_ACR_BYTES: usize = 128;

/// What the backend says about the session.
#[derive(Debug, Clone)]
pub struct Trusted {
    /// The user.
    pub sub: String,
    /// What the user calls the device.
    pub device: Option<String>,
    /// Groups of a user who is not kept here.
    pub groups: Option<Vec<String>>,
    /// Granted scope.
    pub scope: Option<String>,
    /// Whether there is a refresh window.
    pub remember_me: bool,
    /// Further claims for every token of the session.
    pub extra: Option<ExtraClaims>,
    /// How the backend has authenticated the user.
    pub authentication: Authentication,
    /// Address of the user's device.
    pub address: Option<IpAddr>,
    /// `User-Agent` of the user's device.
    pub user_agent: Option<String>,
}

/// How a backend has authenticated a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authentication {
    /// When, in seconds since 1970; `None`: now.
    pub auth_time: Option<u64>,
    /// By which methods (RFC 8176).
    pub amr: Vec<String>,
    /// How strongly (OpenID Connect Core 1.0, 2).
    pub acr: Option<String>,
}

/// It is not how a user can have been authenticated; the text names the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAuthentication {
    /// `auth_time`.
    #[error("`auth_time` is a time in seconds since 1970, and not in the future")]
    AuthTime,
    /// `amr`.
    #[error(
        "`amr` has 8 methods at most, each of 1 to 32 letters, digits, hyphens and underscores (RFC 8176)"
    )]
    Amr,
    /// `acr`.
    #[error("`acr` has 1 to 128 printable ASCII characters without quotation marks and backslashes")]
    Acr,
}

impl Authentication {
    /// Judges what a backend says at `now`. A time up to a minute ahead is a clock that is ahead, and counts as now.
    ///
    /// # Errors
    /// [`BadAuthentication`].
    pub fn new(
        auth_time: Option<u64>,
        amr: Vec<String>,
        acr: Option<String>,
        now: Moment,
    ) -> Result<Authentication, BadAuthentication> {
        if auth_time.is_some_and(|time| time > now.secs().saturating_add(CLOCK_TOLERANCE)) {
            return Err(BadAuthentication::AuthTime);
        }
        let is_method = |method: &String| {
            (1..=MAX_AMR_BYTES).contains(&method.len())
                && method.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if amr.len() > MAX_AMR || !amr.iter().all(is_method) {
            return Err(BadAuthentication::Amr);
        }
        let is_class = |acr: &String| {
            (1..=MAX_ACR_BYTES).contains(&acr.len())
                && acr.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
        };
        if !acr.as_ref().is_none_or(is_class) {
            return Err(BadAuthentication::Acr);
        }
        Ok(Authentication { auth_time: auth_time.map(|time| time.min(now.secs())), amr, acr })
    }
}

impl Issuer {
    /// Opens a session; durable when this returns. `sid` are random bytes.
    ///
    /// A user who is kept here has the groups that are kept here; the groups of every other user are those the
    /// backend names, for as long as the session lives.
    ///
    /// # Errors
    /// [`Failure::GroupsKeptHere`]; [`Failure::SessionLimit`]; [`Failure::Refused`] when the user is disabled;
    /// [`Failure::BadClient`] when the client was removed meanwhile; [`Failure::Store`].
    pub async fn open_for(
        &self,
        client: &Client,
        wanted: Trusted,
        sid: [u8; 16],
        now: Now<'_>,
    ) -> Result<Issued, Failure> {
        let sub = wanted.sub.clone();
        let applicant = Applicant { sub: &sub, client: Some(client) };
        let prepare = |standing: Standing| opening(client, wanted.clone(), sid, standing);
        let outcome = self.open(applicant, prepare, now).await;
        match &outcome {
            Ok(issued) => events::opened_by_client(&issued.session_id, &sub, &client.id),
            Err(failure) => events::opening_refused(&sub, &client.id, failure.word()),
        }
        outcome
    }
}

fn opening(client: &Client, wanted: Trusted, sid: [u8; 16], standing: Standing) -> Result<Opening, Failure> {
    let user = standing.user;
    let groups = match &user {
        Some(user) if user.disabled => return Err(Failure::Refused(Reason::UserDisabled)),
        Some(_) if wanted.groups.is_some() => return Err(Failure::GroupsKeptHere),
        Some(user) => user.groups.clone(),
        None => wanted.groups.unwrap_or_default(),
    };
    let Authentication { auth_time, amr, acr } = wanted.authentication;
    Ok(Opening {
        sid: secret::id(&sid),
        sub: wanted.sub,
        user,
        groups,
        client_id: Some(client.id.clone()),
        device: wanted.device,
        scope: wanted.scope,
        remember_me: wanted.remember_me,
        auth_time,
        amr,
        acr,
        extra: wanted.extra.map(ExtraClaims::into_text),
        binder: None,
        address: wanted.address,
        user_agent: wanted.user_agent,
    })
}
