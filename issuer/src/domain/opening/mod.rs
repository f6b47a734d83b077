//! Opening sessions: for a user who signs in, or for a backend that knows who it is.

mod extra;
mod login;
mod login_client;
mod trusted;

use std::net::IpAddr;
use std::sync::Arc;

pub use self::extra::{BadExtraClaims, ExtraClaims};
pub use self::login::{LoggedIn, Login, LoginDraw};
pub use self::trusted::{Authentication, BadAuthentication, Trusted};
use super::exchange::{check_limits, version_of};
use super::issuer::{Issued, Issuer, Now};
use super::policy::Span;
use super::words::moment::{Fraction, Moment};
use super::words::refusal::{Failure, Reason};
use super::words::secret::Binder;
use crate::events;
use crate::store::{Client, IsDead, Opened, Session, Standing, Terms, User};

/// The longest token that is handed out: verifiers refuse longer ones unread.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// How often an opening looks again after users or clients were changed under it.
const ATTEMPTS: usize = 16;

/// What the ways to open a session differ in.
struct Opening {
    sid: String,
    sub: String,
    /// The user, if kept here.
    user: Option<User>,
    groups: Vec<String>,
    client_id: Option<String>,
    device: Option<String>,
    scope: Option<String>,
    remember_me: bool,
    /// When the user was authenticated; `None`: now.
    auth_time: Option<u64>,
    amr: Vec<String>,
    acr: Option<String>,
    extra: Option<String>,
    binder: Option<Binder>,
    address: Option<IpAddr>,
    user_agent: Option<String>,
}

/// Whose session is opened, and by whom.
struct Applicant<'a> {
    sub: &'a str,
    /// The backend that opens it, as it was authenticated.
    client: Option<&'a Client>,
}

impl Issuer {
    /// Opens a session; durable when this returns. `prepare` sees the user as it is at each attempt: what changed while a
    /// password was being checked or a write waited is seen by the next one, which also takes the time anew. So a session is
    /// never opened with groups, a password or a client of before, and never issued before the end of all sessions that it
    /// follows.
    async fn open(
        &self,
        applicant: Applicant<'_>,
        prepare: impl Fn(Standing) -> Result<Opening, Failure>,
        now: Now<'_>,
    ) -> Result<Issued, Failure> {
        for _ in 0..ATTEMPTS {
            let standing = self.read(|store| store.standing_of(applicant.sub)).await?;
            if let Some(client) = applicant.client
                && self.read(|store| store.client(&client.id)).await?.as_ref() != Some(client)
            {
                return Err(Failure::BadClient);
            }
            if standing.locked_out {
                return Err(Failure::Refused(Reason::UserDisabled));
            }
            let seen = Some(standing.version);
            let opening = prepare(standing)?;
            let now = now();
            let cap = self.rules().sessions_per_user;
            let is_dead = cap.map(|_| self.is_dead(&opening, now));
            let binder = opening.binder.clone();
            let session = self.first_generation(opening, now.secs());
            // Signed first: a session whose token cannot be made must not exist.
            let issued = self.issue(&session, binder, now)?;
            if issued.token.len() > MAX_TOKEN_BYTES {
                return Err(Failure::TokenTooLong);
            }
            match self.store().open(session.clone(), Terms { seen, cap, is_dead }).await? {
                Opened::Done { evicted } => {
                    for sid in evicted {
                        events::evicted(&sid, &session.sub, &session.sid);
                    }
                    return Ok(issued);
                }
                Opened::UserGone => return Err(Failure::Refused(Reason::UserDisabled)),
                Opened::Full => return Err(Failure::SessionLimit),
                Opened::Changed => {}
            }
        }
        Err(Failure::Overloaded)
    }

    /// Which sessions of the user have reached a limit. They take no place, however many there are.
    fn is_dead(&self, opening: &Opening, now: Moment) -> IsDead {
        let (rules, kept_here) = (self.shared_rules(), opening.user.is_some());
        let groups = opening.groups.clone();
        Arc::new(move |session: &Session| {
            let groups = if kept_here { &groups } else { &session.groups };
            let policy = rules.of(session.client_id.as_deref(), groups);
            check_limits(session, now, &policy).is_err()
        })
    }

    fn first_generation(&self, opening: Opening, now: u64) -> Session {
        let policy = self.rules().of(opening.client_id.as_deref(), &opening.groups);
        let absolute_exp = now.saturating_add(policy.absolute_ttl);
        let auth_time = opening.auth_time.unwrap_or(now).min(now);
        let span = Span { remember_me: opening.remember_me, limit: absolute_exp, auth_time };
        let windows = policy.windows(now, span, Fraction::ZERO);
        Session {
            sid: opening.sid,
            sub: opening.sub,
            revision: 1,
            kid: self.keyring().active_kid().to_owned(),
            generation: 1,
            parent: 0,
            iat: now,
            bbf: windows.bbf,
            exp: windows.exp,
            remember_me: opening.remember_me,
            created_at: now,
            absolute_exp,
            auth_time,
            amr: opening.amr,
            acr: opening.acr,
            last_exchanged_at: 0,
            grace_until_ms: 0,
            reauth_required: false,
            reauth_demanded_at: 0,
            client_id: opening.client_id,
            scope: opening.scope,
            groups: opening.groups,
            claims_version: opening.user.as_ref().and_then(version_of),
            binder_hash: opening.binder.as_ref().map(Binder::hash),
            device: opening.device,
            ended: None,
            user_elsewhere: opening.user.is_none(),
            extra: opening.extra,
            address: opening.address.map(|address| address.to_string()),
            user_agent: opening.user_agent,
        }
    }
}
