//! Key sets: what is skipped, what refuses the whole set, what is bounded.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use base64ct::{Base64UrlUnpadded, Encoding};
use shelflife_token::{KeyFault, KeySet, KeySetError, PublicKey};

/// The key of RFC 8037, appendix A.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn good() -> String {
    format!(
        r#"{{"kty":"OKP","crv":"Ed25519","kid":"a","use":"sig","alg":"EdDSA","key_ops":["verify"],"x":"{X}"}}"#
    )
}

fn set(keys: &[String]) -> Result<KeySet, KeySetError> {
    KeySet::from_json(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes())
}

fn changed(from: &str, to: &str) -> String {
    assert!(good().contains(from), "{from} is not in the good key");
    good().replace(from, to)
}

#[test]
fn a_key_for_ed25519_signatures_is_found_by_its_kid() {
    let keys = set(&[good()]).unwrap();
    assert_eq!(keys.kids().collect::<Vec<_>>(), ["a"]);
    assert!(keys.get("a").is_some());
    assert!(keys.get("A").is_none());
    let bare = set(&[format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#)]).unwrap();
    assert_eq!(
        bare.kids().collect::<Vec<_>>(),
        ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"],
        "named by its thumbprint"
    );
}

#[test]
fn keys_for_other_uses_are_skipped() {
    for other in [
        changed("OKP", "okp"),
        changed("OKP", "EC"),
        changed("Ed25519", "X25519"),
        changed("\"sig\"", "\"enc\""),
        changed("\"sig\"", "null"),
        changed("\"EdDSA\"", "\"RS256\""),
        changed("[\"verify\"]", "[\"sign\"]"),
        changed("[\"verify\"]", "\"verify\""),
        changed(X, &X[1..]),
        changed(X, &format!("{X}AA")),
        changed(X, &format!("{X}=")),
        changed("\"kid\":\"a\"", "\"kid\":\"\""),
        changed("\"kid\":\"a\"", "\"kid\":1"),
        r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.into(),
        "{}".into(),
    ] {
        assert_eq!(set(std::slice::from_ref(&other)), Err(KeySetError::NothingUsable), "{other}");
        let beside = set(&[other.replace("\"a\"", "\"b\""), good()]).unwrap();
        assert_eq!(beside.kids().collect::<Vec<_>>(), ["a"], "{other}");
    }
}

#[test]
fn a_published_private_key_refuses_the_whole_set() {
    let private =
        changed("\"kid\":\"a\"", "\"kid\":\"p\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"");
    assert_eq!(set(&[good(), private]), Err(KeySetError::PrivateKey));
    let rsa = r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#;
    assert_eq!(set(&[good(), rsa.into()]), Err(KeySetError::PrivateKey));
}

#[test]
fn one_kid_for_two_keys_refuses_the_whole_set() {
    assert_eq!(set(&[good(), good()]), Err(KeySetError::DoubledKid));
    let by_thumbprint = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{X}"}}"#);
    assert_eq!(set(&[by_thumbprint.clone(), by_thumbprint]), Err(KeySetError::DoubledKid));
}

#[test]
fn what_is_no_key_set_is_refused() {
    for text in [
        "",
        "[]",
        "{}",
        "null",
        r#"{"keys":{}}"#,
        r#"{"keys":[1]}"#,
        r#"{"keys":[],"keys":[]}"#,
        r#"{"keys":[]}x"#,
    ] {
        assert!(matches!(KeySet::from_json(text.as_bytes()), Err(KeySetError::NotAKeySet(_))), "{text}");
    }
    assert_eq!(set(&[]), Err(KeySetError::NothingUsable));
    assert_eq!(KeySet::from_json(&[b' '; 65_537]), Err(KeySetError::TooLong));
    let many: Vec<String> = (0..65).map(|_| "{}".into()).collect();
    assert_eq!(set(&many), Err(KeySetError::TooManyKeys));
}

#[test]
fn weak_and_oddly_spelled_points_are_no_keys() {
    let bytes = |hex: &str| -> [u8; 32] {
        let digits: Vec<u8> =
            (0..32).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        digits.try_into().unwrap()
    };
    for (hex, fault) in [
        // The eight points of small order, in their canonical spelling.
        ("0100000000000000000000000000000000000000000000000000000000000000", KeyFault::SmallOrder),
        ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", KeyFault::SmallOrder),
        ("0000000000000000000000000000000000000000000000000000000000000000", KeyFault::SmallOrder),
        ("0000000000000000000000000000000000000000000000000000000000000080", KeyFault::SmallOrder),
        ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", KeyFault::SmallOrder),
        ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", KeyFault::SmallOrder),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", KeyFault::SmallOrder),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", KeyFault::SmallOrder),
        // y = p + 3, a point of large order spelled a second way; its first spelling is fine.
        ("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", KeyFault::NotCanonical),
        // y = 2 is on no point.
        ("0200000000000000000000000000000000000000000000000000000000000000", KeyFault::NotAPoint),
    ] {
        assert_eq!(PublicKey::from_bytes(&bytes(hex)), Err(fault), "{hex}");
        let jwk = changed(X, &Base64UrlUnpadded::encode_string(&bytes(hex)));
        assert_eq!(set(&[jwk]), Err(KeySetError::NothingUsable), "{hex}");
    }
    assert!(
        PublicKey::from_bytes(&bytes("0300000000000000000000000000000000000000000000000000000000000000"))
            .is_ok()
    );
}
