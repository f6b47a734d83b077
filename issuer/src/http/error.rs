//! Refusals as JSON: `{"error","error_description","reason"}` (RFC 6749, 5.2, and one stable word more).

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::{Failure, Reason, StoreError};

/// A refusal on its way to the client.
#[derive(Debug)]
pub(super) struct ApiError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    body: ErrorBody,
    headers: HeaderMap,
}

#[derive(Debug, Serialize)]
struct ErrorBody {
    error: &'static str,
    error_description: Cow<'static, str>,
    reason: &'static str,
}

impl ApiError {
    pub(super) fn new(
        status: StatusCode,
        error: &'static str,
        reason: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> ApiError {
        let body = ErrorBody { error, error_description: description.into(), reason };
        ApiError(Box::new(Refusal { status, body, headers: HeaderMap::new() }))
    }

    /// 400: the request is not one that this server understands.
    pub(super) fn bad_request(reason: &'static str, description: impl Into<Cow<'static, str>>) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, "invalid_request", reason, description)
    }

    /// 415: the body is of another type than `expected`.
    pub(super) fn wrong_content_type(expected: &'static str) -> ApiError {
        let description = format!("The body must be sent once, as `{expected}`.");
        ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "invalid_request",
            "unsupported_media_type",
            description,
        )
    }

    /// 401 on a call that needs a token and got none (RFC 6750, 3.1: no error code then).
    pub(super) fn token_missing() -> ApiError {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "missing",
            "This call needs a fresh token: `Authorization: Bearer <token>`.",
        )
        .with(header::WWW_AUTHENTICATE, "Bearer realm=\"shelflife\"")
    }

    /// 400 on a call that names the scheme and sends no token with it (RFC 6750, 3.1).
    pub(super) fn bearer_empty() -> ApiError {
        ApiError::bad_request("empty_bearer", "`Authorization: Bearer` has no token behind it.")
            .with(header::WWW_AUTHENTICATE, "Bearer realm=\"shelflife\", error=\"invalid_request\"")
    }

    /// 401 on a call whose token opens nothing.
    fn token_refused(reason: Reason) -> ApiError {
        if reason == Reason::ReauthenticationRequired {
            return ApiError::authentication_too_old(reason);
        }
        let sentence = reason.sentence();
        let word = match reason {
            Reason::InvalidToken(code) => code,
            other => other.as_str(),
        };
        let challenge =
            format!("Bearer realm=\"shelflife\", error=\"invalid_token\", error_description=\"{sentence}\"");
        ApiError::new(StatusCode::UNAUTHORIZED, "invalid_token", word, sentence)
            .with(header::WWW_AUTHENTICATE, &challenge)
    }

    /// 401: the token is good, and the user has to prove the password once more (RFC 9470, 3).
    fn authentication_too_old(reason: Reason) -> ApiError {
        let error = "insufficient_user_authentication";
        let sentence = reason.sentence();
        let challenge = format!(
            "Bearer realm=\"shelflife\", error=\"{error}\", error_description=\"{sentence}\", max_age=0"
        );
        ApiError::new(StatusCode::UNAUTHORIZED, error, reason.as_str(), sentence)
            .with(header::WWW_AUTHENTICATE, &challenge)
    }

    /// A failure on a call that needs a token.
    pub(super) fn protected(failure: Failure) -> ApiError {
        match failure {
            Failure::Refused(reason) => ApiError::token_refused(reason),
            other => other.into(),
        }
    }

    /// 400: a member of the body breaks its rule.
    pub(super) fn bad_member(name: &'static str, rule: &dyn std::fmt::Display) -> ApiError {
        ApiError::bad_request("bad_member", format!("`{name}`: {rule}."))
    }

    /// 403: the token is good, the password that came with it is not.
    pub(super) fn wrong_password() -> ApiError {
        ApiError::new(StatusCode::FORBIDDEN, "invalid_grant", "bad_credentials", "The password is wrong.")
    }

    /// 401: no client with this id and secret (RFC 6749, 5.2).
    pub(super) fn client_refused() -> ApiError {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            "bad_client",
            "This call needs the id and the secret of a client.",
        )
        .with(header::WWW_AUTHENTICATE, "Basic realm=\"shelflife\", charset=\"UTF-8\"")
    }

    /// A failure on a call about somebody else: there the user is the one who is refused, not the caller.
    pub(super) fn administrative(failure: Failure) -> ApiError {
        match failure {
            Failure::Refused(reason) => {
                ApiError::new(StatusCode::FORBIDDEN, "access_denied", reason.as_str(), reason.sentence())
            }
            other => other.into(),
        }
    }

    /// No randomness: nothing can be made that nobody can guess.
    pub(super) fn no_randomness(_: getrandom::Error) -> ApiError {
        Failure::Internal("the operating system has no randomness").into()
    }

    pub(super) fn with(mut self, name: HeaderName, value: &str) -> ApiError {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.0.headers.insert(name, value);
        }
        self
    }

    fn unavailable(reason: &'static str, description: &'static str) -> ApiError {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", reason, description)
            .with(header::RETRY_AFTER, "1")
    }

    fn server_error() -> ApiError {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "internal",
            "Something went wrong here. Nothing was changed as far as we know; please try again.",
        )
    }

    /// 500 after a panic.
    pub(super) fn panicked() -> ApiError {
        ApiError::server_error()
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> ApiError {
        match failure {
            Failure::Refused(Reason::ScopeMismatch) => ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                Reason::ScopeMismatch.as_str(),
                Reason::ScopeMismatch.sentence(),
            ),
            Failure::Refused(reason) => {
                ApiError::new(StatusCode::BAD_REQUEST, "invalid_grant", reason.as_str(), reason.sentence())
            }
            // RFC 6749, 5.2. 401 would say that the call needs a token.
            Failure::BadCredentials => ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "bad_credentials",
                "The user name or password is wrong.",
            ),
            Failure::TooManyAttempts { retry_after } => ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "access_denied",
                "too_many_attempts",
                "Too many wrong passwords. Please wait before you try again.",
            )
            .with(header::RETRY_AFTER, &retry_after.to_string()),
            Failure::SessionLimit => ApiError::new(
                StatusCode::FORBIDDEN,
                "access_denied",
                "session_limit",
                "You are signed in on as many devices as are allowed. Sign out on one of them first.",
            ),
            Failure::BadPassword(rule) => {
                ApiError::bad_request("bad_password", format!("The new password: {rule}."))
            }
            Failure::BadClient => ApiError::client_refused(),
            Failure::ConfidentialClient => ApiError::new(
                StatusCode::BAD_REQUEST,
                "unauthorized_client",
                "confidential_client",
                "The client of this `client_id` has a secret: it does not sign users in here.",
            ),
            Failure::ClientMissing => ApiError::bad_request(
                "client_id_required",
                "`client_id` is missing: this server requires it.",
            ),
            Failure::ClientUnknown => ApiError::bad_request(
                "client_unknown",
                "`client_id` is not one of the clients that this server requires.",
            ),
            Failure::RoleMissing => ApiError::new(
                StatusCode::FORBIDDEN,
                "access_denied",
                "role_missing",
                "This client may not do that.",
            ),
            Failure::UserNotFound => ApiError::new(
                StatusCode::NOT_FOUND,
                "invalid_request",
                "user_not_found",
                "There is no such user.",
            ),
            Failure::UserExists => ApiError::new(
                StatusCode::CONFLICT,
                "invalid_request",
                "user_exists",
                "There is a user with this id or this name already.",
            ),
            Failure::SessionNotFound => ApiError::new(
                StatusCode::NOT_FOUND,
                "invalid_request",
                "session_not_found",
                "There is no such session, or it is not one of this client.",
            ),
            Failure::UserElsewhere => ApiError::bad_request(
                "user_elsewhere",
                "This user is kept by another application, which knows the password and the groups. It says that the \
                 password was proved again at `/admin/sessions/{sid}/proved`.",
            ),
            Failure::ProofTooOld => ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "proof_too_old",
                "The user was authenticated before the password was demanded, or too long ago.",
            ),
            Failure::ClockUnsettled => ApiError::unavailable(
                "clock_unsettled",
                "The clock of this server was set, and it is not certain yet what time it is. Please try again.",
            ),
            Failure::GroupsKeptHere => ApiError::bad_request(
                "groups_kept_here",
                "The groups of this user are kept here. Change them at `/admin/users/{sub}`.",
            ),
            Failure::TokenTooLong => ApiError::bad_request(
                "token_too_long",
                "All claims together are longer than a token may be: 8192 bytes.",
            ),
            Failure::Overloaded => ApiError::unavailable(
                "overloaded",
                "Too many people are signing in right now. Please try again.",
            ),
            Failure::Store(error) => from_store(&error),
            Failure::Internal(text) => {
                tracing::error!(event = "internal_error", text);
                ApiError::server_error()
            }
        }
    }
}

fn from_store(error: &StoreError) -> ApiError {
    match error {
        StoreError::Damaged(_) | StoreError::TooLarge(_) => {
            tracing::error!(event = "store_error", %error);
            ApiError::server_error()
        }
        StoreError::Busy
        | StoreError::Failed
        | StoreError::Reopening
        | StoreError::Closed
        | StoreError::Engine(_) => {
            tracing::warn!(event = "store_unavailable", %error);
            ApiError::unavailable(
                "store_unavailable",
                "Sessions cannot be written right now; nothing was used up. Please try again.",
            )
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Refusal { status, body, headers } = *self.0;
        (status, headers, Json(body)).into_response()
    }
}
