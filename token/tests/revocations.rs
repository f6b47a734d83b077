//! Lists of revocations: what is taken over, what is refused, and that a refused one changes nothing.
#![cfg(feature = "sign")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use base64ct::{Base64UrlUnpadded, Encoding};
use proptest::prelude::*;
use shelflife_token::{
    CachingVerifier, Claims, KeySet, Limits, Requirements, RevocationCode, RevocationList, RevocationOptions,
    SessionPrefix, SigningKey, UserCutoff, Verdict, Verifier, WhenOutdated,
};

const ISSUER: &str = "https://issuer.test";
const NOW: u64 = 1_800_000_000;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap()
}

fn sid(number: u64) -> String {
    let mut bytes = [0x5A; 16];
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    Base64UrlUnpadded::encode_string(&bytes)
}

fn token_at(number: u64, iat: u64) -> String {
    let claims = Claims {
        iss: ISSUER.into(),
        sub: format!("u{number}"),
        aud: vec!["api".into()],
        sid: sid(number),
        r#gen: 1,
        iat,
        bbf: NOW + 900,
        exp: NOW + 9000,
        ..Claims::default()
    };
    key(9).sign_session(&claims).unwrap()
}

fn token(number: u64) -> String {
    token_at(number, NOW)
}

fn verifier() -> Verifier {
    let keys = KeySet::of([&key(9), &key(8)]).unwrap();
    Verifier::new(ISSUER, "api", keys, Limits::default()).unwrap()
}

fn list(seq: u64, sessions: &[u64]) -> RevocationList {
    RevocationList {
        iss: ISSUER.into(),
        iat: NOW,
        seq,
        max_age: 300,
        sessions: sessions.iter().map(|number| (SessionPrefix::of(&sid(*number)), NOW + 900)).collect(),
        ..RevocationList::default()
    }
}

fn signed(list: &RevocationList) -> String {
    key(9).sign_revocations(list)
}

fn says(verifier: &Verifier, number: u64) -> String {
    word(&verifier.verify(&token(number), NOW, &Requirements::default()))
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Invalid(refusal) => {
            assert_eq!(refusal.verified.is_some(), refusal.code.keeps_claims());
            refusal.code.as_str().to_owned()
        }
        other => other.state().to_owned(),
    }
}

#[test]
fn a_listed_session_is_revoked_and_keeps_its_claims_and_others_are_fresh() {
    let mut verifier = verifier();
    assert_eq!(verifier.revocations(), None);
    let applied = verifier.update_revocations(&signed(&list(5, &[1, 2, 3])), NOW).unwrap();
    assert_eq!((applied.seq, applied.entries, applied.changed), (5, 3, true));
    assert_eq!((says(&verifier, 2).as_str(), says(&verifier, 4).as_str()), ("revoked", "fresh"));
    let Verdict::Invalid(refusal) = verifier.verify(&token(2), NOW, &Requirements::default()) else {
        panic!("not refused")
    };
    assert_eq!(refusal.verified.unwrap().claims.sub, "u2");
}

#[test]
fn a_session_id_of_another_form_is_listed_by_its_hash() {
    for name in ["s1", "a much longer session id than ours are", "!!!!!!!!!!!!!!!!!!!!!!"] {
        let mut verifier = verifier();
        let mut list = list(5, &[]);
        list.sessions.push((SessionPrefix::of(name), NOW + 900));
        verifier.update_revocations(&signed(&list), NOW).unwrap();
        let claims = Claims {
            iss: ISSUER.into(),
            sub: "u".into(),
            aud: vec!["api".into()],
            sid: name.into(),
            iat: NOW,
            bbf: NOW + 900,
            exp: NOW + 900,
            ..Claims::default()
        };
        let token = key(9).sign_session(&claims).unwrap();
        assert_eq!(word(&verifier.verify(&token, NOW, &Requirements::default())), "revoked");
    }
}

#[test]
fn a_token_that_is_not_fresh_is_not_looked_up() {
    let mut verifier = verifier();
    let late = RevocationList { iat: NOW + 900, ..list(5, &[1]) };
    verifier.update_revocations(&signed(&late), NOW + 900).unwrap();
    let verdict = |now| word(&verifier.verify(&token(1), now, &Requirements::default()));
    assert_eq!((verdict(NOW + 899), verdict(NOW + 900)), ("revoked".into(), "stale".into()));
}

#[test]
fn revocation_comes_before_what_the_caller_asks() {
    let mut verifier = verifier();
    verifier.update_revocations(&signed(&list(5, &[1])), NOW).unwrap();
    let needs = Requirements { scope: vec!["write".into()], ..Requirements::default() };
    assert_eq!(word(&verifier.verify(&token(1), NOW, &needs)), "revoked");
    assert_eq!(word(&verifier.verify(&token(2), NOW, &needs)), "missing-scope");
}

#[test]
fn a_user_is_revoked_up_to_an_instant_and_not_from_it_on() {
    let mut verifier = verifier();
    let mut list = list(5, &[]);
    list.users.push(UserCutoff { sub: "u1".into(), before: NOW, until: NOW + 900 });
    verifier.update_revocations(&signed(&list), NOW).unwrap();
    let verdict = |number, iat| word(&verifier.verify(&token_at(number, iat), NOW, &Requirements::default()));
    assert_eq!(verdict(1, NOW - 1), "revoked");
    assert_eq!(verdict(1, NOW), "fresh");
    assert_eq!(verdict(2, NOW - 1), "fresh");
}

#[test]
fn what_a_listed_key_signed_is_revoked_and_it_signs_no_lists() {
    let mut verifier = verifier();
    let keys = vec![key(9).kid().to_owned()];
    let listed = RevocationList { keys, ..list(5, &[]) };
    assert_eq!(code(verifier.update_revocations(&signed(&listed), NOW)), "unknown-key");
    verifier.update_revocations(&key(8).sign_revocations(&listed), NOW).unwrap();
    assert_eq!(says(&verifier, 1), "revoked");
    assert_eq!(code(verifier.update_revocations(&signed(&list(6, &[])), NOW)), "unknown-key");
}

#[test]
fn deltas_add_to_what_is_known_and_snapshots_take_its_place() {
    let mut verifier = verifier();
    verifier.update_revocations(&signed(&list(5, &[1])), NOW).unwrap();
    let delta = RevocationList { since: Some(5), ..list(7, &[2]) };
    assert_eq!(verifier.update_revocations(&signed(&delta), NOW).unwrap().entries, 2);
    let overlapping = RevocationList { since: Some(3), ..list(8, &[2, 3]) };
    assert_eq!(verifier.update_revocations(&signed(&overlapping), NOW).unwrap().entries, 3);
    assert_eq!(says(&verifier, 1), "revoked");
    assert_eq!(verifier.update_revocations(&signed(&list(9, &[4])), NOW).unwrap().entries, 1);
    assert_eq!((says(&verifier, 1).as_str(), says(&verifier, 4).as_str()), ("fresh", "revoked"));
}

#[test]
fn entries_leave_when_a_delta_comes_after_their_time() {
    let mut verifier = verifier();
    verifier.update_revocations(&signed(&list(5, &[1])), NOW).unwrap();
    let later = NOW + 1000;
    let mut delta = RevocationList { since: Some(5), iat: later, ..list(7, &[]) };
    delta.sessions.push((SessionPrefix::of(&sid(2)), later + 900));
    assert_eq!(verifier.update_revocations(&signed(&delta), later).unwrap().entries, 1);
}

#[test]
fn a_list_that_is_known_already_only_renews_the_age() {
    let mut verifier = verifier();
    verifier.update_revocations(&signed(&list(5, &[1])), NOW).unwrap();
    let again = RevocationList { iat: NOW + 100, since: Some(5), ..list(5, &[]) };
    let applied = verifier.update_revocations(&signed(&again), NOW + 100).unwrap();
    assert_eq!((applied.changed, applied.entries), (false, 1));
    assert_eq!(verifier.revocations().unwrap().issued_at, NOW + 100);
    verifier.update_revocations(&signed(&list(5, &[1])), NOW + 100).unwrap();
    assert_eq!(verifier.revocations().unwrap().issued_at, NOW + 100);
}

fn code<T>(outcome: Result<T, shelflife_token::RevocationError>) -> &'static str {
    match outcome {
        Ok(_) => "accepted",
        Err(error) => {
            assert!(!error.detail.is_empty());
            error.code.as_str()
        }
    }
}

#[test]
fn every_bad_list_is_refused_with_its_code_and_the_last_good_one_stays() {
    let good = signed(&list(5, &[1]));
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    let payload = good.split('.').nth(1).unwrap();
    let session = token(1);
    let jose = |header: &str, payload: &str| {
        let encode = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        format!("{}.{}.{}", encode(header), encode(payload), encode(&"x".repeat(64)))
    };
    let header = |alg: &str, typ: &str| {
        let kid = key(9).kid().to_owned();
        jose(&format!(r#"{{"alg":"{alg}","typ":"{typ}","kid":"{kid}"}}"#), "{}")
    };
    let mut forged = list(6, &[]);
    forged.sessions.clear();
    let bad = [
        ("malformed", String::new()),
        ("malformed", "garbage".into()),
        ("malformed", ".".repeat(100)),
        ("malformed", unsigned.into()),
        ("malformed", good[..good.len() / 2].into()),
        ("bad-signature", good[..good.len() - 2].into()),
        ("malformed", format!("{good}\n")),
        ("malformed", format!("{good}.{payload}")),
        ("malformed", jose("[]", "{}")),
        ("wrong-type", session),
        ("wrong-type", header("Ed25519", "JWT")),
        ("unsupported-alg", header("none", "revocations+jwt")),
        ("unsupported-alg", header("HS256", "revocations+jwt")),
        ("bad-signature", header("EdDSA", "revocations+jwt")),
        ("unknown-key", key(7).sign_revocations(&forged)),
        ("wrong-issuer", signed(&RevocationList { iss: "https://other.test".into(), ..list(6, &[]) })),
        ("not-yet-valid", signed(&RevocationList { iat: NOW + 61, ..list(6, &[]) })),
        ("too-old", signed(&RevocationList { iat: NOW - 301, ..list(6, &[]) })),
        ("going-back", signed(&list(4, &[]))),
        ("gap", signed(&RevocationList { since: Some(6), ..list(7, &[]) })),
        ("malformed", signed(&RevocationList { since: Some(8), ..list(7, &[]) })),
        ("malformed", signed(&RevocationList { seq: 1 << 53, ..list(6, &[]) })),
    ];
    let mut verifier = verifier();
    verifier.update_revocations(&good, NOW).unwrap();
    let before = verifier.revocations();
    for (expected, text) in bad {
        assert_eq!(code(verifier.update_revocations(&text, NOW)), expected, "{text:.200}");
        assert_eq!(verifier.revocations(), before, "{expected}");
        assert_eq!(says(&verifier, 1), "revoked");
    }
}

#[test]
fn a_list_beyond_the_limit_is_refused_unread() {
    let options = RevocationOptions { max_bytes: 1000, ..RevocationOptions::default() };
    let mut verifier = verifier().with_revocations(options);
    assert_eq!(code(verifier.update_revocations(&"a".repeat(1001), NOW)), "too-long");
}

#[test]
fn the_first_delta_needs_a_snapshot_before_it_unless_it_begins_at_nothing() {
    let delta = |since| signed(&RevocationList { since: Some(since), ..list(7, &[1]) });
    assert_eq!(code(verifier().update_revocations(&delta(1), NOW)), "gap");
    assert_eq!(code(verifier().update_revocations(&delta(0), NOW)), "accepted");
}

#[test]
fn told_to_shut_a_verifier_opens_only_with_a_list_that_is_recent_enough() {
    let shut = RevocationOptions {
        max_age: Some(60),
        when_outdated: WhenOutdated::Shut,
        ..RevocationOptions::default()
    };
    let mut verifier = verifier().with_revocations(shut);
    assert_eq!(says(&verifier, 1), "revocations-unavailable");
    verifier.update_revocations(&signed(&list(5, &[1])), NOW).unwrap();
    assert_eq!((says(&verifier, 1).as_str(), says(&verifier, 2).as_str()), ("revoked", "fresh"));
    let later = |number, now| word(&verifier.verify(&token(number), now, &Requirements::default()));
    assert_eq!((later(2, NOW + 60), later(2, NOW + 61)), ("fresh".into(), "revocations-unavailable".into()));
    // What is known to be revoked is so for good.
    assert_eq!(later(1, NOW + 61), "revoked");
    assert_eq!(later(2, NOW + 900), "stale");
}

#[test]
fn the_callers_age_goes_before_the_lists_own() {
    let day = RevocationOptions { max_age: Some(86_400), ..RevocationOptions::default() };
    let mut verifier = verifier().with_revocations(day);
    let old = signed(&RevocationList { iat: NOW - 3600, ..list(5, &[]) });
    assert_eq!(code(verifier.update_revocations(&old, NOW)), "accepted");
}

#[test]
fn a_remembered_token_is_revoked_by_the_next_list() {
    let mut verifier = CachingVerifier::new(verifier(), 8);
    let mut state = |list: Option<&RevocationList>| {
        if let Some(list) = list {
            verifier.update_revocations(&signed(list), NOW).unwrap();
        }
        let judgement = verifier.verify(&token(1), NOW, &Requirements::default(), || Some([1; 16]));
        (
            judgement.known,
            judgement.payload().is_some(),
            judgement.outcome.map_err(|it| it.code.as_str()).is_ok(),
        )
    };
    assert_eq!(state(None), (false, true, true));
    assert_eq!(state(None), (true, true, true));
    assert_eq!(state(Some(&list(5, &[1]))), (true, true, false));
    assert_eq!(state(None), (true, true, false));
    assert_eq!(state(Some(&list(6, &[]))), (true, true, true));
}

#[test]
fn a_change_of_keys_forgets_no_revocation() {
    let mut old = verifier();
    old.update_revocations(&signed(&list(5, &[1])), NOW).unwrap();
    let mut new = verifier();
    new.inherit_revocations(&old);
    assert_eq!(says(&new, 1), "revoked");
    let keys = KeySet::of([&key(9)]).unwrap();
    let mut stranger = Verifier::new("https://other.test", "api", keys, Limits::default()).unwrap();
    stranger.inherit_revocations(&old);
    assert_eq!(stranger.revocations(), None);
}

#[test]
fn a_list_takes_less_than_24_bytes_a_session() {
    let numbers: Vec<u64> = (0..10_000).collect();
    let mut list = list(5, &numbers);
    for (at, (_, until)) in list.sessions.iter_mut().enumerate() {
        *until = NOW + at as u64 % 900;
    }
    let text = signed(&list);
    assert!(text.len() < 22 * numbers.len(), "{}", text.len());
    assert_eq!(verifier().update_revocations(&text, NOW).unwrap().entries, numbers.len());
}

#[test]
fn codes_are_all_different() {
    let codes: std::collections::BTreeSet<_> = RevocationCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes.len(), RevocationCode::ALL.len());
    assert!(RevocationCode::ALL.iter().all(|code| !code.description().is_empty()));
}

proptest! {
    #[test]
    fn exactly_what_was_listed_is_revoked(
        listed in prop::collection::btree_set(0_u64..500, 0..60),
        since in prop::collection::btree_set(0_u64..500, 0..60),
        asked in prop::collection::vec(0_u64..500, 1..10),
    ) {
        let mut verifier = verifier();
        let numbers = |set: &std::collections::BTreeSet<u64>| set.iter().copied().collect::<Vec<_>>();
        verifier.update_revocations(&signed(&list(5, &numbers(&listed))), NOW).unwrap();
        let delta = RevocationList { since: Some(5), ..list(6, &numbers(&since)) };
        verifier.update_revocations(&signed(&delta), NOW).unwrap();
        for number in asked {
            let expected = if listed.contains(&number) || since.contains(&number) { "revoked" } else { "fresh" };
            prop_assert_eq!(says(&verifier, number), expected);
        }
    }

    #[test]
    fn no_change_of_a_byte_is_taken_over(at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let good = signed(&list(5, &[1, 2, 3]));
        let mut bytes = good.clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = with;
        if let Ok(text) = String::from_utf8(bytes) && text != good {
            let mut verifier = verifier();
            prop_assert!(verifier.update_revocations(&text, NOW).is_err());
            prop_assert_eq!(verifier.revocations(), None);
        }
    }

    #[test]
    fn anything_at_all_is_refused_quietly(text in ".{0,300}|[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}") {
        prop_assert!(verifier().update_revocations(&text, NOW).is_err());
    }
}
