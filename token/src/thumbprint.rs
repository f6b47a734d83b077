//! The name of a key: its JWK thumbprint (RFC 7638).

use alloc::string::String;
use sha2::{Digest, Sha256};

use crate::{PublicKey, base64url};

/// The thumbprint of an Ed25519 key: SHA-256 over the required members of its JWK (RFC 8037, 2) in lexicographic order,
/// as base64url.
pub fn thumbprint(key: &PublicKey) -> String {
    let x = base64url::encode(key.as_bytes());
    let hash = Sha256::new()
        .chain_update(r#"{"crv":"Ed25519","kty":"OKP","x":""#)
        .chain_update(x)
        .chain_update(r#""}"#)
        .finalize();
    base64url::encode(&hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_one_of_rfc_8037_appendix_a_3() {
        let x = base64url::decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let key = PublicKey::from_bytes(&x.try_into().unwrap()).unwrap();
        assert_eq!(thumbprint(&key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
