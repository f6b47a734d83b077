//! For backends in Rust: an axum extractor and a tower layer, behind the feature `axum`.
//!
//! A [`Guard`] is a [`Verifier`] with a clock and a memory. What it lets through is [`Fresh`]; what it does not is answered
//! as RFC 6750 says, telling a stale token from an expired one. It makes no request: keys and lists of revocations are
//! the caller's, who keeps a clone of the guard and hands it newer ones while it judges.

mod answer;
mod clock;
mod extract;
mod layer;
mod memory;
mod shared;

use alloc::{boxed::Box, sync::Arc};
use core::fmt;

use http::{HeaderMap, header::AUTHORIZATION};

pub use answer::Refused;
pub use extract::{Anything, Demand, Fresh};
pub use layer::{GuardLayer, Guarded};

use self::shared::Shared;
use crate::{
    Applied, Judged, KeySet, Requirements, RevocationError, RevocationState, Statistics, Verdict, Verifier,
};

/// Tokens that are remembered unless somebody says otherwise: about two megabytes of them.
const CAPACITY: usize = 1024;

/// Judges requests by the session token in their `Authorization` header. Cheap to clone; clones share what they know and
/// remember, so one of them can be kept to bring newer lists of revocations to all the others.
#[derive(Clone)]
pub struct Guard {
    shared: Arc<Shared>,
    capacity: usize,
    clock: Arc<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Guard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Guard").field("verifier", &self.shared.judge().verifier).finish_non_exhaustive()
    }
}

impl Guard {
    /// A guard with the clock of this machine that remembers 1024 tokens. What happens to fresh tokens when there is no
    /// list of revocations that is recent enough is the verifier's setting: [`Verifier::with_revocations`].
    pub fn new(verifier: Verifier) -> Guard {
        let shared = Arc::new(Shared::new(verifier, CAPACITY));
        Guard { shared, capacity: CAPACITY, clock: Arc::new(clock::now) }
    }

    /// The same guard, remembering `capacity` genuine tokens (rounded up), so that one that is shown again need not be
    /// checked again; 0 switches the memory off. Windows, revocations and requirements are judged anew at every look. To be
    /// said before the guard is cloned: it shares nothing with earlier clones.
    #[must_use]
    pub fn with_memory(self, capacity: usize) -> Guard {
        let verifier = self.shared.judge().verifier.clone();
        Guard { shared: Arc::new(Shared::new(verifier, capacity)), capacity, ..self }
    }

    /// The same guard with another clock, in seconds since 1970-01-01T00:00:00Z: for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Guard {
        Guard { clock: Arc::new(clock), ..self }
    }

    /// A layer that lets through only requests with a fresh token that meets `needs`; handlers behind it find it as
    /// `Extension<Fresh>`.
    pub fn layer(&self, needs: Requirements) -> GuardLayer {
        GuardLayer::new(self.clone(), needs)
    }

    /// Judges the token of a request.
    ///
    /// # Errors
    /// The answer for the client, when there is no token that is fresh and meets `needs`.
    pub fn judge(&self, headers: &HeaderMap, needs: &Requirements) -> Result<Judged, Box<Refused>> {
        let mut given = headers.get_all(AUTHORIZATION).iter();
        let token = match (given.next(), given.next()) {
            (None, _) => return Err(Refused::no_token()),
            (Some(header), None) => header.as_bytes(),
            // Two tokens: which one is meant (RFC 6750, 2)?
            (Some(_), Some(_)) => return Err(Refused::two_headers()),
        };
        let Some(token) = bearer(token) else { return Err(Refused::no_token()) };
        match self.shared.judge().verify(token, (self.clock)(), needs) {
            Verdict::Fresh(judged) => Ok(judged),
            Verdict::Stale(_) => Err(Refused::stale()),
            Verdict::Expired(_) => Err(Refused::expired()),
            Verdict::Invalid(refusal) => Err(Refused::invalid(refusal.code, needs)),
        }
    }

    /// Takes over a snapshot or a delta that the issuer signed (`GET /revocations`, or an event of its stream), for this
    /// guard and all its clones. When this returns, fresh tokens it lists are `revoked`, remembered ones too. Requests do not
    /// wait for it; it computes for as long as the list is long, so a long one is for a thread that may.
    ///
    /// # Errors
    /// When the list is refused: then what was known before stays in force.
    pub fn update_revocations(&self, list: &str) -> Result<Applied, RevocationError> {
        self.shared.update_revocations(list, (self.clock)())
    }

    /// What is known of revocations; `None` before the first list.
    pub fn revocations(&self) -> Option<RevocationState> {
        self.shared.judge().verifier.revocations()
    }

    /// Checks with these keys from now on, for this guard and all its clones: for an issuer that has announced another one.
    /// What is revoked stays known; what was remembered is checked again.
    pub fn update_keys(&self, keys: KeySet) {
        self.shared.update_keys(keys, self.capacity);
    }

    /// How the memory did since the keys were last changed; all zero while it is switched off.
    pub fn statistics(&self) -> Statistics {
        self.shared.judge().statistics()
    }
}

/// The token of `Bearer TOKEN`; the scheme in any case (RFC 9110, 11.1), any number of spaces behind it. What is no
/// text cannot be a token, and is judged as an empty one.
fn bearer(header: &[u8]) -> Option<&str> {
    let (scheme, rest) = header.split_at_checked(6)?;
    let token = rest.strip_prefix(b" ").or(rest.is_empty().then_some(rest))?;
    let token = core::str::from_utf8(token).unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"Bearer").then(|| token.trim_matches(' '))
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_scheme_is_known_in_any_case_and_no_other_scheme_is_taken_for_it() {
        for header in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
            assert_eq!(bearer(header.as_bytes()), Some("a.b.c"), "{header}");
        }
        for header in ["", "Basic a.b.c", "Bearera.b.c", "Bear", "BearerX a.b.c", "DPoP a.b.c"] {
            assert_eq!(bearer(header.as_bytes()), None, "{header}");
        }
        assert_eq!(bearer(b"Bearer \xff"), Some(""));
        assert_eq!(bearer(b"Bearer"), Some(""));
    }
}
