//! Devices that are known again after a restart, and what happens when the key that knows them is gone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::fs::{create_dir, metadata, read, remove_file, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;
use shelflife_tests::{DEMO_PASSWORD, DEMO_USER, Server, raw};

const OPTIONS: [&str; 5] = ["--demo", "--trusted-proxy", "127.0.0.1", "--failures-per-account", "3/1d"];

/// A login of the demo user as a proxy reports it; status and the device cookie that it sets.
fn login(server: &Server, password: &str, address: &str, cookie: &str) -> (u16, String) {
    let body = json!({ "username": DEMO_USER, "password": password }).to_string();
    let request = format!(
        "POST /login HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncookie: {cookie}\r\n\
         x-forwarded-for: {address}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(server.address(), request.as_bytes(), Duration::from_secs(30)).expect("an answer");
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: __Host-shelflife-device="));
    let value = set.and_then(|set| set.split(';').next()).unwrap_or_default();
    (status, format!("__Host-shelflife-device={value}"))
}

/// Wrong passwords until the account is paused for strangers.
fn flood(server: &Server) {
    for number in 0..3 {
        assert_eq!(login(server, "worst-after", &format!("203.0.113.{number}"), "").0, 400);
    }
    assert_eq!(login(server, DEMO_PASSWORD, "192.0.2.7", "").0, 429);
}

/// Waits until the log has had this event so often; a line arrives a moment after it was written.
fn logged(server: &Server, event: &str, times: usize) {
    let until = Instant::now() + Duration::from_secs(30);
    while server.log().matches(event).count() < times {
        assert!(Instant::now() < until, "{event} is missing in {}", server.log());
        sleep(Duration::from_millis(20));
    }
    assert_eq!(server.log().matches(event).count(), times, "{}", server.log());
}

#[test]
fn a_device_is_known_after_a_restart_and_the_address_it_came_from_is_not() {
    let mut server = Server::plain(&OPTIONS);
    let (status, cookie) = login(&server, DEMO_PASSWORD, "198.51.100.1", "");
    assert_eq!(status, 200);
    server.crash();
    flood(&server);
    assert_eq!(login(&server, DEMO_PASSWORD, "198.51.100.1", "").0, 429);
    assert_eq!(login(&server, DEMO_PASSWORD, "192.0.2.7", &cookie).0, 200);
    assert_eq!(metadata(server.data().join("device-key")).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn without_its_key_no_device_is_known_and_sign_ins_go_on() {
    let mut server = Server::plain(&OPTIONS);
    let (_, cookie) = login(&server, DEMO_PASSWORD, "198.51.100.1", "");
    let key = server.data().join("device-key");
    let copied = read(&key).unwrap();
    let broken: [(&str, &dyn Fn()); 4] = [
        ("it is gone", &|| remove_file(&key).unwrap()),
        ("it is empty", &|| write(&key, b"").unwrap()),
        ("it is too long", &|| write(&key, [copied.as_slice(), b"\n"].concat()).unwrap()),
        ("others can read it", &|| {
            write(&key, &copied).unwrap();
            set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
        }),
    ];
    for (replaced, (what, break_it)) in broken.into_iter().enumerate() {
        server.kill9();
        break_it();
        server.restart();
        flood(&server);
        assert_eq!(login(&server, DEMO_PASSWORD, "192.0.2.7", &cookie).0, 429, "{what}");
        let private = metadata(&key).unwrap();
        assert_eq!((private.len(), private.permissions().mode() & 0o777), (32, 0o600), "{what}: a new one");
        logged(&server, "device_key_replaced", replaced);
    }
    assert_ne!(read(&key).unwrap(), copied);
}

#[test]
fn a_key_that_cannot_be_kept_lasts_until_the_next_start_and_the_log_says_so() {
    let mut server = Server::plain(&OPTIONS);
    server.kill9();
    let key = server.data().join("device-key");
    remove_file(&key).unwrap();
    // In the place of the file.
    create_dir(&key).unwrap();
    write(key.join("a file"), b"").unwrap();
    server.restart();
    logged(&server, "device_key_not_kept", 1);
    let (status, cookie) = login(&server, DEMO_PASSWORD, "198.51.100.1", "");
    assert_eq!(status, 200);
    flood(&server);
    assert_eq!(login(&server, DEMO_PASSWORD, "192.0.2.7", &cookie).0, 200);
    server.crash();
    flood(&server);
    assert_eq!(login(&server, DEMO_PASSWORD, "192.0.2.7", &cookie).0, 429);
}
