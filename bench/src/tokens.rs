//! The tokens that everybody verifies, in two kinds of one length: session tokens, and standard ones for the libraries
//! that rightly refuse a session token.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shelflife_token::{Claims, SigningKey};

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const AUDIENCE: &str = "api";

/// What the contestants are given.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) jwks: Value,
    /// Length of every token, of both kinds; base64 cannot hit every length, so a standard one may be off by two.
    pub(crate) bytes: usize,
    /// As the issuer signs them: `bbf+jwt`.
    pub(crate) session: Vec<String>,
    /// As RFC 9068 has them: `at+jwt`, `EdDSA`.
    pub(crate) standard: Vec<String>,
}

/// Makes `count` tokens of each kind, all different, all fresh for the next hour.
pub(crate) fn make(count: usize) -> Result<Tokens> {
    // Nothing is protected by this key, and the same key every time makes runs comparable.
    let seed = [7; 32];
    let key = SigningKey::from_seed(&seed).context("not a seed")?;
    let plain = ed25519_dalek::SigningKey::from_bytes(&seed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let session = (0..count)
        .map(|number| key.sign_session(&claims(number, now)).map_err(|error| anyhow::anyhow!("{error}")))
        .collect::<Result<Vec<String>>>()?;
    let bytes = session.first().map_or(0, String::len);
    let standard = (0..count)
        .map(|number| standard(&plain, key.kid(), number, now, bytes))
        .collect::<Result<Vec<_>>>()?;
    let near = |token: &String| token.len().abs_diff(bytes) <= 2;
    ensure!(session.iter().chain(&standard).all(near), "the tokens are not of one length");
    let jwks = json!({ "keys": [key.public_jwk()] });
    Ok(Tokens { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned(), jwks, bytes, session, standard })
}

/// What the issuer writes for a session of a user with two groups.
fn claims(number: usize, now: u64) -> Claims {
    Claims {
        iss: ISSUER.to_owned(),
        sub: identifier("user", number),
        aud: vec![AUDIENCE.to_owned()],
        sid: identifier("sess", number),
        r#gen: 12,
        iat: now,
        bbf: now + 60 * 60,
        exp: now + 30 * 24 * 60 * 60,
        client_id: Some("web".to_owned()),
        scope: Some("read write".to_owned()),
        groups: vec!["staff".to_owned(), "editors".to_owned()],
        auth_time: Some(now),
        amr: vec!["pwd".to_owned()],
        cv: Some(3),
        ..Claims::default()
    }
}

/// 22 characters, as 128 random bits have in base64url.
fn identifier(kind: &str, number: usize) -> String {
    format!("{kind}{number:018}")
}

/// The same claims for everybody else. A claim of padding makes it as long as a session token: hashing and decoding
/// cost by the byte.
fn standard(
    key: &ed25519_dalek::SigningKey,
    kid: &str,
    number: usize,
    now: u64,
    bytes: usize,
) -> Result<String> {
    let header = encode(&json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": kid }))?;
    let signature = 86;
    let payload = |padding: &str| {
        let claims = claims(number, now);
        encode(&json!({
            "iss": claims.iss, "sub": claims.sub, "aud": AUDIENCE, "sid": claims.sid, "iat": now, "exp": claims.bbf,
            "client_id": claims.client_id, "scope": claims.scope, "groups": claims.groups,
            "auth_time": now, "amr": claims.amr, "jti": padding,
        }))
    };
    let wanted = bytes.saturating_sub(header.len() + signature + 2);
    let mut padding = String::new();
    while payload(&padding)?.len() < wanted {
        padding.push('x');
    }
    let message = format!("{header}.{}", payload(&padding)?);
    let signature = Base64UrlUnpadded::encode_string(&key.sign(message.as_bytes()).to_bytes());
    Ok(format!("{message}.{signature}"))
}

fn encode(value: &Value) -> Result<String> {
    Ok(Base64UrlUnpadded::encode_string(&serde_json::to_vec(value)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_both_kinds_are_equally_long_and_all_differ() {
        let tokens = make(3).unwrap();
        let mut all: Vec<&String> = tokens.session.iter().chain(&tokens.standard).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6);
        assert!(all.iter().all(|token| token.len().abs_diff(tokens.bytes) <= 2));
    }
}
