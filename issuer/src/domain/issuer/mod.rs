//! The issuer: what all of its acts share. The acts themselves have rooms of their own.

mod names;
mod own_tokens;

use std::sync::Arc;
use std::time::Duration;

use shelflife_token::{Claims, Confirmation, Jwk, Limits, Verdict};

use self::names::IssuerNames;
use self::own_tokens::OwnTokens;
use super::clock_watch::ClockWatch;
use super::guard::LoginGuard;
use super::opening::ExtraClaims;
use super::policy::Rules;
use super::recent::RecentGenerations;
use super::revocations::Feed;
use super::users::Passwords;
use super::words::moment::Moment;
use super::words::refusal::{Failure, Reason};
use super::words::secret::Binder;
use crate::events;
use crate::keyring::{Keyring, SignFailure};
use crate::store::{Session, Store, StoreError};

/// For how long a request waits for a store whose engine is being opened again.
const READ_PATIENCE: Duration = Duration::from_secs(10);

/// Where an act that waits in between takes the time from, again after each wait.
pub type Now<'a> = &'a (dyn Fn() -> Moment + Send + Sync);

/// A genuine token of this issuer; it may have expired.
#[derive(Debug)]
pub struct Genuine(Claims);

impl Genuine {
    /// What it says.
    pub fn claims(&self) -> &Claims {
        &self.0
    }

    /// SHA-256 of the binder secret that its session is bound to, in base64url.
    pub fn binder_hash(&self) -> Option<&str> {
        self.0.cnf.as_ref().and_then(|confirmation| confirmation.bnd.as_deref())
    }
}

/// Opens, exchanges and ends sessions.
pub struct Issuer {
    name: String,
    audience: String,
    store: Arc<dyn Store>,
    keyring: Keyring,
    names: IssuerNames,
    own_tokens: OwnTokens,
    passwords: Passwords,
    guard: LoginGuard,
    rules: Arc<Rules>,
    feed: Feed,
    recent: RecentGenerations,
    clock_watch: ClockWatch,
}

/// A token and what its holder needs to know about it.
pub struct Issued {
    /// The token. A secret.
    pub token: String,
    /// The session.
    pub session_id: String,
    /// Seconds until it goes stale.
    pub expires_in: u64,
    /// Seconds until it is worth nothing.
    pub refresh_expires_in: u64,
    /// Granted scope.
    pub scope: Option<String>,
    /// The binder secret of a session that was just opened. Shown once.
    pub binder: Option<Binder>,
}

impl Issuer {
    /// An issuer named `name` (`iss`) for `audience` (`aud`).
    ///
    /// # Errors
    /// A text, when name or audience is empty or the keys contradict each other.
    pub fn new(
        name: String,
        audience: String,
        store: Arc<dyn Store>,
        keyring: Keyring,
        passwords: Passwords,
        guard: LoginGuard,
        rules: impl Into<Rules>,
    ) -> Result<Issuer, String> {
        // Generations decide here, not clocks: a clock that was set back must not lock everybody out.
        let limits = Limits { clock_tolerance: u64::MAX, ..Limits::default() };
        let keys = keyring.key_set().map_err(|error| error.to_string())?;
        let names = IssuerNames::new(&name, &audience, keys, limits).map_err(|error| error.to_string())?;
        Ok(Issuer {
            name,
            audience,
            keyring,
            names,
            own_tokens: OwnTokens::new(),
            passwords,
            guard,
            rules: Arc::new(rules.into()),
            feed: Feed::new(store.revocation_log()),
            store,
            recent: RecentGenerations::new(),
            clock_watch: ClockWatch::default(),
        })
    }

    /// The same issuer, which had these names before: their tokens are exchanged and accepted, and the successors have the
    /// present name.
    ///
    /// # Errors
    /// A text, when one of them is empty or the present name.
    pub fn with_former_names(mut self, former: &[String]) -> Result<Issuer, String> {
        for name in former {
            if *name == self.name {
                return Err(format!(
                    "{name} is the present name of the issuer, and cannot be a former one as well"
                ));
            }
            self.names.add_former(name).map_err(|error| error.to_string())?;
        }
        Ok(self)
    }

    /// The `iss` of its tokens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its public keys.
    pub fn public_jwks(&self) -> Vec<Jwk> {
        self.keyring.public_jwks()
    }

    /// Whether sessions can be opened and exchanged.
    pub fn is_ready(&self) -> bool {
        self.store.is_writable()
    }

    /// The claims of a token of this issuer: fresh, stale or expired.
    ///
    /// # Errors
    /// [`Failure::Refused`] with [`Reason::InvalidToken`].
    pub fn recognise(&self, token: &str, now: Moment) -> Result<Genuine, Failure> {
        match self.names.verify(token, self.own_tokens.recognises(token), now.secs()) {
            Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged) => {
                Ok(Genuine(judged.claims))
            }
            Verdict::Invalid(refusal) => Err(Failure::Refused(Reason::InvalidToken(refusal.code.as_str()))),
        }
    }

    /// Reads from the store. Where its engine is being opened again, this waits for that, and holds up no other request.
    pub(super) async fn read<T>(
        &self,
        read: impl Fn(&dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, Failure> {
        let mut patience = READ_PATIENCE;
        loop {
            match read(self.store.as_ref()) {
                Err(StoreError::Reopening) if !patience.is_zero() => {
                    patience = self.store.readable(patience).await;
                }
                outcome => return Ok(outcome?),
            }
        }
    }

    /// Judges by the wall clock. After it has leapt, a limit of time refuses only what both the clock and the time that it
    /// would show without the leap refuse: which of them is right is not known yet, and such a refusal is final.
    ///
    /// # Errors
    /// [`Failure::ClockUnsettled`] where the two differ.
    pub(super) fn by_both_clocks<T>(
        &self,
        now: Moment,
        judge: impl Fn(Moment) -> Result<T, Reason>,
    ) -> Result<Result<T, Reason>, Failure> {
        let outcome = judge(now);
        let is_over =
            |outcome: &Result<T, Reason>| outcome.as_ref().is_err_and(|reason| reason.is_limit_of_time());
        if is_over(&outcome)
            && let Some(other) = self.clock_watch.without_leap(now)
            && !is_over(&judge(other))
        {
            return Err(Failure::ClockUnsettled);
        }
        Ok(outcome)
    }

    /// Whether a token with this `exp` is worth nothing: by the wall clock, and where that has leapt, also by the time that it
    /// would show otherwise. For what does no harm when it is done once too often, like signing out.
    pub(super) fn has_expired(&self, exp: u64, now: Moment) -> bool {
        let is_past = |moment: Moment| moment.secs() >= exp;
        is_past(now) && self.clock_watch.without_leap(now).is_none_or(is_past)
    }

    /// The token of a record, signed by the key that the record names: again and again the same, byte for byte. If that key
    /// was killed meanwhile, it is the same claims by the key of today.
    pub(super) fn issue(
        &self,
        session: &Session,
        binder: Option<Binder>,
        now: Moment,
    ) -> Result<Issued, Failure> {
        let token = self.keyring.sign(&session.kid, &self.claims(session)?);
        let token = token.map_err(|failure| not_signed(&failure, session))?;
        self.own_tokens.remember(&token);
        Ok(Issued {
            token,
            session_id: session.sid.clone(),
            expires_in: session.bbf.saturating_sub(now.secs()),
            refresh_expires_in: session.exp.saturating_sub(now.secs()),
            scope: session.scope.clone(),
            binder,
        })
    }

    fn claims(&self, session: &Session) -> Result<Claims, Failure> {
        let extra = session.extra.as_deref().map(ExtraClaims::read).transpose();
        let unreadable = |_| Failure::Internal("the extra claims of a session cannot be read");
        Ok(Claims {
            iss: self.name.clone(),
            aud: vec![self.audience.clone()],
            sub: session.sub.clone(),
            sid: session.sid.clone(),
            r#gen: session.generation,
            iat: session.iat,
            bbf: session.bbf,
            exp: session.exp,
            nbf: None,
            client_id: session.client_id.clone(),
            scope: session.scope.clone(),
            groups: session.groups.clone(),
            auth_time: Some(session.auth_time),
            amr: session.amr.clone(),
            cv: session.claims_version,
            cnf: session.binder_hash.clone().map(|hash| Confirmation { jkt: None, bnd: Some(hash) }),
            extra: extra.map_err(unreadable)?.unwrap_or_default(),
        })
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    pub(super) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    pub(super) fn guard(&self) -> &LoginGuard {
        &self.guard
    }

    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.rules
    }

    pub(super) fn shared_rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules)
    }

    pub(super) fn recent(&self) -> &RecentGenerations {
        &self.recent
    }

    pub(super) fn clock_watch(&self) -> &ClockWatch {
        &self.clock_watch
    }
}

fn not_signed(failure: &SignFailure, session: &Session) -> Failure {
    match failure {
        SignFailure::UnknownKey => {
            events::signing_key_missing(&session.kid, &session.sid);
            Failure::Internal(
                "a session names a signing key that is neither in the folder of the keys nor killed",
            )
        }
        SignFailure::Claims(_) => Failure::Internal("the token of a session could not be signed"),
    }
}
