//! The server as a process: its folder, its files, its end, its words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;
use shelflife_tests::{DEMO_USER, Server};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_second_server_on_the_same_data_says_so_and_does_no_harm() {
    let server = Server::demo(&[]);
    let token = server.login().token();
    let (status, said) = server.second_on_the_same_data();
    assert!(!status.success());
    assert!(said.contains(&server.data().display().to_string()), "it names the folder: {said}");
    assert_eq!(server.exchange(&token).status, 200, "the first one is unharmed");
}

#[test]
fn a_polite_end_is_quick_clean_and_loses_nothing() {
    let mut server = Server::demo(&[]);
    let token = server.exchange(&server.login().token()).token();
    let status = server.terminate();
    assert!(status.success(), "{status}");
    server.restart();
    assert_eq!(server.exchange(&token).status, 200);
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    use std::io::{Read, Write};
    let mut server = Server::demo(&[]);
    let mut stream = std::net::TcpStream::connect(server.address().trim_start_matches("http://")).unwrap();
    let body = json!({ "username": DEMO_USER, "password": "best-before" }).to_string();
    let (head, tail) = body.split_at(10);
    let length = body.len();
    let request = format!(
        "POST /login HTTP/1.1\r\nHost: here.example\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    // It is under way once its body is asked for.
    let mut asked = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
    stream.read_exact(&mut asked).unwrap();
    assert!(asked.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&asked));
    stream.write_all(head.as_bytes()).unwrap();
    let rest = tail.to_owned();
    let asking = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        stream.write_all(rest.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    assert!(server.terminate().success());
    let answer = asking.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{}", answer.lines().next().unwrap_or("nothing"));
}

#[test]
fn the_signing_key_is_readable_by_its_owner_alone() {
    let server = Server::demo(&[]);
    let all = files(&server.data());
    let keys: Vec<_> = all.iter().filter(|path| path.to_string_lossy().contains("key")).collect();
    assert!(!keys.is_empty(), "no key file among {all:?}");
    for key in keys {
        let mode = key.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", key.display());
    }
}

#[test]
fn the_key_is_made_once_and_kept() {
    let mut server = Server::demo(&[]);
    let before = server.get("/.well-known/jwks.json").body;
    server.crash();
    assert_eq!(server.get("/.well-known/jwks.json").body, before);
    assert!(!before.contains("\"d\""), "the key set holds no private key");
}

#[test]
fn nothing_secret_is_ever_said() {
    let mut server = Server::demo(&["--grace", "0s"]);
    let wrong = "a-password-that-is-wrong-7f3a";
    server.login_with(&json!({ "username": DEMO_USER, "password": wrong }));
    server.login_with(&json!({ "username": DEMO_USER, "password": wrong, "bogus": 1 }));
    let first = server.login().token();
    let second = server.exchange(&first).token();
    server.exchange(&first);
    server.get_as("/sessions", &second);
    server.post_as("/logout", &second);
    server.exchange("not-a-token-but-a-secret-19c2");
    server.crash();
    let log = server.log();
    for (what, secret) in [
        ("a password", wrong),
        ("a token", first.rsplit('.').next().unwrap()),
        ("a token", second.rsplit('.').next().unwrap()),
        ("what was sent as a token", "not-a-token-but-a-secret-19c2"),
    ] {
        assert!(!log.contains(secret), "{what} is in the log");
    }
}

#[test]
fn a_setting_that_makes_no_sense_is_named() {
    for (name, value) in
        [("--grace", "1h"), ("--access-ttl", "soon"), ("--jitter", "400"), ("--listen", "nowhere")]
    {
        let data = tempfile::tempdir().unwrap();
        let mut serve = std::process::Command::new(shelflife_tests::binary());
        let output = serve.args(["serve", name, value, "--data"]).arg(data.path()).output().unwrap();
        assert!(!output.status.success(), "{name} {value} is accepted");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(name), "{name} {value}: {said}");
    }
}
