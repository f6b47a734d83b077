//! The issuer: what all of its acts share. The acts themselves have rooms of their own.

mod names;
mod own_tokens;

use std::sync::Arc;

use shelflife_token::{Claims, Confirmation, Jwk, Limits, Verdict};

use self::names::IssuerNames;
use self::own_tokens::OwnTokens;
use super::guard::LoginGuard;
use super::opening::ExtraClaims;
use super::policy::Rules;
use super::revocations::Feed;
use super::users::Passwords;
use super::words::moment::Moment;
use super::words::refusal::{Failure, Reason};
use super::words::secret::Binder;
use crate::events;
use crate::keyring::{Keyring, SignFailure};
use crate::store::{Session, Store};

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
    rules: Rules,
    feed: Feed,
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
        let rules = rules.into();
        let (own_tokens, feed) = (OwnTokens::new(), Feed::new(store.revocation_log()));
        Ok(Issuer { name, audience, store, keyring, names, own_tokens, passwords, guard, rules, feed })
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

    /// Whether `binder` is the one that this token, in whatever state, is bound to. A cookie may be cleared
    /// only then: it could belong to a newer session of the same browser.
    pub fn is_bound_by(&self, token: &str, binder: &Binder, now: Moment) -> bool {
        match self.names.verify(token, false, now.secs()) {
            Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged) => {
                let hash = judged.claims.cnf.and_then(|confirmation| confirmation.bnd);
                hash.is_some_and(|hash| binder.matches(&hash))
            }
            Verdict::Invalid(_) => false,
        }
    }

    /// Claims of a token of ours that has not expired.
    pub(super) fn genuine(&self, token: &str, now: Moment) -> Result<Claims, Failure> {
        match self.names.verify(token, self.own_tokens.recognises(token), now.secs()) {
            Verdict::Fresh(judged) | Verdict::Stale(judged) => Ok(judged.claims),
            Verdict::Expired(_) => Err(Failure::Refused(Reason::Expired)),
            Verdict::Invalid(refusal) => Err(Failure::Refused(Reason::InvalidToken(refusal.code.as_str()))),
        }
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
