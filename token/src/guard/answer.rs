//! What a client is told that was not let through: RFC 6750, 3, and RFC 9470 for an old sign-in.

use alloc::{boxed::Box, string::String};

use axum_core::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{Code, Requirements};

/// Why a request was not let through, as the client is told. `401` or `403`, in one case `400`, and `503` where
/// no list of revocations is recent enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status of the answer.
    pub status: StatusCode,
    /// `stale`, `expired`, a [`Code`] in its text form, or `no-token`; stable.
    pub reason: &'static str,
    /// The code of RFC 6750; none where there was no token, because then nothing is wrong with it.
    pub error: Option<&'static str>,
    /// One sentence for people. Never holds the token.
    pub description: &'static str,
    /// What would do: `scope` or `max_age` of the challenge.
    wanted: Option<(&'static str, String)>,
}

impl Refused {
    fn new(
        status: StatusCode,
        reason: &'static str,
        error: Option<&'static str>,
        description: &'static str,
    ) -> Box<Refused> {
        Box::new(Refused { status, reason, error, description, wanted: None })
    }

    fn invalid_token(reason: &'static str, description: &'static str) -> Box<Refused> {
        Refused::new(StatusCode::UNAUTHORIZED, reason, Some("invalid_token"), description)
    }

    pub(super) fn no_token() -> Box<Refused> {
        let description = "This call needs a fresh token: `Authorization: Bearer <token>`.";
        Refused::new(StatusCode::UNAUTHORIZED, "no-token", None, description)
    }

    pub(super) fn two_headers() -> Box<Refused> {
        let description = "There is more than one `Authorization` header.";
        Refused::new(StatusCode::BAD_REQUEST, "two-tokens", Some("invalid_request"), description)
    }

    pub(super) fn stale() -> Box<Refused> {
        Refused::invalid_token("stale", "The token is stale: exchange it at the issuer and try again.")
    }

    pub(super) fn expired() -> Box<Refused> {
        Refused::invalid_token("expired", "The token has expired: sign in again.")
    }

    pub(super) fn invalid(code: Code, needs: &Requirements) -> Box<Refused> {
        let (reason, description) = (code.as_str(), code.description());
        match code {
            Code::MissingScope => {
                let mut refused =
                    Refused::new(StatusCode::FORBIDDEN, reason, Some("insufficient_scope"), description);
                refused.wanted = Some(("scope", needs.scope.join(" ")));
                refused
            }
            Code::MissingGroup => {
                Refused::new(StatusCode::FORBIDDEN, reason, Some("insufficient_scope"), description)
            }
            // Nothing is wrong with the token, and signing in again would not help.
            Code::RevocationsUnavailable => Refused::new(
                StatusCode::SERVICE_UNAVAILABLE,
                reason,
                Some("temporarily_unavailable"),
                description,
            ),
            Code::AuthTooOld => {
                let error = Some("insufficient_user_authentication");
                let mut refused = Refused::new(StatusCode::UNAUTHORIZED, reason, error, description);
                refused.wanted = needs.max_auth_age.map(|age| ("max_age", alloc::format!("{age}")));
                refused
            }
            _ => Refused::invalid_token(reason, description),
        }
    }

    /// The value of `WWW-Authenticate`.
    fn challenge(&self) -> String {
        let Some(error) = self.error else { return String::from("Bearer") };
        let description = quotable(self.description);
        let mut challenge = alloc::format!("Bearer error=\"{error}\", error_description=\"{description}\"");
        if let Some((name, value)) = &self.wanted {
            challenge.push_str(&alloc::format!(", {name}=\"{}\"", quotable(value)));
        }
        challenge
    }

    fn body(&self) -> String {
        let (error, reason) = (self.error.unwrap_or("invalid_token"), self.reason);
        let description = quotable(self.description);
        alloc::format!(r#"{{"error":"{error}","error_description":"{description}","reason":"{reason}"}}"#)
    }
}

/// As it may stand between quotes, in a header (RFC 6750, 3: no quote, no backslash, nothing but ASCII) and in JSON.
fn quotable(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '"' => '\'',
            '\\' => '/',
            ' '..='~' => character,
            _ => '?',
        })
        .collect()
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let plain = || HeaderValue::from_static("Bearer");
        let challenge = HeaderValue::try_from(self.challenge()).unwrap_or_else(|_| plain());
        headers.insert(header::WWW_AUTHENTICATE, challenge);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{borrow::ToOwned, vec};

    #[test]
    fn a_scope_of_any_characters_leaves_the_challenge_in_order() {
        let needs = Requirements { scope: vec!["a\"b\\c\nd\u{e9}".to_owned()], ..Requirements::default() };
        let refused = Refused::invalid(Code::MissingScope, &needs);
        assert!(refused.challenge().ends_with(", scope=\"a'b/c?d?\""), "{}", refused.challenge());
        assert!(HeaderValue::try_from(refused.challenge()).is_ok());
    }

    #[test]
    fn every_code_makes_a_challenge_and_a_body_that_can_be_read() {
        for code in Code::ALL {
            let refused = Refused::invalid(*code, &Requirements::default());
            let body: serde_json::Value = serde_json::from_str(&refused.body()).unwrap();
            assert_eq!(body["reason"], code.as_str());
            assert_eq!(refused.challenge().matches('"').count() % 2, 0, "{}", refused.challenge());
            assert!([401, 403, 503].contains(&refused.status.as_u16()));
        }
    }
}
