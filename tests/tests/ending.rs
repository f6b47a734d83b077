//! The end of the process: what is waited for, what is not, and what it answers meanwhile.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::time::{Duration, Instant};

use shelflife_tests::{Peer, Server, Signal, wait_until};

/// Half of what a body may take, and several times of what the rest of a request is waited for.
const SOON: Duration = Duration::from_secs(8);

fn status(answer: &shelflife_tests::Answer) -> (u16, String) {
    (answer.status, answer.member("status"))
}

#[test]
fn requests_that_do_not_arrive_hold_up_no_end() {
    let mut server = Server::plain(&[]);
    let mut listener = Peer::from("127.0.0.1", &server);
    assert!(listener.get("/revocations/stream", "").starts_with("HTTP/1.1 200 "));
    let mut idle = Peer::from("127.0.0.1", &server);
    assert!(idle.is_served());
    let mut head = Peer::from("127.0.0.1", &server);
    assert!(head.is_served() && head.send("GET /healthz HTTP/1.1\r\nHost:"));
    let mut body = Peer::from("127.0.0.1", &server);
    body.send(
        "POST /login HTTP/1.1\r\nHost: here.example\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: 400\r\n\r\n",
    );
    assert!(body.head().starts_with("HTTP/1.1 100 ") && body.send("{"));
    let since = Instant::now();
    let status = server.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[test]
fn while_the_server_drains_it_says_so_and_serves_everything() {
    let mut server = Server::demo(&["--drain", "300s", "--ops-listen", "127.0.0.1:0"]);
    assert_eq!(status(&server.get("/readyz")), (200, "ready".to_owned()));
    let mut before = Peer::from("127.0.0.1", &server);
    assert!(before.is_served());
    server.signal(Signal::TERM);
    wait_until("it does not drain", || server.get("/readyz").status == 503);
    assert_eq!(status(&server.get("/readyz")), (503, "draining".to_owned()));
    assert_eq!(server.get("/readyz").json()["checks"]["store"], "ok");
    assert_eq!(server.get("/healthz").status, 200);
    let token = server.login().token();
    assert_eq!(server.exchange(&token).status, 200);
    assert!(before.is_served(), "connections from before go on");
    server.signal(Signal::TERM);
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn an_interrupt_ends_it_without_draining() {
    for first in [None, Some(Signal::TERM)] {
        let mut server = Server::plain(&["--drain", "300s"]);
        if let Some(first) = first {
            server.signal(first);
            wait_until("it does not drain", || server.get("/readyz").status == 503);
        }
        server.signal(Signal::INT);
        assert_eq!(server.ended().code(), Some(0), "after {first:?}");
    }
}

#[test]
fn the_drain_comes_to_an_end_by_itself() {
    let mut server = Server::plain(&["--drain", "1s"]);
    let since = Instant::now();
    assert_eq!(server.terminate().code(), Some(0));
    assert!(since.elapsed() >= Duration::from_secs(1));
}
