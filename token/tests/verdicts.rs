//! Every way to be refused, one fault at a time: each case starts from a good token and breaks one thing.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::Signer;
use proptest::prelude::*;
use shelflife_token::{Code, KeySet, Limits, PublicKey, Requirements, Verdict, Verifier, thumbprint};

const HEADER: &str = r#"{"alg":"Ed25519","typ":"bbf+jwt","kid":"KID","crit":["bbf"],"bbf":2000}"#;
const CLAIMS: &str = r#"{"iss":"https://issuer.test","sub":"u1","aud":"api","sid":"s1","gen":3,"iat":1000,"bbf":2000,"exp":3000,"scope":"read write","groups":["staff"],"auth_time":900}"#;
const NOW: u64 = 1500;

fn key() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[7; 32])
}

fn kid() -> String {
    thumbprint(&PublicKey::from_bytes(key().verifying_key().as_bytes()).unwrap())
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// Signs whatever it is given: this is the forger's pen as well as the issuer's.
fn token(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key().sign(signed.as_bytes()).to_bytes();
    format!("{signed}.{}", encode(signature))
}

fn header(from: &str, to: &str) -> String {
    assert!(HEADER.contains(from), "{from} is not in the good header");
    HEADER.replace(from, to).replace("KID", &kid())
}

fn claims(from: &str, to: &str) -> String {
    assert!(CLAIMS.contains(from), "{from} is not in the good claims");
    CLAIMS.replace(from, to)
}

fn good() -> String {
    token(header("", ""), CLAIMS)
}

fn jwk() -> String {
    let x = encode(key().verifying_key().as_bytes());
    format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{}","x":"{x}"}}"#, kid())
}

fn verifier_with(limits: Limits) -> Verifier {
    let keys = KeySet::from_json(format!(r#"{{"keys":[{}]}}"#, jwk()).as_bytes()).unwrap();
    Verifier::new("https://issuer.test", "api", keys, limits).unwrap()
}

fn judge(token: &str) -> Verdict {
    verifier_with(Limits::default()).verify(token, NOW, &Requirements::default())
}

#[track_caller]
fn refused(name: &str, token: &str, expected: Code) {
    match judge(token) {
        Verdict::Invalid(refusal) => assert_eq!(refusal.code, expected, "{name}: {}", refusal.detail),
        other => panic!("{name}: expected {}, but it is {}", expected.as_str(), other.state()),
    }
}

#[test]
fn a_good_token_is_fresh_then_stale_then_expired() {
    let verifier = verifier_with(Limits::default());
    for (now, state, fresh_for, exchangeable_for) in [
        (1000, "fresh", 1000, 2000),
        (1999, "fresh", 1, 1001),
        (2000, "stale", 0, 1000),
        (2999, "stale", 0, 1),
        (3000, "expired", 0, 0),
    ] {
        let verdict = verifier.verify(&good(), now, &Requirements::default());
        assert_eq!(verdict.state(), state, "at {now}");
        let (Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged)) = verdict else {
            unreachable!()
        };
        assert_eq!((judged.fresh_for, judged.exchangeable_for), (fresh_for, exchangeable_for), "at {now}");
        assert_eq!((judged.claims.sub.as_str(), judged.claims.r#gen), ("u1", 3));
        assert_eq!(judged.payload, CLAIMS);
    }
}

#[test]
fn both_names_of_the_algorithm_are_accepted_and_no_other() {
    assert_eq!(judge(&token(header("Ed25519", "EdDSA"), CLAIMS)).state(), "fresh");
    for alg in [
        "none",
        "None",
        "",
        "HS256",
        "RS256",
        "ES256",
        "ed25519",
        "EDDSA",
        "eddsa",
        "Ed448",
        "Ed25519ph",
        " Ed25519",
    ] {
        refused(alg, &token(header("Ed25519", alg), CLAIMS), Code::UnsupportedAlg);
    }
    for alg in ["null", "1", "[\"Ed25519\"]", "{}"] {
        refused(alg, &token(header("\"Ed25519\"", alg), CLAIMS), Code::UnsupportedAlg);
    }
}

#[test]
fn length_and_parts_are_checked_before_anything_else() {
    refused("8 KiB and a byte", &"a".repeat(8193), Code::TooLong);
    let good = good();
    for (name, token) in [
        ("empty", String::new()),
        ("one part", "abc".into()),
        ("two parts", "abc.def".into()),
        ("four parts", format!("{good}.")),
        ("five parts", format!("{good}.{good}")),
        ("JSON serialization", r#"{"payload":"e30","signatures":[]}"#.into()),
    ] {
        refused(name, &token, Code::Malformed);
    }
}

#[test]
fn every_part_must_be_strict_base64url() {
    let good = good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    for (name, token) in [
        ("padding", format!("{signed}.{signature}==")),
        ("whitespace in front", format!(" {good}")),
        ("newline behind", format!("{good}\n")),
        ("NUL behind", format!("{good}\0")),
        ("the other alphabet", format!("{signed}.{}", "+".repeat(86))),
        ("not ASCII", format!("é{good}")),
        ("one character too many", format!("{signed}.{signature}AAA")),
    ] {
        refused(name, &token, Code::BadEncoding);
    }
}

#[test]
fn stray_bits_in_the_last_character_are_refused() {
    let good = good();
    let last = good.chars().last().unwrap();
    // 64 bytes end in a character of which only two bits count: its fifteen neighbours would decode to the same bytes.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = alphabet.find(last).unwrap();
    assert_eq!(value % 16, 0);
    for stray in 1..16 {
        let other = alphabet.chars().nth(value + stray).unwrap();
        refused("stray bits", &format!("{}{other}", &good[..good.len() - 1]), Code::BadEncoding);
    }
}

#[test]
fn the_header_is_an_object_with_exactly_its_five_members() {
    for (name, header) in [
        ("empty", String::new()),
        ("null", "null".into()),
        ("an array of the values", format!(r#"["Ed25519","bbf+jwt","{}",["bbf"],2000]"#, kid())),
        ("text behind", header("", "") + "x"),
        ("no alg", header(r#""alg":"Ed25519","#, "")),
        ("no typ", header(r#""typ":"bbf+jwt","#, "")),
        ("no kid", header(r#""kid":"KID","#, "")),
        ("no crit", header(r#""crit":["bbf"],"#, "")),
        ("no bbf", header(r#","bbf":2000"#, "")),
        ("an embedded key", header("{\"alg\"", &format!("{{\"jwk\":{},\"alg\"", jwk()))),
        ("a link to keys", header("{\"alg\"", "{\"jku\":\"https://evil.test\",\"alg\"")),
        ("b64", header("{\"alg\"", "{\"b64\":false,\"alg\"")),
        ("alg twice", header("{\"alg\"", "{\"alg\":\"Ed25519\",\"alg\"")),
        ("alg twice, once escaped", header("{\"alg\"", "{\"\\u0061lg\":\"none\",\"alg\"")),
        ("Alg", header("\"alg\"", "\"Alg\"")),
        ("kid a number", header("\"KID\"", "1")),
        ("kid empty", header("KID", "").replace(&kid(), "")),
        ("bbf a text", header("2000", "\"2000\"")),
        ("bbf a float", header("2000", "2000.0")),
        ("bbf negative", header("2000", "-2000")),
        ("bbf beyond 2^53", header("2000", "9007199254740992")),
    ] {
        refused(name, &token(header, CLAIMS), Code::BadHeader);
    }
    refused("not UTF-8", &token(b"{\"alg\":\"\xff\"}", CLAIMS), Code::BadHeader);
}

#[test]
fn the_type_and_the_critical_extension_are_its_own() {
    for typ in ["JWT", "at+jwt", "BBF+JWT", "application/bbf+jwt", ""] {
        refused(typ, &token(header("bbf+jwt", typ), CLAIMS), Code::WrongType);
    }
    for crit in [
        "[]",
        "[\"exp\"]",
        "[\"bbf\",\"exp\"]",
        "[\"bbf\",\"bbf\"]",
        "\"bbf\"",
        "null",
        "[[\"bbf\"]]",
        "{\"bbf\":1}",
    ] {
        refused(crit, &token(header("[\"bbf\"]", crit), CLAIMS), Code::BadCrit);
    }
}

#[test]
fn a_token_by_another_key_is_refused() {
    refused("unknown kid", &token(header("KID", "other"), CLAIMS), Code::UnknownKey);
    let good = good();
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let other = encode(ed25519_dalek::SigningKey::from_bytes(&[8; 32]).sign(signed.as_bytes()).to_bytes());
    refused("another key's signature", &format!("{signed}.{other}"), Code::BadSignature);
    refused("no signature", &format!("{signed}."), Code::BadSignature);
    refused("63 bytes", &format!("{signed}.{}", encode([1; 63])), Code::BadSignature);
    let mut bytes = Base64UrlUnpadded::decode_vec(signature).unwrap();
    add_group_order(&mut bytes[32..]);
    refused("S not reduced", &format!("{signed}.{}", encode(&bytes)), Code::BadSignature);
}

/// S + L verifies in lax implementations: a second signature of the same message (RFC 8032, 5.1.7).
fn add_group_order(s: &mut [u8]) {
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0_u16;
    for (byte, add) in s.iter_mut().zip(L) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry as u8;
        carry >>= 8;
    }
}

#[test]
fn claims_that_are_not_what_a_session_token_says_are_refused() {
    for (name, claims) in [
        ("empty", String::new()),
        ("an array", "[]".into()),
        ("no iss", claims(r#""iss":"https://issuer.test","#, "")),
        ("iss empty", claims("https://issuer.test", "")),
        ("sub a number", claims("\"u1\"", "1")),
        ("sub with a control character", claims("u1", "u\\u00001")),
        ("sub with a lone surrogate", claims("u1", "\\ud800")),
        ("no aud", claims(r#""aud":"api","#, "")),
        ("aud an empty list", claims("\"api\"", "[]")),
        ("aud a list of numbers", claims("\"api\"", "[1]")),
        ("aud an object", claims("\"api\"", "{}")),
        ("no sid", claims(r#""sid":"s1","#, "")),
        ("sid null", claims("\"s1\"", "null")),
        ("no gen", claims(r#""gen":3,"#, "")),
        ("gen negative", claims("\"gen\":3", "\"gen\":-1")),
        ("gen a float", claims("\"gen\":3", "\"gen\":3.0")),
        ("no iat", claims(r#""iat":1000,"#, "")),
        ("iat with an exponent", claims("1000", "1e3")),
        ("exp a text", claims("3000", "\"3000\"")),
        ("exp beyond 2^53", claims("3000", "9007199254740992")),
        ("bbf other than the header's", claims("2000", "2001")),
        ("iat after bbf", claims("1000", "2001")),
        ("exp before bbf", claims("3000", "1999")),
        ("a lifetime of 400 days and a second", claims("3000", "34561001")),
        ("a name twice", claims("\"gen\":3", "\"gen\":3,\"gen\":3")),
        ("a name twice, deep inside", claims("\"gen\":3", "\"gen\":3,\"x\":[{\"y\":1,\"y\":2}]")),
        ("nine levels", claims("\"gen\":3", "\"gen\":3,\"x\":[[[[[[[[]]]]]]]]")),
        ("scope a list", claims("\"read write\"", "[]")),
        ("groups a text", claims("[\"staff\"]", "\"staff\"")),
        ("cnf a text", claims("\"gen\":3", "\"gen\":3,\"cnf\":\"x\"")),
        ("nbf a text", claims("\"gen\":3", "\"gen\":3,\"nbf\":\"1\"")),
        ("text behind", claims("", "") + "x"),
    ] {
        refused(name, &token(header("", ""), claims), Code::BadClaims);
    }
    let not_utf8 = [CLAIMS.trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    refused("not UTF-8", &token(header("", ""), not_utf8), Code::BadClaims);
}

#[test]
fn tokens_from_the_future_wait_for_the_clock() {
    let late = claims("1000", "1560");
    assert_eq!(judge(&token(header("", ""), late)).state(), "fresh");
    refused("iat 61 s ahead", &token(header("", ""), claims("1000", "1561")), Code::NotYetValid);
    refused(
        "nbf 61 s ahead",
        &token(header("", ""), claims("\"gen\":3", "\"gen\":3,\"nbf\":1561")),
        Code::NotYetValid,
    );
}

#[test]
fn issuer_and_audience_are_compared_byte_for_byte() {
    for iss in ["https://issuer.test/", "https://ISSUER.test", "http://issuer.test", "https://issuer.test "] {
        refused(iss, &token(header("", ""), claims("https://issuer.test", iss)), Code::WrongIssuer);
    }
    refused("aud", &token(header("", ""), claims("\"api\"", "\"API\"")), Code::WrongAudience);
    refused("aud list", &token(header("", ""), claims("\"api\"", "[\"a\",\"b\"]")), Code::WrongAudience);
    assert_eq!(judge(&token(header("", ""), claims("\"api\"", "[\"other\",\"api\"]"))).state(), "fresh");
}

#[test]
fn what_the_caller_asks_is_asked_of_fresh_tokens() {
    let verifier = verifier_with(Limits::default());
    let ask = |needs: Requirements, now| verifier.verify(&good(), now, &needs);
    let scope = |scope: &str| Requirements {
        scope: scope.split(' ').map(Into::into).collect(),
        ..Default::default()
    };
    let group = |group: &str| Requirements { groups: vec![group.into()], ..Default::default() };
    let age = |age| Requirements { max_auth_age: Some(age), ..Default::default() };
    for needs in [scope("read"), scope("write read"), group("staff"), age(600)] {
        assert_eq!(ask(needs.clone(), NOW).state(), "fresh", "{needs:?}");
    }
    for (needs, code) in [
        (scope("read admin"), Code::MissingScope),
        (scope("rea"), Code::MissingScope),
        (group("admins"), Code::MissingGroup),
        (age(599), Code::AuthTooOld),
    ] {
        let Verdict::Invalid(refusal) = ask(needs.clone(), NOW) else { panic!("{needs:?} was met") };
        assert_eq!(refusal.code, code);
        assert_eq!(refusal.verified.unwrap().claims.sub, "u1", "the claims stay readable");
        assert_eq!(ask(needs, 2500).state(), "stale", "a stale token is exchanged first");
    }
}

#[test]
fn a_caller_may_set_other_limits() {
    let with = |limits| verifier_with(limits).verify(&good(), 2004, &Requirements::default());
    assert_eq!(with(Limits { window_tolerance: 5, ..Limits::default() }).state(), "fresh");
    for (limits, code) in [
        (Limits { max_token_bytes: 100, ..Limits::default() }, Code::TooLong),
        (Limits { max_lifetime: 1999, ..Limits::default() }, Code::BadClaims),
    ] {
        let Verdict::Invalid(refusal) = with(limits) else { panic!("accepted") };
        assert_eq!(refusal.code, code);
    }
}

#[test]
fn no_detail_repeats_the_token() {
    let good = good();
    for broken in [format!("{good}x"), good.replace("..", "."), token(header("KID", &good), CLAIMS)] {
        if let Verdict::Invalid(refusal) = judge(&broken) {
            assert!(refusal.detail.len() < 300, "{}", refusal.detail);
            assert!(!refusal.detail.contains(&good), "{}", refusal.detail);
        }
    }
}

proptest! {
    #[test]
    fn a_change_of_any_character_makes_it_invalid(at in 0_usize..400, to in "[A-Za-z0-9_.=-]") {
        let good = good();
        let at = at % good.len();
        let mut changed = good.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != good);
        prop_assert_eq!(judge(&changed).state(), "invalid");
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,300}", now in any::<u64>()) {
        let verdict = verifier_with(Limits::default()).verify(&text, now, &Requirements::default());
        prop_assert_eq!(verdict.state(), "invalid");
    }

    #[test]
    fn no_signed_bytes_make_it_panic(header in ".{0,60}", claims in ".{0,60}") {
        judge(&token(header, claims));
    }
}
