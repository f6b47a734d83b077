//! `verify_strict` of ed25519-dalek in wasm: the signature alone, built with the same profile as the verifier.

use ed25519_dalek::{Signature, VerifyingKey};
use wasm_bindgen::prelude::wasm_bindgen;

const SIGNATURE: usize = 64;

/// One public key.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Stock {
    key: VerifyingKey,
    input: Box<[u8]>,
}

#[wasm_bindgen]
impl Stock {
    /// Takes the 32 bytes of the key.
    ///
    /// # Errors
    /// When they are no key.
    #[wasm_bindgen(constructor)]
    pub fn new(key: &[u8]) -> Result<Stock, String> {
        let key = key.try_into().ok().and_then(|key| VerifyingKey::from_bytes(key).ok());
        Ok(Stock { key: key.ok_or("not a key")?, input: vec![0; 8192].into_boxed_slice() })
    }

    /// Where signature and message are to be written, one after the other.
    pub fn input(&mut self) -> *mut u8 {
        self.input.as_mut_ptr()
    }

    /// Whether the first 64 bytes of the input are this key's signature of the rest, up to `length`.
    pub fn verify(&self, length: u32) -> bool {
        let input = self.input.get(..length as usize).unwrap_or_default();
        let Some((signature, message)) = input.split_at_checked(SIGNATURE) else { return false };
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verify_strict(message, &signature).is_ok()
    }
}
