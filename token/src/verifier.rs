//! The way from a string to a verdict.

use alloc::{borrow::ToOwned, boxed::Box, string::String, vec::Vec};
use core::fmt;

use crate::{
    Claims, Code, Judged, KeySet, MAX_INTEGER, Refusal, State, UntrustedToken, Verdict, VerifiedToken,
    Windows, revocations::Revocations, verdict::quoted,
};

/// Judges the tokens of one issuer for one audience.
#[derive(Clone, Debug)]
pub struct Verifier {
    pub(crate) issuer: String,
    audience: String,
    pub(crate) keys: KeySet,
    pub(crate) limits: Limits,
    pub(crate) revocations: Revocations,
}

/// Where a genuine token stands at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The window it is in.
    pub state: State,
    /// Seconds until it goes stale; 0 when it has.
    pub fresh_for: u64,
    /// Seconds until it expires; 0 when it has.
    pub exchangeable_for: u64,
}

/// Bounds that hold for every token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of a token in bytes, at most. Default 8 KiB.
    pub max_token_bytes: usize,
    /// `exp - iat` in seconds, at most. Default 400 days.
    pub max_lifetime: u64,
    /// How many seconds `iat` and `nbf` may be ahead of `now`. Default 60.
    pub clock_tolerance: u64,
    /// By how many seconds both windows are prolonged. Default 0.
    pub window_tolerance: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_token_bytes: 8 * 1024,
            max_lifetime: 400 * 24 * 60 * 60,
            clock_tolerance: 60,
            window_tolerance: 0,
        }
    }
}

/// What a caller asks of a token besides being fresh. The default asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Scopes the token must have, all of them.
    pub scope: Vec<String>,
    /// Groups the user must be in, all of them.
    pub groups: Vec<String>,
    /// Seconds since the user last proved who they are, at most.
    pub max_auth_age: Option<u64>,
}

/// A mistake in the options of a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// `issuer` is empty.
    EmptyIssuer,
    /// `audience` is empty.
    EmptyAudience,
}

impl OptionError {
    /// What is wrong, in words. The same as the `Display` form, without the machinery that comes with formatting.
    pub const fn as_str(&self) -> &'static str {
        match self {
            OptionError::EmptyIssuer => "`issuer` must not be empty",
            OptionError::EmptyAudience => "`audience` must not be empty",
        }
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl core::error::Error for OptionError {}

impl Verifier {
    /// A verifier for tokens whose `iss` is `issuer` and whose `aud` names `audience`, both compared byte for byte.
    ///
    /// # Errors
    /// When one of the two is empty.
    pub fn new(issuer: &str, audience: &str, keys: KeySet, limits: Limits) -> Result<Verifier, OptionError> {
        if issuer.is_empty() {
            return Err(OptionError::EmptyIssuer);
        }
        if audience.is_empty() {
            return Err(OptionError::EmptyAudience);
        }
        Ok(Verifier {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            keys,
            limits,
            revocations: Revocations::default(),
        })
    }

    /// Judges `token` at `now` (seconds since the epoch). Whatever the token is, the answer is a verdict.
    ///
    /// Only a fresh token is held against `needs`: one that is stale is exchanged first, and its successor judged.
    pub fn verify(&self, token: &str, now: u64, needs: &Requirements) -> Verdict {
        self.judge(self.authenticate(token, now), now, needs)
    }

    /// Judges a token that the caller has signed itself and recognises byte for byte. Everything is judged as
    /// [`Verifier::verify`] does, whether its key is still known included, but the arithmetic of the signature: that the
    /// caller has made it is the proof.
    #[cfg(feature = "sign")]
    pub fn verify_own(&self, token: &str, now: u64, needs: &Requirements) -> Verdict {
        let limits = &self.limits;
        let recognised = UntrustedToken::parse(token, limits.max_token_bytes)
            .and_then(|token| token.recognise(&self.keys, limits.max_lifetime))
            .and_then(|token| self.ours(token, now));
        self.judge(recognised, now, needs)
    }

    pub(crate) fn judge(
        &self,
        genuine: Result<VerifiedToken, Refusal>,
        now: u64,
        needs: &Requirements,
    ) -> Verdict {
        let genuine = match genuine {
            Ok(genuine) => genuine,
            Err(refusal) => return Verdict::Invalid(refusal),
        };
        match self.stand(&genuine.claims, now, needs, || self.revocations.lists(&genuine)) {
            Err(refusal) => Verdict::Invalid(Refusal { verified: Some(Box::new(genuine)), ..refusal }),
            Ok(Standing { state, fresh_for, exchangeable_for }) => {
                let VerifiedToken { claims, payload, .. } = genuine;
                Verdict::in_window(state, Judged { claims, payload, fresh_for, exchangeable_for })
            }
        }
    }

    /// Everything that makes a token genuine and ours. What passes once passes as long as [`Verifier::timely`] does.
    pub(crate) fn authenticate(&self, token: &str, now: u64) -> Result<VerifiedToken, Refusal> {
        let limits = &self.limits;
        let token =
            UntrustedToken::parse(token, limits.max_token_bytes)?.verify(&self.keys, limits.max_lifetime)?;
        self.ours(token, now)
    }

    /// Whether a token that somebody signed for us is one of this issuer for this audience.
    fn ours(&self, token: VerifiedToken, now: u64) -> Result<VerifiedToken, Refusal> {
        let claims = &token.claims;
        self.timely(claims, now)?;
        if claims.iss != self.issuer {
            let (found, expected) = (quoted(&claims.iss), quoted(&self.issuer));
            return Err(Refusal::new(Code::WrongIssuer, &["`iss` is ", &found, ", expected ", &expected]));
        }
        if !claims.aud.contains(&self.audience) {
            let first = claims.aud.first().map(String::as_str).unwrap_or_default();
            let (found, expected) = (quoted(first), quoted(&self.audience));
            return Err(Refusal::new(Code::WrongAudience, &["`aud` is ", &found, ", expected ", &expected]));
        }
        Ok(token)
    }

    /// A token from the future is none: one of the two clocks is wrong.
    pub(crate) fn timely(&self, claims: &Claims, now: u64) -> Result<(), Refusal> {
        let latest = now.saturating_add(self.limits.clock_tolerance);
        if claims.iat > latest || claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(Refusal::new(
                Code::NotYetValid,
                &["`iat` or `nbf` is ahead of the clock: is a clock wrong?"],
            ));
        }
        Ok(())
    }

    /// Where a genuine token stands now, and whether it is enough for what was asked. `revoked` says why it is revoked, and
    /// is asked of a fresh one only: one that is not fresh opens nothing, and the issuer knows best what it exchanges.
    pub(crate) fn stand(
        &self,
        claims: &Claims,
        now: u64,
        needs: &Requirements,
        revoked: impl FnOnce() -> Option<&'static str>,
    ) -> Result<Standing, Refusal> {
        let windows = Windows::new(claims.iat, claims.bbf, claims.exp)
            .ok_or_else(|| Refusal::new(Code::BadClaims, &["the payload has dates out of order"]))?;
        let state = windows.state(now, self.limits.window_tolerance);
        if state == State::Fresh {
            if let Some(why) = revoked() {
                return Err(Refusal::new(Code::Revoked, &[why]));
            }
            self.revocations.suffice(now)?;
            needs.judge(claims, now)?;
        }
        let (fresh_for, exchangeable_for) = (windows.fresh_for(now), windows.exchangeable_for(now));
        Ok(Standing { state, fresh_for, exchangeable_for })
    }
}

impl Requirements {
    fn judge(&self, claims: &Claims, now: u64) -> Result<(), Refusal> {
        let granted = claims.scope.as_deref().unwrap_or_default();
        if let Some(missing) =
            self.scope.iter().find(|needed| !granted.split(' ').any(|scope| scope == *needed))
        {
            return Err(Refusal::new(Code::MissingScope, &["the token lacks the scope ", &quoted(missing)]));
        }
        if let Some(missing) = self.groups.iter().find(|needed| !claims.groups.contains(needed)) {
            return Err(Refusal::new(
                Code::MissingGroup,
                &["the user is not in the group ", &quoted(missing)],
            ));
        }
        let oldest = now.saturating_sub(self.max_auth_age.unwrap_or(MAX_INTEGER));
        if self.max_auth_age.is_some() && claims.auth_time.is_none_or(|auth_time| auth_time < oldest) {
            return Err(Refusal::new(Code::AuthTooOld, &["the last sign-in or step-up is too long ago"]));
        }
        Ok(())
    }
}
