//! The costliest inputs somebody can send, beside an ordinary token: as long, deep and full as the limits let through.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use serde::Serialize;
use shelflife_token::{Code, KeySet, Limits, PublicKey, Requirements, Verdict, Verifier, thumbprint};

use crate::tokens::{AUDIENCE, ISSUER};

/// Checks of one input in one turn.
const TURN: usize = 100;
const NOW: u64 = 1_500;
/// Of a token, in bytes, at most; of a key set, at most.
const LIMIT: usize = 8 * 1024;
const SET_LIMIT: usize = 64 * 1024;
const SET_KEYS: usize = 64;
const CLAIMS: &str = r#""iss":"https://id.example.com","sub":"u1","aud":"api","sid":"s1","gen":3,"iat":1000,"bbf":2000,"exp":3000"#;

/// Microseconds by round.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Heavy {
    ordinary: Vec<f64>,
    inputs: BTreeMap<&'static str, Vec<f64>>,
    /// A set of one key read 64 times, and one of 64 keys in 64 KiB read once.
    small_sets: Vec<f64>,
    large_set: Vec<f64>,
}

/// A token and what must become of it.
struct Input {
    name: &'static str,
    token: String,
    expected: Result<(), Code>,
}

/// Every input has a turn in every round, so that a disturbance meets all of them.
pub(crate) fn measure(rounds: usize) -> Result<Heavy> {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let one = one_key_set(&key)?;
    let many = largest_key_set(&key)?;
    let (alone, among_many) = (verifier(&one)?, verifier(&many)?);
    let needs = Requirements { scope: vec!["write".to_owned()], ..Requirements::default() };
    let ordinary = Input { name: "ordinary", token: signed(&key, &ordinary_claims())?, expected: Ok(()) };
    let inputs = inputs(&key)?;
    let mut heavy = Heavy::default();
    // The first round warms up: the key gets its table.
    for round in 0..=rounds {
        let usual = time(&alone, &ordinary, &needs)?;
        let mut times = BTreeMap::new();
        for input in &inputs {
            times.insert(input.name, time(&alone, input, &needs)?);
        }
        times.insert("ordinary, key set of 64 keys", time(&among_many, &ordinary, &needs)?);
        let (small, large) = (read(&one, SET_KEYS)?, read(&many, 1)?);
        if round > 0 {
            heavy.ordinary.push(usual);
            heavy.small_sets.push(small);
            heavy.large_set.push(large);
            for (name, micros) in times {
                heavy.inputs.entry(name).or_default().push(micros);
            }
        }
    }
    Ok(heavy)
}

fn time(verifier: &Verifier, input: &Input, needs: &Requirements) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..TURN {
        let found = match black_box(verifier.verify(black_box(&input.token), NOW, needs)) {
            Verdict::Fresh(_) => Ok(()),
            Verdict::Invalid(refusal) => Err(refusal.code),
            other => anyhow::bail!("{}: {}", input.name, other.state()),
        };
        ensure!(found == input.expected, "{}: {found:?}", input.name);
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / TURN as f64)
}

fn read(set: &str, times: usize) -> Result<f64> {
    let started = Instant::now();
    for _ in 0..times {
        black_box(KeySet::from_json(black_box(set.as_bytes())).map_err(|error| anyhow::anyhow!("{error}"))?);
    }
    Ok(started.elapsed().as_secs_f64() * 1e6)
}

fn verifier(set: &str) -> Result<Verifier> {
    let keys = KeySet::from_json(set.as_bytes()).map_err(|error| anyhow::anyhow!("{error}"))?;
    Verifier::new(ISSUER, AUDIENCE, keys, Limits::default()).map_err(|error| anyhow::anyhow!("{error}"))
}

fn ordinary_claims() -> String {
    format!(
        r#"{{{CLAIMS},"client_id":"web","scope":"read write","groups":["staff","editors"],"auth_time":1000,"amr":["pwd"],"cv":3}}"#
    )
}

fn inputs(key: &ed25519_dalek::SigningKey) -> Result<Vec<Input>> {
    let scope = r#""scope":"read write""#;
    // The payload and the list around it are the first two of eight.
    let nested = "[[[[[[]]]]]],";
    let own = |build: &dyn Fn(usize) -> String| fill(key, build);
    let good: [(&'static str, String); 9] = [
        ("one long text", own(&|n| format!(r#"{{{CLAIMS},{scope},"x":"{}"}}"#, "a".repeat(n)))?),
        (
            "one long text, all of it escaped",
            own(&|n| format!(r#"{{{CLAIMS},{scope},"x":"{}"}}"#, r"\u0061".repeat(n / 6)))?,
        ),
        (
            "deepest: lists in lists",
            own(&|n| format!(r#"{{{CLAIMS},{scope},"x":[{}0]}}"#, nested.repeat(n / nested.len())))?,
        ),
        ("most members", own(&|n| members(n, |out, at| write!(out, "\"{at:x}\":0,"), scope))?),
        (
            "many names that differ at the end only",
            own(&|n| members(n, |out, at| write!(out, "\"{}{at:04}\":0,", "a".repeat(40)), scope))?,
        ),
        (
            "most objects, two members each",
            own(&|n| format!(r#"{{{CLAIMS},{scope},"x":[{}0]}}"#, r#"{"a":0,"b":0},"#.repeat(n / 14)))?,
        ),
        (
            "most groups",
            own(&|n| format!(r#"{{{CLAIMS},{scope},"groups":[{}"b"]}}"#, r#""a","#.repeat(n / 4)))?,
        ),
        (
            "most audiences, ours the last",
            own(&|n| {
                let claims =
                    CLAIMS.replace(r#""aud":"api""#, &format!(r#""aud":[{}"api"]"#, r#""a","#.repeat(n / 4)));
                format!("{{{claims},{scope}}}")
            })?,
        ),
        (
            "most scopes, ours the last",
            own(&|n| format!(r#"{{{CLAIMS},"scope":"{}write"}}"#, "a ".repeat(n / 2)))?,
        ),
    ];
    let mut inputs: Vec<Input> =
        good.into_iter().map(|(name, token)| Input { name, token, expected: Ok(()) }).collect();
    // What needs no key at all: everybody can send it.
    let header = |members: &str| format!("{}.e30.AA", Base64UrlUnpadded::encode_string(members.as_bytes()));
    let unsigned = [
        ("unsigned: header of most members", (0..780).map(|at| format!("\"{at:x}\":0,")).collect::<String>()),
        (
            "unsigned: header of names alike",
            (0..110).map(|at| format!("\"{}{at:04}\":0,", "a".repeat(40))).collect(),
        ),
    ];
    for (name, members) in unsigned {
        let token = header(&format!("{{{}\"z\":0}}", members));
        inputs.push(Input { name, token, expected: Err(Code::BadHeader) });
    }
    let long = inputs.first().context("no input")?.token.clone();
    let (signed, _) = long.rsplit_once('.').context("no signature")?;
    let forged = format!("{signed}.{}", "A".repeat(86));
    inputs.push(Input { name: "unsigned: one long text", token: forged, expected: Err(Code::BadSignature) });
    for input in &inputs {
        ensure!(
            input.token.len() <= LIMIT && input.token.len() > LIMIT / 2,
            "{}: {}",
            input.name,
            input.token.len()
        );
    }
    Ok(inputs)
}

fn members(length: usize, one: impl Fn(&mut String, usize) -> std::fmt::Result, scope: &str) -> String {
    let mut out = format!("{{{CLAIMS},{scope},");
    let most = length + out.len();
    let mut at = 0x1000;
    while out.len() + 60 < most {
        if one(&mut out, at).is_err() {
            break;
        }
        at += 1;
    }
    out.push_str("\"z\":0}");
    out
}

/// The longest token of this build that is within the limit: three bytes of payload make four of a token.
fn fill(key: &ed25519_dalek::SigningKey, build: &dyn Fn(usize) -> String) -> Result<String> {
    let mut size = LIMIT * 3 / 4;
    loop {
        let token = signed(key, &build(size))?;
        if token.len() <= LIMIT {
            return Ok(token);
        }
        size = size.checked_sub(16).context("the smallest is too long")?;
    }
}

fn signed(key: &ed25519_dalek::SigningKey, payload: &str) -> Result<String> {
    let kid = kid(key)?;
    let header = format!(r#"{{"alg":"Ed25519","typ":"bbf+jwt","kid":"{kid}","crit":["bbf"],"bbf":2000}}"#);
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let message = format!("{}.{}", text(header.as_bytes()), text(payload.as_bytes()));
    Ok(format!("{message}.{}", text(&key.sign(message.as_bytes()).to_bytes())))
}

fn kid(key: &ed25519_dalek::SigningKey) -> Result<String> {
    let public = PublicKey::from_bytes(key.verifying_key().as_bytes()).ok().context("not a key")?;
    Ok(thumbprint(&public))
}

fn jwk(key: &ed25519_dalek::SigningKey, more: &str) -> Result<String> {
    let x = Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
    Ok(format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{}","x":"{x}"{more}}}"#, kid(key)?))
}

fn one_key_set(key: &ed25519_dalek::SigningKey) -> Result<String> {
    Ok(format!(r#"{{"keys":[{}]}}"#, jwk(key, "")?))
}

/// 64 keys in 64 KiB, ours the last of them.
fn largest_key_set(key: &ed25519_dalek::SigningKey) -> Result<String> {
    let others = (0..SET_KEYS as u8 - 1).map(|at| ed25519_dalek::SigningKey::from_bytes(&[at + 100; 32]));
    let more: String = (0..93).map(|at| format!(",\"{at:04x}\":0")).collect();
    let keys: Vec<String> = others.chain([key.clone()]).map(|key| jwk(&key, &more)).collect::<Result<_>>()?;
    let mut set = format!(r#"{{"keys":[{}]"#, keys.join(","));
    ensure!(set.len() < SET_LIMIT && set.len() > SET_LIMIT * 9 / 10, "a set of {} bytes", set.len());
    set.push_str(&" ".repeat(SET_LIMIT - 1 - set.len()));
    set.push('}');
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inputs_are_as_large_as_allowed_and_get_the_verdict_they_should() {
        let heavy = measure(1).unwrap();
        assert_eq!(heavy.inputs.len(), 13);
    }

    #[test]
    fn the_largest_key_set_is_as_large_as_allowed() {
        let set = largest_key_set(&ed25519_dalek::SigningKey::from_bytes(&[7; 32])).unwrap();
        assert_eq!(set.len(), SET_LIMIT);
    }
}
