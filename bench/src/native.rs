//! Verification in this process: ours, the stock arithmetic, and the JWT library most Rust backends use.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Serialize;
use serde_json::Value;
use shelflife_token::{CachingVerifier, KeySet, Limits, Requirements, Verdict, Verifier};

use crate::statistics::Spread;
use crate::tokens::Tokens;

/// Tokens a contestant verifies in one turn.
const TURN: usize = 200;
/// Checks of a new key in which its table must have been built.
const PATIENCE: usize = 200;

/// What was measured. Times are microseconds for one token.
#[derive(Debug, Serialize)]
pub(crate) struct Native {
    results: BTreeMap<&'static str, Times>,
    /// What the check costs in which a key gets its table, beyond an ordinary one; the first key's pays for the table of
    /// the base point as well.
    first_table: f64,
    further_table: Spread,
}

/// Microseconds by round.
#[derive(Debug, Default, Serialize)]
struct Times {
    wall: Vec<f64>,
}

/// Every contestant has a turn in every round, so that a disturbance meets all of them.
pub(crate) fn measure(tokens: &Tokens, rounds: usize) -> Result<Native> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let table = || table_time(tokens, now);
    let first_table = table()?;
    let further_table = Spread::of((0..9).map(|_| table()).collect::<Result<Vec<f64>>>()?);

    let ours = verifier(tokens)?;
    let needs = Requirements::default();
    let mut caching = CachingVerifier::new(verifier(tokens)?, 1024);
    let stock = Stock::new(tokens)?;
    let (key, validation) = (jsonwebtoken_key(tokens)?, jsonwebtoken_validation());

    let mut results: BTreeMap<&'static str, Times> = BTreeMap::new();
    for round in 0..=rounds {
        let turn = |of: usize| (round * TURN) % of.saturating_sub(TURN).max(1);
        let session = tokens.session.iter().skip(turn(tokens.session.len())).take(TURN);
        let standard = tokens.standard.iter().skip(turn(tokens.standard.len())).take(TURN);
        let signed = stock.signed.iter().skip(turn(stock.signed.len())).take(TURN);
        let times = [
            ("ours", time(session, |token| matches!(ours.verify(token, now, &needs), Verdict::Fresh(_)))?),
            ("ours, seen before", {
                let one_of_twenty = tokens.session.iter().take(20).cycle().take(TURN);
                let seed = || Some([7; 16]);
                time(one_of_twenty, |token| caching.verify(token, now, &needs, seed).outcome.is_ok())?
            }),
            (
                "dalek verify_strict, signature alone",
                time(signed, |(message, signature)| stock.key.verify_strict(message, signature).is_ok())?,
            ),
            (
                "jsonwebtoken",
                time(standard, |token| jsonwebtoken::decode::<Value>(token, &key, &validation).is_ok())?,
            ),
        ];
        // The first round warms up.
        if round > 0 {
            for (name, micros) in times {
                results.entry(name).or_default().wall.push(micros);
            }
        }
    }
    Ok(Native { results, first_table, further_table })
}

/// Microseconds for one of `inputs`; all of them must be accepted.
fn time<T>(inputs: impl Iterator<Item = T>, mut accepts: impl FnMut(T) -> bool) -> Result<f64> {
    let started = Instant::now();
    let (mut count, mut accepted) = (0_usize, 0_usize);
    for input in inputs {
        count += 1;
        accepted += usize::from(black_box(accepts(black_box(input))));
    }
    let micros = started.elapsed().as_secs_f64() * 1e6 / count.max(1) as f64;
    ensure!(accepted == count && count > 0, "{} of {count} good tokens were refused", count - accepted);
    Ok(micros)
}

fn verifier(tokens: &Tokens) -> Result<Verifier> {
    let keys =
        KeySet::from_json(&serde_json::to_vec(&tokens.jwks)?).map_err(|error| anyhow::anyhow!("{error}"))?;
    Verifier::new(&tokens.issuer, &tokens.audience, keys, Limits::default())
        .map_err(|error| anyhow::anyhow!("{error}"))
}

/// The slowest of the first checks of a new key is the one that built its table.
fn table_time(tokens: &Tokens, now: u64) -> Result<f64> {
    let (ours, needs) = (verifier(tokens)?, Requirements::default());
    let mut times = Vec::new();
    for token in tokens.session.iter().cycle().take(PATIENCE) {
        let started = Instant::now();
        black_box(ours.verify(black_box(token), now, &needs));
        times.push(started.elapsed().as_secs_f64() * 1e6);
    }
    times.sort_by(f64::total_cmp);
    Ok(times.last().copied().unwrap_or_default() - Spread::of(times).median)
}

/// Signatures taken out of their tokens beforehand, so that only the arithmetic is timed.
struct Stock {
    key: VerifyingKey,
    signed: Vec<(Vec<u8>, Signature)>,
}

impl Stock {
    fn new(tokens: &Tokens) -> Result<Stock> {
        let key: [u8; 32] = public_key(tokens)?.as_slice().try_into()?;
        let key = VerifyingKey::from_bytes(&key).map_err(|error| anyhow::anyhow!("{error}"))?;
        let signed = tokens.session.iter().map(|token| {
            let (message, signature) = token.rsplit_once('.').context("a token without a signature")?;
            let signature =
                Base64UrlUnpadded::decode_vec(signature).map_err(|error| anyhow::anyhow!("{error}"))?;
            let signature = Signature::from_slice(&signature).map_err(|error| anyhow::anyhow!("{error}"))?;
            Ok((message.as_bytes().to_vec(), signature))
        });
        Ok(Stock { key, signed: signed.collect::<Result<_>>()? })
    }
}

fn public_key(tokens: &Tokens) -> Result<Vec<u8>> {
    let x = tokens.jwks.pointer("/keys/0/x").and_then(Value::as_str).context("no key")?;
    Base64UrlUnpadded::decode_vec(x).map_err(|error| anyhow::anyhow!("{error}"))
}

fn jsonwebtoken_key(tokens: &Tokens) -> Result<DecodingKey> {
    let x = tokens.jwks.pointer("/keys/0/x").and_then(Value::as_str).context("no key")?;
    Ok(DecodingKey::from_ed_components(x)?)
}

/// The same checks as ours: dates, issuer, audience.
fn jsonwebtoken_validation() -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[crate::tokens::ISSUER]);
    validation.set_audience(&[crate::tokens::AUDIENCE]);
    validation
}
