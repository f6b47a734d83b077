//! The verifier as JavaScript sees it: a struct that holds `inner` and delegates.
//!
//! What crosses the border is kept small, because crossing it costs more than judging a remembered token. A token is
//! written into [`Verifier::input`] and not passed as a string, a judgement is one call with the rest in
//! [`Verifier::output`], and claims are handed out as the JSON text that the issuer signed, once per remembered token: the
//! engine's own parser makes objects of it faster than any binding could.
//!
//! No function that a first verdict needs answers with more than one number: engines write the code around such a call at
//! once, and with their slow compiler.
//!
//! Checking of the caller's options, key fetching and the clock live in TypeScript (`js/src`); judging lives in
//! `shelflife-token`. Nothing is decided here.

use shelflife_token::{
    CachingVerifier, Code, KeySet, Limits, Refusal, Requirements, RevocationCode, RevocationOptions, Seed,
    Standing, State, WhenOutdated,
};
use wasm_bindgen::prelude::wasm_bindgen;

/// Added to the number of a code, to tell a refusal from a state.
const REFUSED: u32 = 16;

/// Judges tokens of one issuer for one audience under one set of keys.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Verifier {
    /// None where the options or the key set cannot be used: then `detail` says why.
    inner: Option<CachingVerifier>,
    input: Box<[u8]>,
    output: Box<Output>,
    payload: String,
    detail: String,
    list: Vec<u8>,
}

/// What stands in [`Verifier::output`], in this order: seconds until stale, seconds until expired, slot, and address and
/// length of the claims and of the detail.
type Output = [f64; 7];

#[wasm_bindgen]
impl Verifier {
    /// Times are in seconds. `jwks` is the text of a JWK set. `cache` is how many tokens are remembered, at most.
    /// `list_bytes`, `list_age` and `shut` are about lists of revocations.
    ///
    /// With options or a key set that cannot be used, the detail in the output is a sentence that says what is wrong, and
    /// the verifier is good for nothing. Else the detail is empty.
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
        list_bytes: u32,
        list_age: Option<f64>,
        shut: bool,
    ) -> Verifier {
        let max_token_bytes = max_token_bytes as usize;
        let limits = Limits {
            max_token_bytes,
            max_lifetime: max_lifetime as u64,
            clock_tolerance: clock_tolerance as u64,
            window_tolerance: window_tolerance as u64,
        };
        let revocations = RevocationOptions {
            max_age: list_age.map(|seconds| seconds as u64),
            when_outdated: if shut { WhenOutdated::Shut } else { WhenOutdated::Open },
            max_bytes: list_bytes as usize,
        };
        let keys = KeySet::from_json(jwks.as_bytes()).map_err(|error| error.as_str());
        let inner = keys.and_then(|keys| {
            shelflife_token::Verifier::new(issuer, audience, keys, limits).map_err(|error| error.as_str())
        });
        let (inner, detail) = match inner {
            Ok(verifier) => {
                let verifier = verifier.with_revocations(revocations);
                (Some(CachingVerifier::new(verifier, cache as usize)), String::new())
            }
            Err(why) => (None, why.to_owned()),
        };
        let input = vec![0; max_token_bytes].into_boxed_slice();
        let mut verifier = Verifier {
            inner,
            input,
            output: Box::new(Output::default()),
            payload: String::new(),
            detail,
            list: Vec::new(),
        };
        verifier.tell(None, -1);
        verifier
    }

    /// Where the next token is to be written, `max_token_bytes` at most. Stays there as long as the verifier lives.
    pub fn input(&mut self) -> *mut u8 {
        self.input.as_mut_ptr()
    }

    /// Where the rest of an answer stands, as numbers of 64 bits: seconds until the token goes stale and until it expires
    /// (each 0 when it has, and for what is refused); where it is remembered (-1: nowhere, or its claims may not be shown);
    /// address and length of its claims as JSON text (length 0 when its slot holds them already, and for a refusal that
    /// shows none); address and length of the sentence that says why it is refused. Stays there as long as the verifier
    /// lives.
    pub fn output(&self) -> *const f64 {
        self.output.as_ptr()
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
        self.payload.clear();
        self.detail.clear();
        let Some(inner) = &mut self.inner else {
            self.tell(None, -1);
            return REFUSED;
        };
        let judgement = inner.verify(token, now as u64, &needs, seed);
        let payload = judgement.payload();
        let slot = payload.and(judgement.slot).and_then(|slot| i32::try_from(slot).ok()).unwrap_or(-1);
        if !judgement.known {
            self.payload.push_str(payload.unwrap_or_default());
        }
        match judgement.outcome {
            Ok(standing) => {
                self.tell(Some(&standing), slot);
                match standing.state {
                    State::Fresh => 0,
                    State::Stale => 1,
                    State::Expired => 2,
                }
            }
            Err(Refusal { code, detail, .. }) => {
                self.detail = detail;
                self.tell(None, slot);
                Code::ALL.iter().position(|known| *known == code).unwrap_or(0) as u32 + REFUSED
            }
        }
    }

    /// Where the next list of revocations is to be written, `length` bytes. Stays there until it was judged.
    pub fn list_input(&mut self, length: u32) -> *mut u8 {
        self.list = vec![0; length as usize];
        self.list.as_mut_ptr()
    }

    /// Takes over the list that was written, if it is good. Answers -1, or the number of a code; then the detail in the
    /// output says more.
    pub fn update_revocations(&mut self, now: f64) -> i32 {
        // Given back at once: a list is large and comes seldom.
        let bytes = core::mem::take(&mut self.list);
        let list = core::str::from_utf8(&bytes).unwrap_or_default();
        let Some(inner) = &mut self.inner else { return 0 };
        let Err(error) = inner.update_revocations(list, now as u64) else { return -1 };
        self.payload.clear();
        self.detail.clear();
        self.detail.push_str(error.detail);
        self.tell(None, -1);
        RevocationCode::ALL.iter().position(|known| *known == error.code).unwrap_or(0) as i32
    }

    /// Sequence number, moment of issue and number of entries of what is known; empty before the first list.
    pub fn revocations(&self) -> Vec<f64> {
        let known = self.inner.as_ref().and_then(|inner| inner.verifier().revocations());
        known.map_or(Vec::new(), |it| vec![it.seq as f64, it.issued_at as f64, it.entries as f64])
    }

    /// Knows what `other` knows of revocations: for a change of keys.
    pub fn inherit_revocations(&mut self, other: &Verifier) {
        if let (Some(inner), Some(other)) = (&mut self.inner, &other.inner) {
            inner.inherit_revocations(other.verifier());
        }
    }

    /// Tokens that were recognised, that were not, and that are remembered.
    pub fn statistics(&self) -> Vec<f64> {
        let statistics = self.inner.as_ref().map(CachingVerifier::statistics).unwrap_or_default();
        vec![statistics.hits as f64, statistics.misses as f64, statistics.entries as f64]
    }
}

impl Verifier {
    fn tell(&mut self, standing: Option<&Standing>, slot: i32) {
        let text = |text: &str| (text.as_ptr() as usize as f64, text.len() as f64);
        let ((payload, payload_length), (detail, detail_length)) = (text(&self.payload), text(&self.detail));
        let (fresh_for, exchangeable_for) =
            standing.map_or((0, 0), |standing| (standing.fresh_for, standing.exchangeable_for));
        *self.output = [
            fresh_for as f64,
            exchangeable_for as f64,
            slot.into(),
            payload,
            payload_length,
            detail,
            detail_length,
        ];
    }
}

/// Without randomness nothing is remembered, and everything else goes on.
fn seed() -> Option<Seed> {
    let mut seed = Seed::default();
    getrandom::fill(&mut seed).ok()?;
    Some(seed)
}
