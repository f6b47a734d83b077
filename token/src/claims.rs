//! What a session token says (RFC 7519, 4.1; RFC 9068, 2.2; RFC 7800 for `cnf`).

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use crate::{
    Windows,
    json::{self, Fault, Object, Value},
};

/// The claims of a session token. All times are whole seconds since the epoch, from 0 to 2^53 - 1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "sign", derive(serde::Serialize))]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// User.
    pub sub: String,
    /// Audiences; a single one is written as a string.
    #[cfg_attr(feature = "sign", serde(serialize_with = "crate::sign::one_or_many"))]
    pub aud: Vec<String>,
    /// Session: one sign-in on one device, alive across exchanges.
    pub sid: String,
    /// Generation: one more at each exchange.
    pub r#gen: u64,
    /// Issued at.
    pub iat: u64,
    /// Best before: fresh until then.
    pub bbf: u64,
    /// Expires: exchangeable until then.
    pub exp: u64,
    /// Not before.
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub nbf: Option<u64>,
    /// The OAuth client the session was opened by.
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub client_id: Option<String>,
    /// Scopes, with one space between them (RFC 6749, 3.3).
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub scope: Option<String>,
    /// Groups of the user.
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Vec::is_empty"))]
    pub groups: Vec<String>,
    /// When the user last proved who they are.
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub auth_time: Option<u64>,
    /// How they proved it (RFC 8176).
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Vec::is_empty"))]
    pub amr: Vec<String>,
    /// Version of the user's claims at the issuer.
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub cv: Option<u64>,
    /// What the session is bound to.
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub cnf: Option<Confirmation>,
    /// Further claims to sign, beside those above. Never filled by reading: a verifier hands out the whole payload.
    #[cfg(feature = "sign")]
    #[serde(flatten)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// The names that have a meaning of their own: those above, and those of RFC 7519 and RFC 8693 that verifiers may know.
/// No extra claim may have one of them.
#[cfg(feature = "sign")]
pub const REGISTERED_CLAIMS: [&str; 19] = [
    "iss",
    "sub",
    "aud",
    "sid",
    "gen",
    "iat",
    "bbf",
    "exp",
    "nbf",
    "client_id",
    "scope",
    "groups",
    "auth_time",
    "amr",
    "cv",
    "cnf",
    "jti",
    "act",
    "may_act",
];

/// What the holder must prove besides having the token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "sign", derive(serde::Serialize))]
pub struct Confirmation {
    /// Thumbprint of the DPoP key (RFC 9449, 6.1).
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub jkt: Option<String>,
    /// SHA-256 of the binder secret, as base64url.
    #[cfg_attr(feature = "sign", serde(skip_serializing_if = "Option::is_none"))]
    pub bnd: Option<String>,
}

impl Claims {
    /// Reads claims from JSON. Claims it does not know are let through unread; those it knows must have their type.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Claims, Fault> {
        let object = json::parse_object(bytes)?;
        Ok(Claims {
            iss: required(&object, "iss", Value::as_text).ok_or("has no text `iss`")?.to_owned(),
            sub: required(&object, "sub", Value::as_text).ok_or("has no text `sub`")?.to_owned(),
            aud: audiences(&object).ok_or("has no text, or list of texts, `aud`")?,
            sid: required(&object, "sid", Value::as_text).ok_or("has no text `sid`")?.to_owned(),
            r#gen: required(&object, "gen", Value::as_integer).ok_or("has no whole number `gen`")?,
            iat: required(&object, "iat", Value::as_integer).ok_or("has no whole number `iat`")?,
            bbf: required(&object, "bbf", Value::as_integer).ok_or("has no whole number `bbf`")?,
            exp: required(&object, "exp", Value::as_integer).ok_or("has no whole number `exp`")?,
            nbf: optional(&object, "nbf", Value::as_integer).ok_or("has an `nbf` that is no whole number")?,
            client_id: optional(&object, "client_id", text).ok_or("has a `client_id` that is no text")?,
            scope: optional(&object, "scope", text).ok_or("has a `scope` that is no text")?,
            groups: optional(&object, "groups", texts)
                .ok_or("has `groups` that are no list of texts")?
                .unwrap_or_default(),
            auth_time: optional(&object, "auth_time", Value::as_integer)
                .ok_or("has an `auth_time` that is no whole number")?,
            amr: optional(&object, "amr", texts)
                .ok_or("has an `amr` that is no list of texts")?
                .unwrap_or_default(),
            cv: optional(&object, "cv", Value::as_integer).ok_or("has a `cv` that is no whole number")?,
            cnf: optional(&object, "cnf", confirmation).ok_or("has a `cnf` that is no object of texts")?,
            #[cfg(feature = "sign")]
            extra: serde_json::Map::new(),
        })
    }

    /// The rules that hold between claims, for those who read and those who sign alike.
    pub(crate) fn check(&self, max_lifetime: u64) -> Result<(), Fault> {
        let named = |text: &str| !text.is_empty() && !text.contains(char::is_control);
        if !(named(&self.iss) && named(&self.sub) && named(&self.sid)) {
            return Err("has an `iss`, `sub` or `sid` that is empty or has control characters");
        }
        if self.aud.is_empty() || !self.aud.iter().all(|audience| named(audience)) {
            return Err("has an `aud` that is empty or has control characters");
        }
        if Windows::new(self.iat, self.bbf, self.exp).is_none() {
            return Err("has dates out of order: `iat` <= `bbf` <= `exp` must hold");
        }
        if self.exp.saturating_sub(self.iat) > max_lifetime {
            return Err("lives longer than allowed: `exp` is too far from `iat`");
        }
        Ok(())
    }
}

fn required<'o, 'a, T>(
    object: &'o Object<'a>,
    name: &str,
    read: impl FnOnce(&'o Value<'a>) -> Option<T>,
) -> Option<T> {
    object.get(name).and_then(read)
}

/// `Some(None)` when absent, `None` when there with another type. `null` is another type.
fn optional<'o, 'a, T>(
    object: &'o Object<'a>,
    name: &str,
    read: impl FnOnce(&'o Value<'a>) -> Option<T>,
) -> Option<Option<T>> {
    match object.get(name) {
        None => Some(None),
        Some(value) => read(value).map(Some),
    }
}

fn text(value: &Value<'_>) -> Option<String> {
    value.as_text().map(ToOwned::to_owned)
}

fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    value.as_array()?.iter().map(text).collect()
}

fn audiences(object: &Object<'_>) -> Option<Vec<String>> {
    let value = object.get("aud")?;
    text(value).map(|one| [one].into()).or_else(|| texts(value))
}

fn confirmation(value: &Value<'_>) -> Option<Confirmation> {
    let object = value.as_object()?;
    Some(Confirmation { jkt: optional(object, "jkt", text)?, bnd: optional(object, "bnd", text)? })
}
