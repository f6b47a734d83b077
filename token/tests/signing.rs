//! What the issuer signs is what verifiers accept, and always the same bytes.
#![cfg(feature = "sign")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use jwt_compact::{Algorithm, AlgorithmExt, AlgorithmSignature, UntrustedToken};
use proptest::prelude::*;
use shelflife_token::{
    Claims, Confirmation, Ed25519, KeySet, Limits, PublicKey, Requirements, SigningKey, Verdict, Verifier,
};

fn key() -> SigningKey {
    SigningKey::from_seed(&[9; 32]).unwrap()
}

fn claims() -> Claims {
    Claims {
        iss: "https://issuer.test".into(),
        sub: "u1".into(),
        aud: vec!["api".into()],
        sid: "s1".into(),
        r#gen: 1,
        iat: 1000,
        bbf: 2000,
        exp: 3000,
        ..Claims::default()
    }
}

fn signature(seed: &[u8; 32], message: &[u8]) -> Vec<u8> {
    Ed25519.sign(&SigningKey::from_seed(seed).unwrap(), message).as_bytes().into_owned()
}

fn verifier() -> Verifier {
    let keys = KeySet::of([&key()]).unwrap();
    Verifier::new("https://issuer.test", "api", keys, Limits::default()).unwrap()
}

/// RFC 8032, 7.1: tests 1 to 3.
#[test]
fn signatures_are_those_of_the_rfc() {
    for [seed, message, expected] in [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ] {
        let seed = base16ct::lower::decode_vec(seed).unwrap().try_into().unwrap();
        let message = base16ct::lower::decode_vec(message).unwrap();
        assert_eq!(base16ct::lower::encode_string(&signature(&seed, &message)), expected);
    }
}

#[test]
fn a_minimal_token_has_only_the_claims_that_apply() {
    let token = key().sign_session(&claims()).unwrap();
    let Verdict::Fresh(judged) = verifier().verify(&token, 1500, &Requirements::default()) else {
        panic!("not fresh")
    };
    assert_eq!(
        judged.payload,
        r#"{"iss":"https://issuer.test","sub":"u1","aud":"api","sid":"s1","gen":1,"iat":1000,"bbf":2000,"exp":3000}"#
    );
}

#[test]
fn of_a_token_of_our_own_everything_is_judged_but_the_signature() {
    let token = key().sign_session(&claims()).unwrap();
    let needs = Requirements { scope: vec!["admin".into()], ..Requirements::default() };
    for now in [900, 1500, 2500, 3500] {
        for needs in [&Requirements::default(), &needs] {
            assert_eq!(verifier().verify_own(&token, now, needs), verifier().verify(&token, now, needs));
        }
    }
    let other_key = KeySet::of([&SigningKey::from_seed(&[8; 32]).unwrap()]).unwrap();
    let same_key = || KeySet::of([&key()]).unwrap();
    for (issuer, audience, keys) in [
        ("https://issuer.test", "api", other_key),
        ("https://other.test", "api", same_key()),
        ("https://issuer.test", "shop", same_key()),
    ] {
        let verifier = Verifier::new(issuer, audience, keys, Limits::default()).unwrap();
        let own = verifier.verify_own(&token, 1500, &Requirements::default());
        assert!(matches!(own, Verdict::Invalid(_)));
        assert_eq!(own, verifier.verify(&token, 1500, &Requirements::default()));
    }
}

#[test]
fn the_published_key_set_verifies_what_the_key_signed() {
    let set = serde_json::json!({ "keys": [key().public_jwk()] }).to_string();
    assert_eq!(KeySet::from_json(set.as_bytes()), KeySet::of([&key()]));
    assert!(!set.contains("\"d\""));
}

#[test]
fn a_general_library_reads_the_form_of_it() {
    let token = key().sign_session(&claims()).unwrap();
    let untrusted = UntrustedToken::new(&token).unwrap();
    assert_eq!(untrusted.algorithm(), "Ed25519");
    assert_eq!(untrusted.header().key_id.as_deref(), Some(key().kid()));
    let jwk = serde_json::to_value(key().public_jwk()).unwrap();
    let x = Base64UrlUnpadded::decode_vec(jwk["x"].as_str().unwrap()).unwrap();
    let public = PublicKey::from_bytes(&x.try_into().unwrap()).unwrap();
    assert!(Ed25519.validator::<serde_json::Value>(&public).validate(&untrusted).is_ok());
}

#[test]
fn the_debug_form_of_a_key_hides_it() {
    let shown = format!("{:?}", key());
    assert!(shown.contains(key().kid()));
    assert!(!shown.contains("9, 9") && !shown.contains("0909"), "{shown}");
}

#[test]
fn claims_that_no_verifier_would_accept_are_not_signed() {
    for broken in [
        Claims { bbf: 999, ..claims() },
        Claims { exp: 1999, ..claims() },
        Claims { sub: String::new(), ..claims() },
        Claims { sid: "a\nb".into(), ..claims() },
        Claims { aud: vec![], ..claims() },
        Claims { exp: 1000 + 400 * 86_400 + 1, ..claims() },
        Claims { r#gen: 1 << 53, ..claims() },
    ] {
        assert!(key().sign_session(&broken).is_err(), "{broken:?}");
    }
}

fn with_extra(extra: serde_json::Value) -> Claims {
    Claims { extra: extra.as_object().unwrap().clone(), ..claims() }
}

#[test]
fn extra_claims_stand_beside_the_others_in_the_payload() {
    let signed = with_extra(serde_json::json!({"tenant": "t1", "seats": [1, 2], "beta": true}));
    let token = key().sign_session(&signed).unwrap();
    let Verdict::Fresh(judged) = verifier().verify(&token, 1500, &Requirements::default()) else {
        panic!("not fresh")
    };
    let payload: serde_json::Value = serde_json::from_str(&judged.payload).unwrap();
    assert_eq!((&payload["tenant"], &payload["seats"][1]), (&"t1".into(), &2.into()));
    assert_eq!((&payload["sub"], &payload["bbf"]), (&"u1".into(), &2000.into()));
    // They were let through unread.
    assert_eq!(judged.claims, claims());
}

#[test]
fn an_extra_claim_never_takes_the_place_of_a_registered_one() {
    let members = serde_json::to_value(claims()).unwrap();
    for name in
        members.as_object().unwrap().keys().map(String::as_str).chain(["jti", "scope", "groups", "cnf"])
    {
        assert!(key().sign_session(&with_extra(serde_json::json!({ name: "x" }))).is_err(), "{name}");
    }
}

#[test]
fn every_claim_there_is_counts_as_registered() {
    let all = Claims {
        nbf: Some(1),
        client_id: Some("c".into()),
        scope: Some("s".into()),
        groups: vec!["g".into()],
        auth_time: Some(1),
        amr: vec!["pwd".into()],
        cv: Some(1),
        cnf: Some(Confirmation::default()),
        ..claims()
    };
    for name in serde_json::to_value(all).unwrap().as_object().unwrap().keys() {
        assert!(shelflife_token::REGISTERED_CLAIMS.contains(&name.as_str()), "{name}");
    }
}

fn any_claims() -> impl Strategy<Value = Claims> {
    let name = "[^\\p{Cc}]{1,12}";
    let times = (0_u64..1 << 40, 0_u64..1_000_000, 0_u64..1_000_000);
    let cnf = (any::<bool>(), "[a-z]{3}")
        .prop_map(|(bound, bnd)| bound.then_some(Confirmation { jkt: None, bnd: Some(bnd) }));
    (
        name,
        name,
        prop::collection::vec("[a-z]{1,5}", 0..3),
        times,
        prop::option::of(".{0,20}"),
        prop::collection::vec(".{0,8}", 0..3),
        cnf,
    )
        .prop_map(|(sub, sid, mut aud, (iat, fresh, stale), scope, groups, cnf)| {
            aud.push("api".into());
            let (bbf, exp) = (iat + fresh, iat + fresh + stale);
            Claims {
                sub,
                sid,
                aud,
                iat,
                bbf,
                exp,
                scope,
                groups,
                cnf,
                cv: Some(1),
                auth_time: Some(iat),
                amr: vec!["pwd".into()],
                ..claims()
            }
        })
}

proptest! {
    #[test]
    fn signatures_are_those_of_dalek(
        seed in any::<[u8; 32]>(), messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..600), 4),
    ) {
        let stock = ed25519_dalek::SigningKey::from_bytes(&seed);
        for message in messages {
            prop_assert_eq!(signature(&seed, &message), stock.sign(&message).to_bytes());
        }
    }

    #[test]
    fn what_is_signed_comes_back_unchanged_and_in_the_same_bytes(claims in any_claims()) {
        let token = key().sign_session(&claims).unwrap();
        prop_assert_eq!(&token, &key().sign_session(&claims).unwrap());
        match verifier().verify(&token, claims.iat, &Requirements::default()) {
            Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged) => prop_assert_eq!(judged.claims, claims),
            Verdict::Invalid(refusal) => prop_assert!(false, "{}", refusal.detail),
        }
    }
}
