//! Shows tokens to the JWT libraries of Rust. Reads a question from standard input and prints what each library said.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is asked: a key set, and tokens by name.
#[derive(Deserialize)]
struct Question {
    issuer: String,
    audience: String,
    jwks: Value,
    tokens: BTreeMap<String, String>,
}

/// What one library said: of each token nothing when it took it, or why it did not.
#[derive(Serialize)]
struct Answer {
    library: &'static str,
    registry: &'static str,
    version: &'static str,
    refused: BTreeMap<String, Option<String>>,
}

type Check = fn(&Question, &str) -> Result<(), String>;

fn main() {
    let question: Question = serde_json::from_reader(std::io::stdin()).expect("a question as JSON");
    let libraries: [(&str, &str, Check); 3] = [
        ("jsonwebtoken", "11.1.0", jsonwebtoken),
        ("jwt-compact", "0.8.0", jwt_compact),
        ("jwt-simple", "0.15.0", jwt_simple),
    ];
    let answers: Vec<Answer> = libraries
        .into_iter()
        .map(|(library, version, check)| {
            let said = |(name, token): (&String, &String)| (name.clone(), check(&question, token).err());
            Answer {
                library,
                registry: "crates.io",
                version,
                refused: question.tokens.iter().map(said).collect(),
            }
        })
        .collect();
    println!("{}", serde_json::to_string(&answers).expect("answers as JSON"));
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn jsonwebtoken(question: &Question, token: &str) -> Result<(), String> {
    use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, jwk::JwkSet};
    let keys: JwkSet = serde_json::from_value(question.jwks.clone()).map_err(text)?;
    let key = DecodingKey::from_jwk(&keys.keys[0]).map_err(text)?;
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[&question.issuer]);
    validation.set_audience(&[&question.audience]);
    decode::<Value>(token, &key, &validation).map(drop).map_err(text)
}

fn jwt_compact(question: &Question, token: &str) -> Result<(), String> {
    use jwt_compact::{AlgorithmExt, TimeOptions, UntrustedToken, alg::Ed25519, jwk::JsonWebKey};
    let jwk: JsonWebKey = serde_json::from_value(question.jwks["keys"][0].clone()).map_err(text)?;
    let key = <Ed25519 as jwt_compact::Algorithm>::VerifyingKey::try_from(&jwk).map_err(text)?;
    let token = UntrustedToken::new(token).map_err(text)?;
    let token = Ed25519.validator::<Value>(&key).validate(&token).map_err(text)?;
    token.claims().validate_expiration(&TimeOptions::default()).map(drop).map_err(text)
}

fn jwt_simple(question: &Question, token: &str) -> Result<(), String> {
    use jwt_simple::prelude::{Ed25519PublicKey, EdDSAPublicKeyLike, NoCustomClaims, VerificationOptions};
    let x = question.jwks["keys"][0]["x"].as_str().unwrap_or_default();
    let key = Ed25519PublicKey::from_bytes(&decode_base64url(x)).map_err(text)?;
    let options = VerificationOptions {
        allowed_issuers: Some(HashSet::from([question.issuer.clone()])),
        allowed_audiences: Some(HashSet::from([question.audience.clone()])),
        ..Default::default()
    };
    key.verify_token::<NoCustomClaims>(token, Some(options)).map(drop).map_err(text)
}

/// Of the key alone, which is in order.
fn decode_base64url(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for character in text.chars() {
        bits = bits << 6 | ALPHABET.find(character).unwrap_or(0) as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}
