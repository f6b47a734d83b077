//! The verifier as JavaScript sees it: a struct that holds `inner` and delegates.
//!
//! What crosses the border is kept small, because crossing it costs more than judging a remembered token. A token is
//! written into [`Verifier::input`] and not passed as a string, a judgement is one number with getters for the rest, and
//! claims are handed out as the JSON text that the issuer signed, once per remembered token: the engine's own parser makes
//! objects of it faster than any binding could.
//!
//! Checking of the caller's options, key fetching and the clock live in TypeScript (`js/src`); judging lives in
//! `shelflife-token`. Nothing is decided here.

use shelflife_token::{CachingVerifier, Code, KeySet, Limits, Refusal, Requirements, Seed, Standing, State};
use wasm_bindgen::prelude::wasm_bindgen;

/// Added to the number of a code, to tell a refusal from a state.
const REFUSED: u32 = 16;

/// Judges tokens of one issuer for one audience under one set of keys.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Verifier {
    inner: CachingVerifier,
    input: Box<[u8]>,
    fresh_for: u64,
    exchangeable_for: u64,
    slot: i32,
    payload: String,
    detail: String,
}

#[wasm_bindgen]
impl Verifier {
    /// Times are in seconds. `jwks` is the text of a JWK set. `cache` is how many tokens are remembered, at most.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the options or the key set; thrown in JavaScript.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments, reason = "an object would have to be taken apart through the border")]
    pub fn new(
        issuer: &str,
        audience: &str,
        jwks: &str,
        max_token_bytes: u32,
        max_lifetime: f64,
        clock_tolerance: f64,
        window_tolerance: f64,
        cache: u32,
    ) -> Result<Verifier, String> {
        let keys = KeySet::from_json(jwks.as_bytes()).map_err(|error| error.as_str().to_owned())?;
        let max_token_bytes = max_token_bytes as usize;
        let limits = Limits {
            max_token_bytes,
            max_lifetime: max_lifetime as u64,
            clock_tolerance: clock_tolerance as u64,
            window_tolerance: window_tolerance as u64,
        };
        let verifier = shelflife_token::Verifier::new(issuer, audience, keys, limits)
            .map_err(|error| error.as_str().to_owned())?;
        Ok(Verifier {
            inner: CachingVerifier::new(verifier, cache as usize),
            input: vec![0; max_token_bytes].into_boxed_slice(),
            fresh_for: 0,
            exchangeable_for: 0,
            slot: -1,
            payload: String::new(),
            detail: String::new(),
        })
    }

    /// Where the next token is to be written, `max_token_bytes` at most. Stays there as long as the verifier lives.
    pub fn input(&mut self) -> *mut u8 {
        self.input.as_mut_ptr()
    }

    /// Judges the first `length` bytes of the input at `now`. `scope` and `groups` are lists joined by line feeds, which
    /// neither can hold; absent where nothing is asked.
    ///
    /// Answers 0 fresh, 1 stale, 2 expired, or 16 and the number of a code.
    pub fn verify(
        &mut self,
        length: u32,
        now: f64,
        scope: Option<String>,
        groups: Option<String>,
        max_auth_age: Option<f64>,
    ) -> u32 {
        let list = |joined: Option<String>| -> Vec<String> {
            joined.map(|joined| joined.split('\n').map(str::to_owned).collect()).unwrap_or_default()
        };
        let needs = Requirements {
            scope: list(scope),
            groups: list(groups),
            max_auth_age: max_auth_age.map(|seconds| seconds as u64),
        };
        let bytes = self.input.get(..length as usize).unwrap_or_default();
        // JavaScript writes strings as UTF-8; anything else has no dots where a token has them.
        let token = core::str::from_utf8(bytes).unwrap_or_default();
        let judgement = self.inner.verify(token, now as u64, &needs, seed);
        let payload = judgement.payload();
        let slot = payload.and(judgement.slot).and_then(|slot| i32::try_from(slot).ok());
        self.slot = slot.unwrap_or(-1);
        self.payload.clear();
        if !judgement.known {
            self.payload.push_str(payload.unwrap_or_default());
        }
        match judgement.outcome {
            Ok(Standing { state, fresh_for, exchangeable_for }) => {
                (self.fresh_for, self.exchangeable_for) = (fresh_for, exchangeable_for);
                match state {
                    State::Fresh => 0,
                    State::Stale => 1,
                    State::Expired => 2,
                }
            }
            Err(Refusal { code, detail, .. }) => {
                self.detail = detail;
                Code::ALL.iter().position(|known| *known == code).unwrap_or(0) as u32 + REFUSED
            }
        }
    }

    /// Seconds until the token of the last judgement goes stale.
    pub fn fresh_for(&self) -> f64 {
        self.fresh_for as f64
    }

    /// Seconds until the token of the last judgement expires.
    pub fn exchangeable_for(&self) -> f64 {
        self.exchangeable_for as f64
    }

    /// Where the token of the last judgement is remembered; -1: nowhere, or its claims may not be shown.
    pub fn slot(&self) -> i32 {
        self.slot
    }

    /// Length of the claims of the last judgement as JSON text; 0 when its slot holds the claims already, and for a refusal
    /// that shows none.
    pub fn payload_length(&self) -> u32 {
        self.payload.len() as u32
    }

    /// Where that text begins.
    pub fn payload(&self) -> *const u8 {
        self.payload.as_ptr()
    }

    /// Why the token of the last judgement was refused.
    pub fn detail(&self) -> String {
        self.detail.clone()
    }

    /// Tokens that were recognised, that were not, and that are remembered.
    pub fn statistics(&self) -> Vec<f64> {
        let statistics = self.inner.statistics();
        vec![statistics.hits as f64, statistics.misses as f64, statistics.entries as f64]
    }
}

/// Without randomness nothing is remembered, and everything else goes on.
fn seed() -> Option<Seed> {
    let mut seed = Seed::default();
    getrandom::fill(&mut seed).ok()?;
    Some(seed)
}
