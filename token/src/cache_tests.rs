use super::*;
use crate::{Claims, Code, KeySet, Limits, SigningKey, State};
use alloc::{format, string::String, vec};

fn key() -> SigningKey {
    SigningKey::from_seed(&[4; 32]).unwrap()
}

fn token(sub: &str) -> String {
    let claims = Claims {
        iss: "https://issuer.test".into(),
        sub: sub.into(),
        aud: vec!["api".into()],
        sid: "s".into(),
        iat: 1000,
        bbf: 2000,
        exp: 3000,
        scope: Some("read".into()),
        ..Claims::default()
    };
    key().sign_session(&claims).unwrap()
}

fn caching(capacity: usize) -> CachingVerifier {
    let keys = KeySet::of([&key()]).unwrap();
    CachingVerifier::new(
        Verifier::new("https://issuer.test", "api", keys, Limits::default()).unwrap(),
        capacity,
    )
}

fn state(verifier: &mut CachingVerifier, token: &str, now: u64) -> Result<State, Code> {
    let judgement = verifier.verify(token, now, &Requirements::default(), || Some([7; 16]));
    judgement.outcome.map(|standing| standing.state).map_err(|refusal| refusal.code)
}

#[test]
fn a_remembered_token_still_goes_stale_expires_and_comes_from_the_future() {
    let (mut verifier, token) = (caching(8), token("u"));
    for (now, expected) in [
        (1999, Ok(State::Fresh)),
        (2000, Ok(State::Stale)),
        (3000, Ok(State::Expired)),
        (939, Err(Code::NotYetValid)),
        (1000, Ok(State::Fresh)),
    ] {
        assert_eq!(state(&mut verifier, &token, now), expected, "at {now}");
    }
    assert_eq!(verifier.statistics(), Statistics { hits: 4, misses: 1, entries: 1 });
}

#[test]
fn requirements_are_asked_of_a_remembered_token_too() {
    let (mut verifier, token) = (caching(8), token("u"));
    assert_eq!(state(&mut verifier, &token, 1500), Ok(State::Fresh));
    let needs = Requirements { scope: vec!["write".into()], ..Requirements::default() };
    let judgement = verifier.verify(&token, 1500, &needs, || None);
    assert!(judgement.known);
    assert!(judgement.payload().unwrap().contains("\"read\""), "the claims stay readable");
    assert_eq!(judgement.outcome.unwrap_err().code, Code::MissingScope);
}

#[test]
fn a_token_is_recognised_by_all_of_its_bytes() {
    let (mut verifier, token) = (caching(8), token("u"));
    assert_eq!(state(&mut verifier, &token, 1500), Ok(State::Fresh));
    for at in 0..token.len() {
        let mut changed = token.clone();
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        changed.replace_range(at..=at, other);
        assert!(state(&mut verifier, &changed, 1500).is_err(), "at {at}");
    }
    assert!(state(&mut verifier, &token[1..], 1500).is_err());
    assert!(state(&mut verifier, &format!("{token}A"), 1500).is_err());
    assert_eq!(verifier.statistics().entries, 1, "what is not genuine is not remembered");
}

#[test]
fn the_memory_stays_small_and_keeps_what_is_used() {
    let (mut verifier, favourite) = (caching(4), token("favourite"));
    assert_eq!(state(&mut verifier, &favourite, 1500), Ok(State::Fresh));
    for number in 0..50 {
        assert_eq!(state(&mut verifier, &token(&format!("{number}")), 1500), Ok(State::Fresh));
        assert_eq!(state(&mut verifier, &favourite, 1500), Ok(State::Fresh));
    }
    assert_eq!(verifier.statistics(), Statistics { hits: 50, misses: 51, entries: 4 });
}

#[test]
fn switched_off_it_remembers_nothing_and_without_a_seed_one_token_and_judges_alike() {
    let token = token("u");
    let mut off = caching(0);
    for _ in 0..2 {
        assert_eq!(state(&mut off, &token, 1500), Ok(State::Fresh));
        assert_eq!(state(&mut off, &token, 2500), Ok(State::Stale));
    }
    assert_eq!(off.statistics(), Statistics { hits: 0, misses: 4, entries: 0 });
    let mut seedless = caching(8);
    let other = self::token("other");
    for (token, slot, known) in
        [(&token, Some(0), false), (&other, None, false), (&token, Some(0), true), (&other, None, false)]
    {
        let judgement = seedless.verify(token, 1500, &Requirements::default(), || None);
        assert_eq!((judgement.slot, judgement.known), (slot, known));
        assert_eq!(judgement.outcome.unwrap().state, State::Fresh);
    }
}

#[test]
fn the_seed_is_drawn_at_the_second_token_and_the_first_is_recognised_where_it_went() {
    for seed in 0..32 {
        let (mut verifier, first, second) = (caching(64), token("first"), token("second"));
        let mut look = |token: &str, seed: &dyn Fn() -> Option<Seed>| {
            let judgement = verifier.verify(token, 1500, &Requirements::default(), seed);
            (judgement.slot.unwrap(), judgement.known)
        };
        let never = || panic!("no seed is needed");
        assert_eq!(look(&first, &never), (0, false));
        assert_eq!(look(&first, &never), (0, true));
        let (slot, known) = look(&second, &|| Some([seed; 16]));
        assert!(!known);
        assert_eq!(look(&second, &never), (slot, true));
        // Whoever keeps things by slot is told that this one is new there.
        let (moved, known) = look(&first, &never);
        assert!(!known && moved != slot);
        assert_eq!(look(&first, &never), (moved, true));
        assert_eq!(verifier.statistics(), Statistics { hits: 4, misses: 2, entries: 2 });
    }
}

#[test]
fn a_slot_is_the_same_at_every_hit_and_says_when_it_changed_hands() {
    let (mut verifier, first) = (caching(4), token("first"));
    let mut look = |token: &str| {
        let judgement = verifier.verify(token, 1500, &Requirements::default(), || Some([1; 16]));
        (judgement.slot.unwrap(), judgement.known)
    };
    let (slot, known) = look(&first);
    assert!(!known);
    assert_eq!(look(&first), (slot, true));
    for number in 0..4 {
        assert!(!look(&token(&format!("{number}"))).1);
    }
    assert!(!look(&first).1, "it was driven out, and comes back as new");
}

#[test]
fn what_is_remembered_is_in_no_debug_output() {
    let (mut verifier, token) = (caching(4), token("somebody"));
    assert_eq!(state(&mut verifier, &token, 1500), Ok(State::Fresh));
    let shown = format!("{verifier:?}");
    let signature = token.rsplit_once('.').unwrap().1;
    assert!(!shown.contains(signature) && !shown.contains("somebody"), "{shown}");
}
