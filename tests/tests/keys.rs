//! The folder of the signing keys as an operator sees it: which key signs, which files are refused, and what a lost one does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::Value;
use shelflife_tests::{Server, binary};

/// Runs a command on a data folder: whether it worked, and what it said.
fn shelflife(arguments: &[&str], data: &Path) -> (bool, String) {
    let mut command = Command::new(binary());
    command.args(arguments).arg("--data").arg(data);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SHELFLIFE_"))
    {
        command.env_remove(name);
    }
    let output = command.output().expect("the binary starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// The name at the beginning of what `keys` says.
fn first_word(said: &str) -> String {
    said.split_whitespace().next().unwrap().to_owned()
}

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).unwrap()).unwrap()
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The line of the log with this word in it; it arrives a moment after the server wrote it.
fn line(server: &Server, word: &str) -> String {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let log = server.log();
        if let Some(line) = log.lines().find(|line| line.contains(word)) {
            return line.to_owned();
        }
        assert!(Instant::now() < until, "no {word} in the log:\n{log}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_rotate_says_what_list_says_and_what_signs_are_one_key_beside_a_copied_one() {
    let mut foreign = Server::demo(&[]);
    foreign.terminate();
    for _ in 0..3 {
        assert!(shelflife(&["keys", "rotate"], &foreign.data()).0);
    }
    let mut server = Server::demo(&[]);
    let token = server.login().token();
    let own = kid(&token);
    server.terminate();
    fs::copy(foreign.data().join("keys/key-0004.json"), server.data().join("keys/old.json")).unwrap();
    server.restart();
    assert_eq!(kid(&server.login().token()), own, "the copied key does not sign");
    server.terminate();

    for announce in [false, true] {
        if announce {
            shelflife(&["keys", "announce"], &server.data());
        }
        let rotated = first_word(&shelflife(&["keys", "rotate"], &server.data()).1);
        let list = shelflife(&["keys", "list"], &server.data()).1;
        assert!(list.starts_with(&format!("{rotated}  signs\n")), "{list}");
        server.restart();
        assert_eq!(kid(&server.login().token()), rotated);
        assert_eq!(server.exchange(&token).status, 200, "the first key still verifies");
        server.terminate();
    }
}

#[test]
fn a_session_whose_key_file_was_lost_is_not_signed_by_another_key() {
    let mut server = Server::demo(&["--grace", "300s"]);
    let first = server.login().token();
    let second = server.exchange(&first).token();
    let lost = kid(&second);
    server.terminate();
    // A token of a key that is still there, and its successor of a key that is not.
    assert!(shelflife(&["keys", "rotate"], &server.data()).0);
    server.restart();
    let third = server.exchange(&second).token();
    let missing = kid(&third);
    assert_ne!(missing, lost);
    server.terminate();
    let file = server.data().join("keys/key-0002.json");
    let aside = server.data().join("aside");
    fs::rename(&file, &aside).unwrap();
    server.restart();
    let answer = server.exchange(&second);
    assert_eq!((answer.status, answer.member("error").as_str()), (500, "server_error"), "{}", answer.shown());
    let said = line(&server, "signing_key_missing");
    assert!(said.contains(&missing) && said.contains("a key file is missing"), "{said}");
    let log = server.log();
    assert!(!log.contains(&second) && !log.contains(&third), "a token in the log");

    server.terminate();
    fs::rename(&aside, &file).unwrap();
    server.restart();
    assert_eq!(server.exchange(&second).token(), third, "byte for byte, once the file is back");
    // Killed is another matter: that the key is gone is meant.
    server.terminate();
    assert!(shelflife(&["keys", "rotate"], &server.data()).0);
    assert!(shelflife(&["keys", "kill", &missing], &server.data()).0);
    server.restart();
    let again = server.exchange(&second).token();
    assert_ne!(kid(&again), missing);
    assert_eq!(part(&again, 1), part(&third, 1), "the same claims");
}

#[test]
fn a_server_does_not_start_beside_a_file_that_is_no_key_or_a_key_that_is_there_twice() {
    let mut server = Server::demo(&[]);
    server.terminate();
    let folder = server.data().join("keys");
    let copy = folder.join("copy.json");
    fs::copy(folder.join("key-0001.json"), &copy).unwrap();
    let (status, said) = server.second_on_the_same_data();
    assert!(!status.success());
    assert!(said.contains("copy.json") && said.contains("key-0001.json"), "{said}");
    fs::write(&copy, r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#).unwrap();
    for arguments in [["keys", "list"], ["keys", "rotate"], ["users", "list"]] {
        let (worked, said) = shelflife(&arguments, &server.data());
        assert!(!worked && said.contains("copy.json") && said.contains("kty"), "{arguments:?}: {said}");
    }
    fs::remove_file(&copy).unwrap();
    server.restart();
    server.login().token();
}

#[test]
fn a_key_that_its_group_may_read_is_served_with_a_warning() {
    let mut server = Server::demo(&[]);
    let token = server.login().token();
    server.terminate();
    assert!(!server.log().contains("key_group_readable"), "a key of mode 0600 is nothing to warn of");
    let key = server.data().join("keys/key-0001.json");
    set_mode(&key, 0o440);
    server.restart();
    assert_eq!(server.exchange(&token).status, 200);
    let said = line(&server, "key_group_readable");
    assert!(said.contains("key-0001.json") && said.contains("0440"), "{said}");
    server.terminate();
    set_mode(&key, 0o444);
    let (status, said) = server.second_on_the_same_data();
    assert!(!status.success() && said.contains("key-0001.json") && said.contains("0444"), "{said}");
}

#[test]
fn a_session_that_the_operator_ends_was_ended_by_the_operator() {
    let mut server = Server::demo(&[]);
    let token = server.login().token();
    server.terminate();
    let sid = part(&token, 1)["sid"].as_str().unwrap().to_owned();
    assert!(shelflife(&["sessions", "end", &sid], &server.data()).0);
    let (_, list) = shelflife(&["sessions", "list"], &server.data());
    assert!(list.contains("ended_by_operator"), "{list}");
    server.restart();
    let refused = server.exchange(&token);
    assert_eq!(refused.member("reason"), "ended_by_operator", "{}", refused.shown());
}
