//! A server behind a proxy that was told nothing about it says what is missing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use shelflife_tests::{Peer, Server, binary, raw};

const PATIENCE: Duration = Duration::from_secs(30);

fn ask(address: &str, header: &str) {
    let request = format!(
        "GET /.well-known/jwks.json HTTP/1.1\r\nHost: here.example\r\n{header}Connection: close\r\n\r\n"
    );
    assert!(raw(address, request.as_bytes(), PATIENCE).unwrap().starts_with("HTTP/1.1 200 "));
}

#[test]
fn without_an_issuer_the_first_request_of_a_proxy_is_a_warning_and_only_the_first() {
    for header in [
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Host: id.example",
        "X-Forwarded-Proto: https",
        "Forwarded: for=_a",
    ] {
        let data = tempfile::tempdir().unwrap();
        let mut serve = Command::new(binary());
        serve
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data.path())
            .env_remove("SHELFLIFE_ISSUER");
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = ready.trim().strip_prefix("listening on ").unwrap();
        ask(address, "");
        (0..2).for_each(|_| ask(address, &format!("{header}\r\n")));
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        let log: Vec<String> =
            BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok).collect();
        child.wait().unwrap();
        let warnings: Vec<&String> = log.iter().filter(|line| line.contains("issuer_behind_proxy")).collect();
        assert_eq!(warnings.len(), 1, "{header}: {log:?}");
        assert!(warnings[0].contains("--issuer") && warnings[0].contains(address), "{warnings:?}");
    }
}

#[test]
fn with_an_issuer_there_is_nothing_to_warn_of() {
    let mut server = Server::plain(&[]);
    assert!(
        Peer::from("127.0.0.1", &server).get("/healthz", "X-Forwarded-Proto: https\r\n").contains(" 200 ")
    );
    server.terminate();
    assert!(!server.log().contains("issuer_behind_proxy"));
}
