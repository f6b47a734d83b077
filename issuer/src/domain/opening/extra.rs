//! Extra claims: what a backend wants to read in every token of a session it opens.

use serde_json::{Map, Value};
use shelflife_token::REGISTERED_CLAIMS;

const MAX_CLAIMS: usize = 16;
const MAX_BYTES: usize = 2 * 1024;
const MAX_NAME_BYTES: usize = 64;
const MAX_ITEMS: usize = 16;
/// What every JSON reader keeps exactly (RFC 7493, 2.2).
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Further claims of a session, checked; a JSON object as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraClaims(String);

/// The claims cannot be extra claims.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadExtraClaims {
    /// There are too many.
    #[error("there may be {MAX_CLAIMS} extra claims at most")]
    TooMany,
    /// They are too long.
    #[error("the extra claims may have {MAX_BYTES} bytes of JSON at most")]
    TooLong,
    /// A name is not one.
    #[error("the name of an extra claim has 1 to {MAX_NAME_BYTES} bytes and no control characters")]
    BadName,
    /// A name has a meaning already.
    #[error("an extra claim has a name that is reserved")]
    Reserved,
    /// A value is not a plain one.
    #[error(
        "an extra claim is a text, a number that every reader keeps exactly, a boolean, null, or a list of up to \
         {MAX_ITEMS} of these"
    )]
    BadValue,
}

impl ExtraClaims {
    /// Checks the claims.
    ///
    /// # Errors
    /// The first rule that they break.
    pub fn new(claims: &Map<String, Value>) -> Result<ExtraClaims, BadExtraClaims> {
        if claims.len() > MAX_CLAIMS {
            return Err(BadExtraClaims::TooMany);
        }
        for (name, value) in claims {
            if !(1..=MAX_NAME_BYTES).contains(&name.len()) || name.chars().any(char::is_control) {
                return Err(BadExtraClaims::BadName);
            }
            // The last one is no claim, but a trap in JavaScript.
            if REGISTERED_CLAIMS.contains(&name.as_str()) || name == "__proto__" {
                return Err(BadExtraClaims::Reserved);
            }
            let plain = match value {
                Value::Array(items) => items.len() <= MAX_ITEMS && items.iter().all(is_scalar),
                other => is_scalar(other),
            };
            if !plain {
                return Err(BadExtraClaims::BadValue);
            }
        }
        let text = serde_json::to_string(claims).map_err(|_| BadExtraClaims::BadValue)?;
        if text.len() > MAX_BYTES { Err(BadExtraClaims::TooLong) } else { Ok(ExtraClaims(text)) }
    }

    /// The text for the record.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// The claims of a record. The same text gives the same claims in the same order, and so the same token.
    pub(in crate::domain) fn read(text: &str) -> Result<Map<String, Value>, serde_json::Error> {
        serde_json::from_str(text)
    }
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) if number.is_f64() => true,
        Value::Number(number) => {
            number.as_i64().map(i64::unsigned_abs).or(number.as_u64()).is_some_and(|size| size <= MAX_INTEGER)
        }
        Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judge(claims: Value) -> Result<ExtraClaims, BadExtraClaims> {
        ExtraClaims::new(claims.as_object().unwrap())
    }

    #[test]
    fn plain_values_and_short_lists_of_them_come_back_as_they_were() {
        let claims =
            json!({"tenant": "t1", "seats": 5, "rate": 0.5, "beta": true, "none": null, "tags": ["a", 1]});
        let text = judge(claims.clone()).unwrap().into_text();
        assert_eq!(Value::Object(ExtraClaims::read(&text).unwrap()), claims);
    }

    #[test]
    fn everything_else_is_refused_with_the_rule_it_breaks() {
        let many: Map<_, _> = (0..17).map(|n| (format!("c{n}"), json!(1))).collect();
        let long = "x".repeat(2048);
        for (claims, error) in [
            (Value::Object(many), BadExtraClaims::TooMany),
            (json!({"a": long}), BadExtraClaims::TooLong),
            (json!({"": 1}), BadExtraClaims::BadName),
            (json!({"a\nb": 1}), BadExtraClaims::BadName),
            (json!({"x".repeat(65): 1}), BadExtraClaims::BadName),
            (json!({"sub": "root"}), BadExtraClaims::Reserved),
            (json!({"groups": ["admin"]}), BadExtraClaims::Reserved),
            (json!({"act": "x"}), BadExtraClaims::Reserved),
            (json!({"__proto__": 1}), BadExtraClaims::Reserved),
            (json!({"a": {"b": 1}}), BadExtraClaims::BadValue),
            (json!({"a": [[1]]}), BadExtraClaims::BadValue),
            (json!({"a": vec![1; 17]}), BadExtraClaims::BadValue),
            (json!({"a": 9_007_199_254_740_992_u64}), BadExtraClaims::BadValue),
        ] {
            assert_eq!(judge(claims.clone()), Err(error), "{claims}");
        }
    }
}
