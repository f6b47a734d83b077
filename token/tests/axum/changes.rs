//! What changes while a guard judges: lists of revocations, keys, and what it remembers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use shelflife_token::{
    Claims, Code, Guard, KeySet, RevocationCode, RevocationList, RevocationOptions, SessionPrefix,
    SigningKey, Statistics, WhenOutdated,
};

use crate::server::{FROM, ISSUER, Server, claims, key, token, verifier};

const NOW: u64 = FROM + 10;

fn other(sid: &str) -> String {
    token(&Claims { sid: sid.to_owned(), ..claims() })
}

/// The list of an issuer where these sessions were ended.
fn list(seq: u64, sids: &[&str]) -> RevocationList {
    let sessions = sids.iter().map(|sid| (SessionPrefix::of(sid), FROM + 900)).collect();
    let iss = ISSUER.to_owned();
    RevocationList { iss, iat: NOW, seq, max_age: 300, sessions, ..RevocationList::default() }
}

fn signed(list: &RevocationList) -> String {
    key().sign_revocations(list)
}

#[track_caller]
fn is_revoked(server: &Server, token: &str) {
    let description = Code::Revoked.description();
    let challenge = format!(r#"Bearer error="invalid_token", error_description="{description}""#);
    for path in ["/me", "/layered"] {
        server.with_token(path, token).is_refused(401, "revoked", &challenge);
    }
}

#[test]
fn an_ended_session_is_refused_once_its_list_has_come_and_others_go_on() {
    for capacity in [1024, 4, 0] {
        let server = Server::guarded_by(Guard::new(verifier()).with_memory(capacity));
        let (ended, alive) = (token(&claims()), other("s2"));
        for token in [&ended, &alive] {
            assert_eq!(server.with_token("/me", token).status, 200);
            assert_eq!(server.with_token("/layered", token).status, 200);
        }
        let applied = server.guard.update_revocations(&signed(&list(5, &["s1"]))).unwrap();
        assert_eq!((applied.seq, applied.entries, applied.changed), (5, 1, true));
        is_revoked(&server, &ended);
        assert_eq!(server.with_token("/me", &alive).status, 200);
        // And one that comes as a delta.
        let delta = RevocationList { since: Some(5), ..list(6, &["s2"]) };
        server.guard.update_revocations(&signed(&delta)).unwrap();
        is_revoked(&server, &ended);
        is_revoked(&server, &alive);
        assert_eq!(server.guard.revocations().map(|known| (known.seq, known.entries)), Some((6, 2)));
        assert_eq!(server.calls.load(Ordering::SeqCst), 5);
    }
}

#[test]
fn a_list_that_is_not_the_issuers_or_not_the_latest_is_refused_and_the_last_good_one_stays() {
    let server = Server::start();
    let good = signed(&list(5, &["s1"]));
    server.guard.update_revocations(&good).unwrap();
    let empty = list(6, &[]);
    let (head, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = signed(&empty).rsplit_once('.').map(|(_, end)| ((), end.to_owned())).unwrap();
    let cases = [
        (SigningKey::from_seed(&[2; 32]).unwrap().sign_revocations(&empty), RevocationCode::UnknownKey),
        (format!("{head}.{signature}"), RevocationCode::BadSignature),
        (
            signed(&RevocationList { iss: "https://else.example.com".into(), ..list(6, &[]) }),
            RevocationCode::WrongIssuer,
        ),
        (signed(&list(4, &[])), RevocationCode::GoingBack),
        (signed(&RevocationList { since: Some(6), ..list(7, &[]) }), RevocationCode::Gap),
        (signed(&RevocationList { iat: NOW - 301, ..list(6, &[]) }), RevocationCode::TooOld),
        (head.to_owned(), RevocationCode::Malformed),
    ];
    for (list, code) in cases {
        assert_eq!(server.guard.update_revocations(&list).unwrap_err().code, code);
        assert_eq!(server.guard.revocations().unwrap().seq, 5);
        is_revoked(&server, &token(&claims()));
    }
}

#[test]
fn without_a_recent_list_the_verifiers_setting_decides_for_remembered_tokens_too() {
    let shut = RevocationOptions { when_outdated: WhenOutdated::Shut, ..RevocationOptions::default() };
    let shut = Server::guarded_by(Guard::new(verifier().with_revocations(shut)));
    let open = Server::start();
    let token = token(&claims());
    let refused = |server: &Server| {
        let answer = server.with_token("/me", &token);
        assert_eq!(answer.status, 503);
        assert!(answer.body.contains("\"revocations-unavailable\""), "{}", answer.body);
    };
    refused(&shut);
    assert_eq!(open.with_token("/me", &token).status, 200);
    for server in [&shut, &open] {
        server.guard.update_revocations(&signed(&list(5, &["s2"]))).unwrap();
        server.clock.store(NOW + 300, Ordering::SeqCst);
        assert_eq!(server.with_token("/me", &token).status, 200);
        server.clock.store(NOW + 301, Ordering::SeqCst);
    }
    refused(&shut);
    assert_eq!(open.with_token("/me", &token).status, 200);
    is_revoked(&open, &other("s2"));
    let fresh = RevocationList { iat: NOW + 301, ..list(5, &["s2"]) };
    assert!(!shut.guard.update_revocations(&signed(&fresh)).unwrap().changed);
    assert_eq!(shut.with_token("/me", &token).status, 200);
}

#[test]
fn a_token_that_is_shown_again_is_remembered_until_it_goes_stale_unless_that_is_switched_off() {
    let (server, forgetful) = (Server::start(), Server::guarded_by(Guard::new(verifier()).with_memory(0)));
    let token = token(&claims());
    for server in [&server, &forgetful] {
        for _ in 0..3 {
            assert_eq!(server.with_token("/me", &token).status, 200);
            assert_eq!(server.with_token("/write", &token).status, 403, "asked of a remembered one too");
        }
        server.clock.store(FROM + 900, Ordering::SeqCst);
        assert!(server.with_token("/me", &token).body.contains("\"stale\""));
        assert!(server.with_token("/me", "a.b").body.contains("\"malformed\""));
    }
    assert_eq!(server.guard.statistics(), Statistics { hits: 6, misses: 2, entries: 1 });
    assert_eq!(forgetful.guard.statistics(), Statistics::default());
}

#[test]
fn as_many_tokens_are_remembered_as_was_said_and_a_few_more_at_most() {
    let server = Server::guarded_by(Guard::new(verifier()).with_memory(200));
    for number in 0..1000 {
        assert_eq!(server.with_token("/me", &other(&format!("s{number}"))).status, 200);
    }
    let Statistics { entries, .. } = server.guard.statistics();
    assert!((150..=204).contains(&entries), "{entries}");
}

#[test]
fn a_key_that_is_gone_opens_nothing_not_even_what_was_remembered_and_its_successor_does() {
    let server = Server::start();
    let next = SigningKey::from_seed(&[2; 32]).unwrap();
    let (old, new) = (token(&claims()), next.sign_session(&claims()).unwrap());
    let ended = next.sign_session(&Claims { sid: "s2".to_owned(), ..claims() }).unwrap();
    server.guard.update_revocations(&signed(&list(5, &["s2"]))).unwrap();
    assert_eq!(server.with_token("/me", &old).status, 200);
    assert!(server.with_token("/me", &new).body.contains("\"unknown-key\""));
    server.guard.update_keys(KeySet::of([&key(), &next]).unwrap());
    assert_eq!((server.with_token("/me", &old).status, server.with_token("/me", &new).status), (200, 200));
    server.guard.update_keys(KeySet::of([&next]).unwrap());
    assert!(server.with_token("/me", &old).body.contains("\"unknown-key\""));
    assert_eq!(server.with_token("/me", &new).status, 200);
    is_revoked(&server, &ended);
}

#[test]
fn while_lists_come_one_after_the_other_every_request_is_judged_and_no_end_is_taken_back() {
    let server = Server::start();
    let sids: Vec<String> = (0..64).map(|number| format!("s{number}")).collect();
    let done = AtomicBool::new(false);
    let lines: Vec<axum::http::HeaderMap> = sids
        .iter()
        .map(|sid| [("authorization".parse().unwrap(), format!("Bearer {}", other(sid)).parse().unwrap())])
        .map(|line| line.into_iter().collect())
        .collect();
    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                let mut ended = 0;
                while !done.load(Ordering::SeqCst) {
                    // Ended in this order: what stands before an ended one is ended too.
                    for (at, headers) in lines.iter().enumerate() {
                        match server.guard.judge(headers, &shelflife_token::Requirements::default()) {
                            Ok(judged) => assert!(at >= ended, "{} is back", judged.claims.sid),
                            Err(refused) => {
                                assert_eq!(refused.reason, "revoked");
                                ended = ended.max(at + 1);
                            }
                        }
                    }
                }
            });
        }
        for seq in 1..=sids.len() {
            let upto: Vec<&str> = sids.iter().take(seq).map(String::as_str).collect();
            server.guard.update_revocations(&signed(&list(seq as u64, &upto))).unwrap();
            assert_eq!(server.guard.revocations().unwrap().entries, seq);
        }
        done.store(true, Ordering::SeqCst);
    });
    sids.iter().for_each(|sid| is_revoked(&server, &other(sid)));
}
