//! What is revoked while its tokens are fresh, as a verifier far away learns of it.

use serde_json::json;
use shelflife_issuer::clock::Clock;
use shelflife_issuer::domain::{Cap, Rules, WhenFull};
use shelflife_issuer::keyring::Keyring;
use shelflife_token::{KeySet, Limits, Requirements, Verdict, Verifier};

use crate::common::{
    Answer, PAGE_ORIGIN, PASSWORD, Running, START, payload, policy, start, start_by, start_in,
};

/// A verifier with the server's keys and its present list.
pub(crate) async fn verifier(server: &Running) -> Verifier {
    let jwks = server.send("GET", "/.well-known/jwks.json", &[], "").await.body;
    let keys = KeySet::from_json(jwks.as_bytes()).unwrap();
    let mut verifier = Verifier::new("http://id.example", "api", keys, Limits::default()).unwrap();
    let list = list(server, "").await;
    verifier.update_revocations(&list.body, now(server)).unwrap();
    verifier
}

async fn list(server: &Running, query: &str) -> Answer {
    let answer = server.send("GET", &format!("/revocations{query}"), &[], "").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

pub(crate) fn now(server: &Running) -> u64 {
    server.clock.now().secs()
}

pub(crate) fn word(verifier: &Verifier, token: &str, now: u64) -> &'static str {
    match verifier.verify(token, now, &Requirements::default()) {
        Verdict::Invalid(refusal) => refusal.code.as_str(),
        other => other.state(),
    }
}

async fn says(server: &Running, token: &str) -> &'static str {
    word(&verifier(server).await, token, now(server))
}

fn claim(token: &str, name: &str) -> String {
    payload(token)[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_way_to_end_a_session_is_in_the_very_next_list() {
    let rules = Rules {
        sessions_per_user: Some(Cap { most: 3, when_full: WhenFull::EvictOldest }),
        ..policy().into()
    };
    let server = start_by(rules).await;
    let stays = server.login("eve").await;

    let left = server.login("ada").await;
    server.authorized("POST", "/logout", &left).await;
    let here = server.login("ada").await;
    let one = server.login("ada").await;
    server.authorized("DELETE", &format!("/sessions/{}", claim(&one, "sid")), &here).await;
    let other = server.login("ada").await;
    server.authorized("POST", "/sessions/revoke-others", &here).await;
    let by_password = server.login("ada").await;
    let change = json!({"current_password": PASSWORD, "new_password": "another horse battery"}).to_string();
    assert_eq!(server.post_as("/password", &here, &change).await.status, 200);
    for token in [&left, &one, &other, &by_password] {
        assert_eq!(says(&server, token).await, "revoked");
    }
    assert_eq!(says(&server, &here).await, "fresh");

    let mut sessions = Vec::new();
    for _ in 0..4 {
        // The oldest is the oldest by the second.
        server.clock.advance_millis(1000);
        sessions.push(server.login("eve").await);
    }
    assert_eq!(says(&server, &stays).await, "revoked", "evicted");
    assert_eq!(says(&server, &sessions[0]).await, "revoked", "evicted");
    assert_eq!(says(&server, &sessions[1]).await, "fresh");

    let successor = server.exchange(&sessions[1]).await.text("access_token");
    assert_eq!(server.authorized("POST", "/sessions/seen", &successor).await.status, 204);
    server.clock.advance_millis(1000);
    assert_eq!(server.exchange(&sessions[1]).await.text("reason"), "reuse_detected");
    assert_eq!(says(&server, &sessions[1]).await, "revoked", "used twice");
    assert_eq!(says(&server, &successor).await, "revoked", "used twice");

    let path = format!("/admin/users/{}", claim(&here, "sub"));
    assert_eq!(server.as_admin("PATCH", &path, r#"{"disabled":true}"#).await.status, 200);
    assert_eq!(says(&server, &here).await, "revoked", "disabled");
    let path = format!("/admin/users/{}/sessions", claim(&stays, "sub"));
    assert_eq!(server.as_admin("DELETE", &path, "").await.status, 200);
    assert_eq!(says(&server, &sessions[2]).await, "revoked", "ended by the operator");
    assert_eq!(says(&server, &sessions[3]).await, "revoked", "ended by the operator");
    let again = server.login("eve").await;
    assert_eq!(says(&server, &again).await, "fresh");
}

#[tokio::test]
async fn an_entry_leaves_when_the_last_token_is_stale_and_not_before() {
    let server = start().await;
    let token = server.login("ada").await;
    server.clock.advance_millis(1000);
    let successor = server.exchange(&token).await.text("access_token");
    server.authorized("POST", "/logout", &successor).await;
    server.clock.advance_millis(59_000);
    assert_eq!(says(&server, &successor).await, "revoked");
    assert_eq!(verifier(&server).await.revocations().unwrap().entries, 1);
    let seq = verifier(&server).await.revocations().unwrap().seq;
    // A minute for clocks that are behind, and up to one more so that many share one date. But in its first hour a server
    // does not know whether its clock is right.
    server.clock.advance_millis(125_000);
    assert_eq!(verifier(&server).await.revocations().unwrap().entries, 1);
    server.clock.advance_millis(3_600_000);
    let left = verifier(&server).await.revocations().unwrap();
    assert_eq!((left.entries, left.seq), (0, seq));
}

/// The record may be older than the token, in a store that was restored: so its dates are no ground for silence.
#[tokio::test]
async fn a_session_whose_record_is_stale_is_listed_all_the_same() {
    let server = start().await;
    let old = server.login("ada").await;
    server.clock.advance_millis(200_000);
    let token = server.login("ada").await;
    server.authorized("POST", "/sessions/revoke-others", &token).await;
    assert_eq!(verifier(&server).await.revocations().unwrap().entries, 1);
    assert_eq!(server.exchange(&old).await.text("reason"), "logged_out");
}

#[tokio::test]
async fn many_sessions_of_one_user_are_one_entry_and_a_later_login_is_not_in_it() {
    let server = start().await;
    let mut tokens = Vec::new();
    for _ in 0..10 {
        tokens.push(server.login("ada").await);
    }
    server.clock.advance_millis(1000);
    let same_second = server.login("ada").await;
    let path = format!("/admin/users/{}/sessions", claim(&same_second, "sub"));
    assert_eq!(server.as_admin("DELETE", &path, "").await.json()["ended"], 11);
    let later = server.login("ada").await;
    let verifier = verifier(&server).await;
    assert_eq!(verifier.revocations().unwrap().entries, 2);
    for token in &tokens {
        assert_eq!(word(&verifier, token, now(&server)), "revoked");
    }
    assert_eq!(word(&verifier, &same_second, now(&server)), "revoked");
    assert_eq!(word(&verifier, &later, now(&server)), "fresh", "in the very same second");
}

#[tokio::test]
async fn a_list_is_signed_once_has_a_tag_and_may_be_kept_for_a_moment() {
    let server = start().await;
    let first = list(&server, "").await;
    assert_eq!(first.header("content-type"), "application/revocations+jwt");
    assert_eq!(first.header("cache-control"), "public, max-age=5");
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let ask = async |tag: &str| server.send("GET", "/revocations", &[("if-none-match", tag)], "").await;
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let answer = ask(&known).await;
        assert_eq!((answer.status, answer.body.as_str(), answer.header("etag")), (304, "", tag.as_str()));
    }
    server.clock.advance_millis(29_000);
    assert_eq!(list(&server, "").await.body, first.body);
    server.clock.advance_millis(1_000);
    let renewed = ask(&tag).await;
    assert_eq!(renewed.status, 200, "a tenth of its time has passed");
    assert_eq!(payload(&renewed.body)["seq"], payload(&first.body)["seq"]);

    let token = server.login("ada").await;
    server.authorized("POST", "/logout", &token).await;
    let changed = ask(renewed.header("etag")).await;
    assert_eq!(changed.status, 200);
    assert!(payload(&changed.body)["seq"].as_u64() > payload(&first.body)["seq"].as_u64());
    assert!(!changed.body.contains(&claim(&token, "sid")));
}

#[tokio::test]
async fn whoever_says_what_is_known_gets_what_came_after() {
    let server = start().await;
    let (one, two) = (server.login("ada").await, server.login("ada").await);
    server.authorized("POST", "/logout", &one).await;
    let mut verifier = verifier(&server).await;
    let seq = verifier.revocations().unwrap().seq;
    server.authorized("POST", "/logout", &two).await;
    let delta = list(&server, &format!("?since={seq}")).await;
    assert_eq!(payload(&delta.body)["since"], seq);
    assert_eq!(list(&server, &format!("?since={seq}")).await.body, delta.body, "signed once");
    let applied = verifier.update_revocations(&delta.body, now(&server)).unwrap();
    assert_eq!((applied.entries, word(&verifier, &two, now(&server))), (2, "revoked"));
    // Nothing new: nothing in it, but it is younger.
    server.clock.advance_millis(80_000);
    let nothing = list(&server, &format!("?since={}", applied.seq)).await;
    let renewed = verifier.update_revocations(&nothing.body, now(&server)).unwrap();
    assert_eq!((renewed.changed, verifier.revocations().unwrap().issued_at), (false, now(&server)));
    // What was never counted here is answered with everything.
    let all = list(&server, "?since=9007199254740991").await;
    assert!(payload(&all.body)["since"].is_null());
    assert!(payload(&list(&server, "?since=0").await.body)["since"].is_null());
}

#[tokio::test]
async fn parameters_that_are_not_understood_are_refused() {
    let server = start().await;
    for (query, reason) in [
        ("?since=-1", "bad_since"),
        ("?since=", "bad_since"),
        ("?since=1e3", "bad_since"),
        ("?since=99999999999999999", "bad_since"),
        ("?since=1&since=1", "doubled_parameter"),
        ("?from=1", "unknown_parameter"),
    ] {
        for path in ["/revocations", "/revocations/stream"] {
            let answer = server.send("GET", &format!("{path}{query}"), &[], "").await;
            assert_eq!((answer.status, answer.text("reason").as_str()), (400, reason), "{path}{query}");
        }
    }
}

#[tokio::test]
async fn a_page_may_read_the_list_and_the_metadata_say_where_it_is() {
    let server = start().await;
    let answer = server.send("GET", "/revocations", &[("origin", PAGE_ORIGIN)], "").await;
    assert_eq!(answer.header("access-control-allow-origin"), PAGE_ORIGIN);
    let metadata = server.send("GET", "/.well-known/oauth-authorization-server", &[], "").await.json();
    assert_eq!(metadata["revocations_endpoint"], "http://id.example/revocations");
    assert_eq!(metadata["revocations_stream_endpoint"], "http://id.example/revocations/stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_key_signed_is_revoked_and_the_key_that_follows_says_so() {
    let data = tempfile::tempdir().unwrap();
    let (server, folder) = start_in(data.path(), START).await;
    let token = server.login("ada").await;
    let pinned = {
        Keyring::announce(data.path()).unwrap();
        server.stop().await;
        drop(folder);
        let (server, folder) = start_in(data.path(), START + 1).await;
        let verifier = verifier(&server).await;
        server.stop().await;
        drop(folder);
        verifier
    };
    let killed = Keyring::open(data.path(), false).unwrap().active_kid().to_owned();
    Keyring::rotate(data.path()).unwrap();
    Keyring::kill(data.path(), &killed).unwrap();
    let (server, _folder) = start_in(data.path(), START + 2).await;
    let mut pinned = pinned;
    assert_eq!(word(&pinned, &token, now(&server)), "fresh");
    pinned.update_revocations(&list(&server, "").await.body, now(&server)).unwrap();
    assert_eq!(word(&pinned, &token, now(&server)), "revoked");
    assert_eq!(server.exchange(&token).await.text("reason"), "invalid_token");
    let again = server.login("ada").await;
    assert_eq!(word(&pinned, &again, now(&server)), "fresh");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_nothing_and_counts_on() {
    let data = tempfile::tempdir().unwrap();
    let (server, folder) = start_in(data.path(), START).await;
    let (token, alive) = (server.login("ada").await, server.login("ada").await);
    server.authorized("POST", "/logout", &token).await;
    let mut known = verifier(&server).await;
    let before = known.revocations().unwrap();
    server.stop().await;
    drop(folder);
    // Even with a clock that was set back.
    for now in [START - 30, START + 30] {
        let (server, folder) = start_in(data.path(), now).await;
        let list = list(&server, "").await;
        let after = known.update_revocations(&list.body, now).unwrap();
        assert!(after.seq > before.seq, "{} {}", after.seq, before.seq);
        assert_eq!((after.entries, word(&known, &token, now)), (1, "revoked"));
        assert_eq!(word(&known, &alive, now), "fresh");
        let delta = format!("?since={}", before.seq);
        let delta = server.send("GET", &format!("/revocations{delta}"), &[], "").await;
        verifier(&server).await.update_revocations(&delta.body, now).unwrap();
        server.stop().await;
        drop(folder);
    }
}
