//! What a long list of revocations costs: to carry, to take over, and at every check after.

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use serde_json::{Value, json};
use shelflife_token::{
    CachingVerifier, Claims, KeySet, Limits, Requirements, RevocationList, SessionPrefix, SigningKey,
    Verifier,
};

use crate::tokens::{AUDIENCE, ISSUER};

/// Tokens of one turn, none of them revoked.
const TURN: usize = 200;
/// More than a verifier remembers, so that none is seen before it counts as distinct.
const TOKENS: usize = 6000;
const REMEMBERED: usize = 1024;
/// Times that a list is taken over.
const TAKEN: usize = 15;
/// Entries leave over so many minutes, as with `--access-ttl 15m`.
const MINUTES: u64 = 15;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Revoked sessions
    #[arg(long)]
    sessions: usize,
    /// Rounds, in each of which a verifier with the list and one without have a turn
    #[arg(long)]
    rounds: usize,
    /// The file to write the list and the tokens to, for JavaScript
    #[arg(long)]
    pub(crate) world: PathBuf,
    /// The file to write what was measured to
    #[arg(long)]
    pub(crate) out: PathBuf,
}

/// A list, and fresh tokens of sessions that are not on it.
#[derive(Debug, Serialize)]
pub(crate) struct World {
    issuer: &'static str,
    audience: &'static str,
    jwks: Value,
    list: String,
    session: Vec<String>,
    revoked: String,
}

/// Times in microseconds by round, of one check without the list and of one with it.
#[derive(Debug, Default, Serialize)]
struct Pair {
    without: Vec<f64>,
    with: Vec<f64>,
}

pub(crate) fn make(options: &Options) -> Result<World> {
    let key = SigningKey::from_seed(&[7; 32]).context("not a seed")?;
    let now = now()?;
    let sessions = (0..options.sessions)
        .map(|number| (SessionPrefix::of(&sid(number)), now + 60 * (1 + number as u64 % MINUTES)))
        .collect();
    let list = RevocationList {
        iss: ISSUER.to_owned(),
        iat: now,
        seq: now * 1000,
        max_age: 3600,
        sessions,
        ..Default::default()
    };
    let token = |number| {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: format!("user{number:018}"),
            aud: vec![AUDIENCE.to_owned()],
            sid: sid(number),
            r#gen: 12,
            iat: now,
            bbf: now + 3600,
            exp: now + 30 * 86_400,
            scope: Some("read write".to_owned()),
            groups: vec!["staff".to_owned(), "editors".to_owned()],
            auth_time: Some(now),
            ..Claims::default()
        };
        key.sign_session(&claims).map_err(|error| anyhow::anyhow!("{error}"))
    };
    Ok(World {
        issuer: ISSUER,
        audience: AUDIENCE,
        jwks: json!({ "keys": [key.public_jwk()] }),
        list: key.sign_revocations(&list),
        session: (0..TOKENS).map(|number| token(options.sessions + number)).collect::<Result<_>>()?,
        revoked: token(0)?,
    })
}

pub(crate) fn measure(world: &World, options: &Options) -> Result<Value> {
    let now = now()?;
    let mut without = verifier(world)?;
    let before = resident()?;
    let mut with = verifier(world)?;
    let applied = with.update_revocations(&world.list, now)?;
    let resident = resident()?.saturating_sub(before);
    ensure!(applied.entries == options.sessions, "{} entries of {}", applied.entries, options.sessions);
    let needs = Requirements::default();
    ensure!(with.verify(&world.revoked, now, &needs).state() == "invalid", "the list does not revoke");

    let mut take = Vec::new();
    for _ in 0..TAKEN {
        let mut fresh = verifier(world)?;
        let started = Instant::now();
        black_box(fresh.update_revocations(black_box(&world.list), now)?);
        take.push(started.elapsed().as_secs_f64() * 1e6);
    }

    let mut distinct = Pair::default();
    let mut seen = Pair::default();
    let mut remembering = [remembering(&without), remembering(&with)];
    for round in 0..=options.rounds {
        let turn = (round * TURN) % (TOKENS - TURN);
        let tokens = world.session.get(turn..turn + TURN).context("no tokens")?;
        let mut times = [0.0; 4];
        // Whoever is first has a disadvantage: they take turns.
        for at in [round % 2, 1 - round % 2] {
            let verifier = if at == 0 { &mut without } else { &mut with };
            let [distinct, seen] = [at, at + 2];
            set(
                &mut times,
                distinct,
                time(tokens.iter(), |token| verifier.verify(token, now, &needs).state() == "fresh")?,
            );
            if let Some(caching) = remembering.get_mut(at) {
                let few = world.session.iter().take(20).cycle().take(TURN * 10);
                let seed = || Some([7; 16]);
                set(
                    &mut times,
                    seen,
                    time(few, |token| caching.verify(token, now, &needs, seed).outcome.is_ok())?,
                );
            }
        }
        if round > 0 {
            let [a, b, c, d] = times;
            distinct.without.push(a);
            distinct.with.push(b);
            seen.without.push(c);
            seen.with.push(d);
        }
    }
    Ok(json!({ "take": take, "resident": resident, "distinct": distinct, "seen": seen }))
}

fn set(times: &mut [f64; 4], at: usize, value: f64) {
    if let Some(time) = times.get_mut(at) {
        *time = value;
    }
}

fn time<'a>(tokens: impl Iterator<Item = &'a String>, mut accepts: impl FnMut(&str) -> bool) -> Result<f64> {
    let started = Instant::now();
    let (mut count, mut accepted) = (0_usize, 0_usize);
    for token in tokens {
        count += 1;
        accepted += usize::from(black_box(accepts(black_box(token))));
    }
    let micros = started.elapsed().as_secs_f64() * 1e6 / count.max(1) as f64;
    ensure!(accepted == count && count > 0, "{} of {count} good tokens were refused", count - accepted);
    Ok(micros)
}

fn verifier(world: &World) -> Result<Verifier> {
    let keys =
        KeySet::from_json(&serde_json::to_vec(&world.jwks)?).map_err(|error| anyhow::anyhow!("{error}"))?;
    Verifier::new(ISSUER, AUDIENCE, keys, Limits::default()).map_err(|error| anyhow::anyhow!("{error}"))
}

fn remembering(verifier: &Verifier) -> CachingVerifier {
    CachingVerifier::new(verifier.clone(), REMEMBERED)
}

/// Bytes of this process in memory; 0 where the system does not say.
fn resident() -> Result<u64> {
    let Ok(text) = std::fs::read_to_string("/proc/self/status") else { return Ok(0) };
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()).context("no VmRSS")?;
    Ok(kib.parse::<u64>()? * 1024)
}

/// 128 bits without a pattern, the same at every run.
fn sid(number: usize) -> String {
    let mut bytes = [0; 16];
    let mut state = number as u64;
    for half in bytes.chunks_mut(8) {
        // splitmix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        half.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes());
    }
    Base64UrlUnpadded::encode_string(&bytes)
}

fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())
}
