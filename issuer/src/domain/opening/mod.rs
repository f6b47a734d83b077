//! Opening sessions: for somebody who signs in, or for a backend that knows who it is.

mod extra;
mod login;
mod login_client;
mod trusted;

pub use self::extra::{BadExtraClaims, ExtraClaims};
pub use self::login::{LoggedIn, Login, LoginDraw};
pub use self::trusted::Trusted;
use super::exchange::{in_force, version_of};
use super::issuer::{Issued, Issuer};
use super::policy::Span;
use super::words::moment::{Fraction, Moment};
use super::words::refusal::{Failure, Reason};
use super::words::secret::Binder;
use crate::events;
use crate::store::{Opened, Session, Terms, User};

/// The longest token that is handed out: verifiers refuse longer ones unread.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

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
    amr: Vec<String>,
    extra: Option<String>,
    binder: Option<Binder>,
    /// The password hash that was proved.
    proved: Option<String>,
}

impl Issuer {
    /// Opens a session; durable when this returns.
    async fn open(&self, opening: Opening, now: Moment) -> Result<Issued, Failure> {
        let cap = self.rules().sessions_per_user;
        let dead = if cap.is_some() { self.dead_sessions(&opening.sub, now)? } else { Vec::new() };
        let terms = Terms { proved: opening.proved.clone(), cap, dead };
        let binder = opening.binder.clone();
        let session = self.first_generation(opening, now.secs());
        // Signed first: a session whose token cannot be made must not exist.
        let issued = self.issue(&session, binder, now)?;
        if issued.token.len() > MAX_TOKEN_BYTES {
            return Err(Failure::TokenTooLong);
        }
        match self.store().open(session.clone(), terms).await? {
            Opened::Done { evicted } => {
                for sid in evicted {
                    events::evicted(&sid, &session.sub, &session.sid);
                }
                Ok(issued)
            }
            Opened::UserGone => Err(Failure::Refused(Reason::UserDisabled)),
            Opened::PasswordChanged => Err(Failure::BadCredentials),
            Opened::Full => Err(Failure::SessionLimit),
        }
    }

    /// Sessions of a user that have run into a limit. That is for good, so it may be judged before the write.
    fn dead_sessions(&self, sub: &str, now: Moment) -> Result<Vec<String>, Failure> {
        let mut dead = Vec::new();
        for session in self.listed(sub, now)? {
            let policy = self.rules().of(session.client_id.as_deref(), &session.groups);
            if in_force(&session, now, &policy).is_err() {
                dead.push(session.sid);
            }
        }
        Ok(dead)
    }

    fn first_generation(&self, opening: Opening, now: u64) -> Session {
        let policy = self.rules().of(opening.client_id.as_deref(), &opening.groups);
        let absolute_exp = now.saturating_add(policy.absolute_ttl);
        let span = Span { remember_me: opening.remember_me, limit: absolute_exp, auth_time: now };
        let windows = policy.windows(now, span, Fraction::ZERO);
        Session {
            sid: opening.sid,
            sub: opening.sub,
            revision: 1,
            kid: self.keyring().active_kid().to_owned(),
            generation: 1,
            iat: now,
            bbf: windows.bbf,
            exp: windows.exp,
            remember_me: opening.remember_me,
            created_at: now,
            absolute_exp,
            auth_time: now,
            amr: opening.amr,
            last_exchanged_at: 0,
            grace_until_ms: 0,
            reauth_required: false,
            client_id: opening.client_id,
            scope: opening.scope,
            groups: opening.groups,
            claims_version: opening.user.as_ref().and_then(version_of),
            binder_hash: opening.binder.as_ref().map(Binder::hash),
            device: opening.device,
            ended: None,
            user_elsewhere: opening.user.is_none(),
            extra: opening.extra,
        }
    }
}
