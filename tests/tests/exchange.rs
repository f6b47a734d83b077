//! The exchange when several ask at once, and what it says when it refuses.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use shelflife_tests::{Answer, Server, TOKEN};

fn all_at_once(server: &Arc<Server>, token: &str, times: usize) -> Vec<Answer> {
    let barrier = Arc::new(Barrier::new(times));
    let ask = |_| {
        let (server, barrier, token) = (Arc::clone(server), Arc::clone(&barrier), token.to_owned());
        thread::spawn(move || {
            barrier.wait();
            server.exchange(&token)
        })
    };
    let asking: Vec<_> = (0..times).map(ask).collect();
    asking.into_iter().map(|one| one.join().unwrap()).collect()
}

#[test]
fn sixty_four_exchanges_of_one_token_at_once_give_one_successor_sixty_four_times() {
    let server = Arc::new(Server::demo(&[]));
    let token = server.login().token();
    let answers = all_at_once(&server, &token, 64);
    let successors: BTreeSet<String> = answers.iter().map(Answer::token).collect();
    assert_eq!(successors.len(), 1, "every asker holds the same token");
    let successor = successors.first().unwrap();
    assert_eq!(server.exchange(successor).status, 200, "and it is the current one");
}

#[test]
fn a_slow_tab_two_generations_behind_is_told_so_and_nobody_is_signed_out() {
    let server = Server::demo(&["--grace", "30s"]);
    let first = server.login().token();
    let second = server.exchange(&first).token();
    let third = server.exchange(&second).token();
    let refused = server.exchange(&first);
    assert_eq!(
        (refused.status, refused.member("reason").as_str()),
        (400, "superseded"),
        "{}",
        refused.shown()
    );
    assert_eq!(server.exchange(&third).status, 200);
}

#[test]
fn an_expired_token_is_refused_as_expired() {
    let server = Server::demo(&["--access-ttl", "1s", "--refresh-ttl", "2s", "--jitter", "0"]);
    let token = server.login().token();
    thread::sleep(Duration::from_millis(3200));
    let refused = server.exchange(&token);
    assert_eq!((refused.status, refused.member("reason").as_str()), (400, "expired"), "{}", refused.shown());
}

#[test]
fn a_token_that_was_tampered_with_is_refused_and_the_session_lives_on() {
    let server = Server::demo(&[]);
    let token = server.login().token();
    let (head, tail) = token.split_at(token.len() - 1);
    let forged = format!("{head}{}", if tail == "A" { "B" } else { "A" });
    let refused = server.exchange(&forged);
    assert_eq!(
        (refused.status, refused.member("reason").as_str()),
        (400, "invalid_token"),
        "{}",
        refused.shown()
    );
    assert_eq!(server.exchange(&token).status, 200);
}

#[test]
fn another_servers_token_is_worth_nothing_here() {
    let (ours, theirs) = (Server::demo(&[]), Server::demo(&[]));
    let refused = ours.exchange(&theirs.login().token());
    assert_eq!(
        (refused.status, refused.member("reason").as_str()),
        (400, "invalid_token"),
        "{}",
        refused.shown()
    );
}

#[test]
fn an_unknown_grant_and_a_missing_token_are_refused_by_name() {
    let server = Server::demo(&[]);
    let unknown = server.form(TOKEN, &[("grant_type", "magic")]);
    assert_eq!((unknown.status, unknown.member("error").as_str()), (400, "unsupported_grant_type"));
    let missing = server.form(TOKEN, &[("grant_type", "refresh_token")]);
    assert_eq!((missing.status, missing.member("error").as_str()), (400, "invalid_request"));
}

#[test]
fn the_sessions_of_a_user_are_listed_and_this_one_is_marked() {
    let server = Server::demo(&[]);
    let other = server.login();
    let answer = server.login();
    let listed = server.get_as("/sessions", &answer.token()).json();
    let sessions = listed["sessions"].as_array().unwrap();
    let current: Vec<_> = sessions.iter().filter(|session| session["current"] == true).collect();
    assert_eq!(current.len(), 1);
    assert_eq!(current[0]["session_id"], answer.json()["session_id"]);
    assert!(sessions.iter().any(|session| session["session_id"] == other.json()["session_id"]));
}
