//! Floods of connections: others are served all the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::time::Duration;

use shelflife_tests::{Peer, Server, raw, wait_until};

/// More than come to their end, one header timeout after the other, while a test waits.
const FLOOD: usize = 60;
const HALF_A_BODY: &str = "POST /login HTTP/1.1\r\nHost: here.example\r\nContent-Type: application/json\r\n\
                           Content-Length: 400\r\n\r\n{";

/// A connection whose request is under way: its body is asked for, and does not come.
fn busy(address: &str, server: &Server) -> Peer {
    let mut peer = Peer::from(address, server);
    peer.send(&HALF_A_BODY.replace("\r\n\r\n{", "\r\nExpect: 100-continue\r\n\r\n"));
    assert!(peer.head().starts_with("HTTP/1.1 100 "));
    peer
}

#[test]
fn silent_connections_of_one_address_hide_nothing() {
    let server = Server::plain(&["--max-connections", "8"]);
    let mut flood: Vec<Peer> = (0..FLOOD).map(|_| Peer::from("127.0.0.2", &server)).collect();
    assert!(Peer::from("127.0.0.2", &server).is_served(), "the same address");
    assert!(Peer::from("127.0.0.3", &server).is_served(), "another address");
    // The one that came first had to go, the one that came last is there.
    assert!(flood.last_mut().unwrap().is_served());
    assert!(!flood.first_mut().unwrap().is_served());
    wait_until("the log says nothing", || server.log().contains("connection_made_room"));
}

#[test]
fn silent_connections_of_many_addresses_hide_nothing() {
    let server = Server::plain(&["--max-connections", "8", "--max-connections-per-address", "8"]);
    let mut honest = Peer::from("127.0.0.9", &server);
    assert!(honest.is_served());
    let heads = ["", "GET /healthz HTTP/1.1\r\nHost:"];
    let flood: Vec<Peer> = (0..FLOOD)
        .map(|number| {
            let mut peer = Peer::from(["127.0.0.2", "127.0.0.3"][number % 2], &server);
            peer.send(heads[number % 3 % 2]);
            peer
        })
        .collect();
    assert!(Peer::from("127.0.0.4", &server).is_served());
    assert!(honest.is_served(), "an address with one connection makes no room for one with many");
    drop(flood);
}

#[test]
fn an_address_whose_connections_are_all_busy_gets_no_other() {
    let server = Server::plain(&["--max-connections-per-address", "2"]);
    let listeners: Vec<Peer> = (0..2)
        .map(|_| {
            let mut peer = Peer::from("127.0.0.2", &server);
            assert!(peer.get("/revocations/stream", "").starts_with("HTTP/1.1 200 "));
            peer
        })
        .collect();
    assert!(!Peer::from("127.0.0.2", &server).is_served());
    assert!(Peer::from("127.0.0.3", &server).is_served(), "others are not concerned");
    drop(listeners);
    wait_until("the places are not given back", || Peer::from("127.0.0.2", &server).is_served());
    wait_until("the log says nothing", || server.log().contains("connection_refused"));
}

#[test]
fn a_trusted_proxy_has_as_many_connections_as_it_likes() {
    let server = Server::plain(&["--max-connections-per-address", "1", "--trusted-proxy", "127.0.0.2"]);
    let mut peers: Vec<Peer> = (0..5).map(|_| Peer::from("127.0.0.2", &server)).collect();
    for _ in 0..2 {
        assert!(peers.iter_mut().all(Peer::is_served));
    }
    let mut first = Peer::from("127.0.0.3", &server);
    assert!(first.is_served() && Peer::from("127.0.0.3", &server).is_served() && !first.is_served());
}

#[test]
fn the_listener_for_operations_answers_when_the_other_has_no_place_left() {
    let server = Server::plain(&["--max-connections", "2", "--ops-listen", "127.0.0.1:0"]);
    wait_until("no second address", || server.log().contains("operations on http://"));
    let said = server.log();
    let said: Vec<&str> = said.lines().filter(|line| line.contains(" on http://127.0.0.1")).collect();
    assert!(said[0].starts_with("listening on http://"), "{said:?}");
    let operations = said[1].strip_prefix("operations on http://").unwrap().to_owned();
    let _flood = [busy("127.0.0.2", &server), busy("127.0.0.3", &server)];
    let ask = |line: &str| {
        let request = format!("{line} HTTP/1.1\r\nHost: here.example\r\nConnection: close\r\n\r\n");
        raw(&operations, request.as_bytes(), Duration::from_secs(30)).expect("an answer")
    };
    assert!(ask("GET /healthz").starts_with("HTTP/1.1 200 "));
    let ready = ask("GET /readyz");
    assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");
    assert!(ready.ends_with(r#"{"checks":{"clock":"ok","store":"ok"},"status":"ready"}"#), "{ready}");
    for elsewhere in ["GET /sessions", "POST /login", "GET /.well-known/jwks.json"] {
        let answer = ask(elsewhere);
        assert!(
            answer.starts_with("HTTP/1.1 404 ") && answer.contains(r#""reason":"not_found""#),
            "{answer}"
        );
    }
}

#[test]
fn listeners_without_a_token_leave_places_for_those_with_one() {
    // Of 16 places for streams an address gets 2, and those without a token get 8.
    let server = Server::demo(&["--max-connections", "32"]);
    let stream = |address: &str, headers: &str| {
        let mut peer = Peer::from(address, &server);
        let head = peer.get("/revocations/stream", headers);
        (peer, head.starts_with("HTTP/1.1 200 "))
    };
    let mut listeners = Vec::new();
    for number in 1..=4 {
        let address = format!("127.0.0.{number}");
        for _ in 0..2 {
            let (peer, is_served) = stream(&address, "");
            assert!(is_served, "{address}");
            listeners.push(peer);
        }
        assert!(!stream(&address, "").1, "a third one of {address}");
    }
    assert!(!stream("127.0.0.9", "").1, "half of the places are taken by listeners without a token");
    let bearer = format!("Authorization: Bearer {}\r\n", server.login().token());
    assert!(stream("127.0.0.9", &bearer).1);
    listeners.clear();
    wait_until("the places are not given back", || stream("127.0.0.1", "").1);
}
