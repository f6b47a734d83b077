//! The stream of revocations, as a listener hears it.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::common::{Running, SUBSCRIBERS, payload, start};
use crate::revocations::{now, verifier, word};

const PATIENCE: Duration = Duration::from_secs(30);

struct Listener {
    stream: TcpStream,
    head: String,
    heard: String,
}

impl Listener {
    async fn open(server: &Running, path: &str, headers: &str) -> Listener {
        let mut stream = TcpStream::connect(&server.address).await.unwrap();
        // So old a version that the body comes as it is, without the marks of chunks in it.
        let request = format!("GET {path} HTTP/1.0\r\nhost: {}\r\n{headers}\r\n", server.address);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut listener = Listener { stream, head: String::new(), heard: String::new() };
        listener.head = listener.until("\r\n\r\n").await;
        listener
    }

    /// What was heard up to and with `end`.
    async fn until(&mut self, end: &str) -> String {
        let read = async {
            loop {
                if let Some(at) = self.heard.find(end) {
                    let rest = self.heard.split_off(at + end.len());
                    return std::mem::replace(&mut self.heard, rest);
                }
                let mut bytes = [0; 4096];
                let count = self.stream.read(&mut bytes).await.unwrap();
                assert!(count > 0, "the stream ended after {:?}", self.heard);
                self.heard.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            }
        };
        timeout(PATIENCE, read).await.expect("nothing more was heard")
    }

    /// The next list: its id and its text.
    async fn list(&mut self) -> (u64, String) {
        self.until("event: revocations\nid: ").await;
        let id = self.until("\n").await.trim().parse().unwrap();
        self.until("data: ").await;
        (id, self.until("\n").await.trim().to_owned())
    }

    async fn ends(&mut self) {
        let end = async { while self.stream.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {} };
        timeout(PATIENCE, end).await.expect("the stream did not end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_of_an_end_within_a_second_and_judges_by_it() {
    let server = start().await;
    let mut listener = Listener::open(&server, "/revocations/stream", "").await;
    let mut verifier = verifier(&server).await;
    let (id, snapshot) = listener.list().await;
    assert_eq!(id, verifier.update_revocations(&snapshot, now(&server)).unwrap().seq);
    // The quickest of several: other tests share the machine.
    let mut quickest = Duration::MAX;
    for _ in 0..10 {
        let token = server.login("ada").await;
        server.authorized("POST", "/logout", &token).await;
        let ended = Instant::now();
        let (id, delta) = listener.list().await;
        quickest = quickest.min(ended.elapsed());
        assert!(payload(&delta)["since"].is_u64());
        let applied = verifier.update_revocations(&delta, now(&server)).unwrap();
        assert_eq!((applied.seq, word(&verifier, &token, now(&server))), (id, "revoked"));
        if quickest < Duration::from_secs(1) {
            return;
        }
    }
    panic!("the quickest took {quickest:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_comes_back_gets_what_it_missed() {
    let server = start().await;
    let tokens = [server.login("ada").await, server.login("ada").await];
    server.authorized("POST", "/logout", &tokens[0]).await;
    let mut verifier = verifier(&server).await;
    let seen = verifier.revocations().unwrap().seq;
    server.authorized("POST", "/logout", &tokens[1]).await;
    let by_id = format!("last-event-id: {seen}\r\n");
    for (path, headers) in [
        ("/revocations/stream".to_owned(), by_id.as_str()),
        (format!("/revocations/stream?since={seen}"), ""),
        ("/revocations/stream?since=1".to_owned(), by_id.as_str()),
    ] {
        let (_, delta) = Listener::open(&server, &path, headers).await.list().await;
        assert_eq!(payload(&delta)["since"], seen);
        assert_eq!(verifier.update_revocations(&delta, now(&server)).unwrap().entries, 2);
    }
    let refused = server.send("GET", "/revocations/stream", &[("last-event-id", "x")], "").await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (400, "bad_since"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_stream_says_that_it_is_there() {
    let server = start().await;
    let mut listener = Listener::open(&server, "/revocations/stream", "").await;
    listener.list().await;
    for _ in 0..3 {
        listener.until(":\n\n").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_of_a_token_hears_that_the_groups_changed_and_others_do_not() {
    let server = start().await;
    let (ada, eve) = (server.login("ada").await, server.login("eve").await);
    let bearer = |token: &str| format!("authorization: Bearer {token}\r\n");
    let mut concerned = Listener::open(&server, "/revocations/stream", &bearer(&ada)).await;
    let mut other = Listener::open(&server, "/revocations/stream", &bearer(&eve)).await;
    let sub = payload(&ada)["sub"].as_str().unwrap().to_owned();
    let change = server.as_admin("PATCH", &format!("/admin/users/{sub}"), r#"{"groups":["boss"]}"#).await;
    assert_eq!(change.status, 200);
    concerned.until("event: claims-changed\ndata: {\"cv\":2}\n\n").await;
    server.authorized("POST", "/logout", &ada).await;
    let heard = other.until("event: revocations").await + &other.until(":\n\n").await;
    assert!(!heard.contains("claims-changed"), "{heard}");
    let refused = server.authorized("GET", "/revocations/stream", &ada).await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (401, "logged_out"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_listener_too_many_is_asked_to_wait_and_a_place_that_is_left_is_free() {
    let server = start().await;
    let mut listeners = Vec::new();
    for _ in 0..SUBSCRIBERS {
        listeners.push(Listener::open(&server, "/revocations/stream", "").await);
    }
    let refused = server.send("GET", "/revocations/stream", &[], "").await;
    assert_eq!((refused.status, refused.text("reason").as_str()), (503, "too_many_subscribers"));
    assert_eq!(refused.header("retry-after"), "10");
    listeners.pop();
    let since = Instant::now();
    while !Listener::open(&server, "/revocations/stream", "").await.head.contains(" 200 OK") {
        assert!(since.elapsed() < PATIENCE, "the place was not given back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_does_not_read_holds_up_nobody() {
    let server = start().await;
    let _deaf = Listener::open(&server, "/revocations/stream", "").await;
    let mut listener = Listener::open(&server, "/revocations/stream", "").await;
    let mut verifier = verifier(&server).await;
    let (_, snapshot) = listener.list().await;
    verifier.update_revocations(&snapshot, now(&server)).unwrap();
    for _ in 0..3 {
        let token = server.login("ada").await;
        server.authorized("POST", "/logout", &token).await;
        let (_, delta) = listener.list().await;
        verifier.update_revocations(&delta, now(&server)).unwrap();
        assert_eq!(word(&verifier, &token, now(&server)), "revoked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_sends_its_listeners_away() {
    let server = start().await;
    let mut listener = Listener::open(&server, "/revocations/stream", "").await;
    listener.list().await;
    let since = Instant::now();
    server.stop().await;
    listener.ends().await;
    // It has 20 seconds for requests in progress, and a listener is none.
    assert!(since.elapsed() < Duration::from_secs(10), "{:?}", since.elapsed());
}

#[tokio::test]
async fn the_stream_of_a_user_ends_with_the_session_and_that_of_others_does_not() {
    let server = start().await;
    let token = server.login("ada").await;
    let other = server.login("eve").await;
    let open = async |token: &str| {
        let headers = format!("authorization: Bearer {token}\r\n");
        Listener::open(&server, "/revocations/stream", &headers).await
    };
    let (mut own, mut others) = (open(&token).await, open(&other).await);
    own.list().await;
    others.list().await;
    server.authorized("POST", "/logout", &token).await;
    own.list().await;
    own.ends().await;
    others.list().await;
    let third = server.login("eve").await;
    server.authorized("POST", "/logout", &third).await;
    others.list().await;
}
