//! The names under which this issuer signs, and signed: `iss`.

use shelflife_token::{Code, KeySet, Limits, OptionError, Requirements, Verdict, Verifier};

/// The present name of the issuer and its former ones, with the keys that all of them sign with.
pub(super) struct IssuerNames {
    present: Verifier,
    former: Vec<Verifier>,
    audience: String,
    keys: KeySet,
    limits: Limits,
}

impl IssuerNames {
    /// An issuer that never had another name.
    ///
    /// # Errors
    /// When the name or the audience is empty.
    pub(super) fn new(
        name: &str,
        audience: &str,
        keys: KeySet,
        limits: Limits,
    ) -> Result<IssuerNames, OptionError> {
        let present = Verifier::new(name, audience, keys.clone(), limits)?;
        Ok(IssuerNames { present, former: Vec::new(), audience: audience.to_owned(), keys, limits })
    }

    /// Takes tokens of this former name as well.
    ///
    /// # Errors
    /// When the name is empty.
    pub(super) fn add_former(&mut self, name: &str) -> Result<(), OptionError> {
        self.former.push(Verifier::new(name, &self.audience, self.keys.clone(), self.limits)?);
        Ok(())
    }

    /// Judges a token that names this issuer by one of its names, at `now` (seconds since the epoch). `signed_here`: these are
    /// the very bytes of a token that this process has signed, so that its signature need not be checked.
    pub(super) fn verify(&self, token: &str, signed_here: bool, now: u64) -> Verdict {
        let needs = Requirements::default();
        let verify = |verifier: &Verifier| {
            if signed_here {
                verifier.verify_own(token, now, &needs)
            } else {
                verifier.verify(token, now, &needs)
            }
        };
        let verdict = verify(&self.present);
        if !names_another_issuer(&verdict) {
            return verdict;
        }
        let mut former = self.former.iter().map(verify);
        former.find(|verdict| !names_another_issuer(verdict)).unwrap_or(verdict)
    }
}

/// A name is compared after the signature, and before everything that depends on the name.
fn names_another_issuer(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Invalid(refusal) if refusal.code == Code::WrongIssuer)
}
