//! What a verifier says of a token: never an exception, always one of four.

use alloc::{boxed::Box, string::String};

use crate::{Claims, Code, State, VerifiedToken};

/// The judgement of one token at one moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Genuine, and before `bbf`: opens resources.
    Fresh(Judged),
    /// Genuine, from `bbf` on: opens nothing, the issuer exchanges it.
    Stale(Judged),
    /// Genuine once, at or past `exp`: worth nothing.
    Expired(Judged),
    /// Not to be believed, or not enough for what was asked.
    Invalid(Refusal),
}

/// A genuine token in one of its windows.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What the issuer signed.
    pub claims: Claims,
    /// The same as JSON text, byte for byte as signed; it may hold claims that [`Claims`] does not know.
    pub payload: String,
    /// Seconds until the token goes stale; 0 when it has.
    pub fresh_for: u64,
    /// Seconds until the token expires; 0 when it has.
    pub exchangeable_for: u64,
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The step that refused, stable.
    pub code: Code,
    /// The compared values in a sentence for developers; may change. Never holds the token or a part of it that is secret.
    pub detail: String,
    /// The token, where it is genuine and only not enough: `revocations-unavailable`, `revoked`, `missing-scope`,
    /// `missing-group`, `auth-too-old`.
    pub verified: Option<Box<VerifiedToken>>,
}

impl Verdict {
    /// Puts a genuine token into the window it is in.
    pub(crate) fn in_window(state: State, judged: Judged) -> Verdict {
        match state {
            State::Fresh => Verdict::Fresh(judged),
            State::Stale => Verdict::Stale(judged),
            State::Expired => Verdict::Expired(judged),
        }
    }

    /// `fresh`, `stale`, `expired` or `invalid`.
    pub const fn state(&self) -> &'static str {
        match self {
            Verdict::Fresh(_) => State::Fresh.as_str(),
            Verdict::Stale(_) => State::Stale.as_str(),
            Verdict::Expired(_) => State::Expired.as_str(),
            Verdict::Invalid(_) => "invalid",
        }
    }
}

impl Refusal {
    /// A refusal whose detail is the given pieces joined. Pieces and not `format!`: the formatting machinery would be a
    /// good part of the verifier's size in the browser.
    pub(crate) fn new(code: Code, detail: &[&str]) -> Refusal {
        Refusal { code, detail: detail.concat(), verified: None }
    }
}

/// A value from the token as it may appear in a detail: quoted, short, and without anything that could forge a log line.
pub(crate) fn quoted(value: &str) -> String {
    const SHOWN: usize = 64;
    let mut text = String::from("\"");
    for character in value.chars().take(SHOWN) {
        let plain = !character.is_control() && character != '"' && character != '\\';
        text.push(if plain { character } else { '?' });
    }
    text.push_str(if value.chars().nth(SHOWN).is_some() { "...\"" } else { "\"" });
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_value_is_short_and_cannot_forge_a_log_line() {
        assert_eq!(quoted("api"), "\"api\"");
        assert_eq!(quoted("a\nINFO: \"all fine\"\u{1b}"), "\"a?INFO: ?all fine??\"");
        assert_eq!(quoted(&"é".repeat(64)).chars().count(), 66);
        assert_eq!(quoted(&"é".repeat(65)).chars().count(), 69);
    }
}
