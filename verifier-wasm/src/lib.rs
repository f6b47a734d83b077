//! The verifier as JavaScript sees it: a struct that holds `inner` and delegates.
//!
//! What crosses the border is kept small: strings and numbers in, one JSON text out, which the engine's own parser
//! turns into objects faster than any binding could build them. The claims in it are the bytes the issuer signed.
//! Checking of the caller's options, key fetching and the clock live in TypeScript (`js/src`); judging lives in
//! `shelflife-token`. Nothing is decided here.

mod json;

use shelflife_token::{KeySet, Limits, Requirements};
use wasm_bindgen::prelude::wasm_bindgen;

/// Judges tokens of one issuer for one audience under one set of keys.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Verifier {
    inner: shelflife_token::Verifier,
}

#[wasm_bindgen]
impl Verifier {
    /// Times are in seconds. `jwks` is the text of a JWK set.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the options or the key set; thrown in JavaScript.
    #[wasm_bindgen(constructor)]
    pub fn new(
        issuer: &str,
        audience: &str,
        jwks: &str,
        max_token_bytes: f64,
        max_lifetime: f64,
        clock_tolerance: f64,
        window_tolerance: f64,
    ) -> Result<Verifier, String> {
        let keys = KeySet::from_json(jwks.as_bytes()).map_err(|error| error.to_string())?;
        let limits = Limits {
            max_token_bytes: max_token_bytes as usize,
            max_lifetime: max_lifetime as u64,
            clock_tolerance: clock_tolerance as u64,
            window_tolerance: window_tolerance as u64,
        };
        let inner = shelflife_token::Verifier::new(issuer, audience, keys, limits)
            .map_err(|error| error.to_string())?;
        Ok(Verifier { inner })
    }

    /// The verdict on `token` at `now` as JSON. `scope` and `groups` are lists joined by line feeds, which neither can
    /// hold; absent where nothing is asked.
    pub fn verify(
        &self,
        token: &str,
        now: f64,
        scope: Option<String>,
        groups: Option<String>,
        max_auth_age: Option<f64>,
    ) -> String {
        let list = |joined: Option<String>| -> Vec<String> {
            joined
                .as_deref()
                .map(|joined| joined.split('\n').map(str::to_owned).collect())
                .unwrap_or_default()
        };
        let needs = Requirements {
            scope: list(scope),
            groups: list(groups),
            max_auth_age: max_auth_age.map(|seconds| seconds as u64),
        };
        json::verdict(&self.inner.verify(token, now as u64, &needs))
    }
}
