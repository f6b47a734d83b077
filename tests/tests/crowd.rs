//! Many clients at once: nobody is signed out and nothing fails. `cargo xtask bench exchange --clients 1000` is the same for
//! longer, and with a clock.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::process::Command;
use std::sync::Barrier;
use std::thread;

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use shelflife_tests::{Line, Server, binary};

const CLIENTS: usize = 300;
/// Exchanges of each.
const ROUNDS: u64 = 12;
/// Of so many answers one is lost.
const LOST: u64 = 3;

/// A client that goes on with what it is given; what was not as it should be.
fn goes_on(line: &Line, mut token: String) -> (String, Vec<String>) {
    let mut errors = Vec::new();
    for round in 1..=ROUNDS {
        let answer = line.exchange(&token);
        if answer.status != 200 {
            errors.push(format!("round {round}: {}", answer.shown()));
            continue;
        }
        let successor = answer.token();
        if round % LOST == 0 {
            let again = line.exchange(&token);
            if again.status != 200 {
                errors.push(format!("round {round}, the second time: {}", again.shown()));
            } else if again.token() != successor {
                errors.push(format!("round {round}: the second time it was another successor"));
            }
        }
        token = successor;
    }
    (token, errors)
}

fn generation(token: &str) -> Option<u64> {
    let payload = Base64UrlUnpadded::decode_vec(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()["gen"].as_u64()
}

#[test]
fn three_hundred_clients_exchange_at_once_and_nobody_is_signed_out_and_nothing_fails() {
    let data = tempfile::tempdir().unwrap();
    let mut add = Command::new(binary());
    let added =
        add.args(["clients", "add", "shop", "--role", "sessions", "--data"]).arg(data.path()).output();
    let secret = String::from_utf8(added.unwrap().stdout).unwrap();
    let basic = format!("Basic {}", Base64::encode_string(format!("shop:{}", secret.trim()).as_bytes()));
    // However slow the machine is: who asks once more is in time.
    let server = Server::at(data.path(), &["--grace", "300s", "--access-ttl", "1h"]);

    let line = server.line();
    let open = |number| {
        line.open_session(&basic, &json!({ "sub": format!("u{number}"), "remember_me": true })).token()
    };
    let tokens: Vec<String> = (0..CLIENTS).map(open).collect();
    let together = Barrier::new(CLIENTS);
    let errors: Vec<String> = thread::scope(|threads| {
        let client = |token: String| {
            let (server, together) = (&server, &together);
            threads.spawn(move || {
                together.wait();
                let (token, mut errors) = goes_on(&server.line(), token);
                // On a connection of its own: the other one may be what failed.
                let last = server.exchange(&token);
                if last.status != 200 {
                    errors.push(format!("signed out: {}", last.shown()));
                } else if generation(&last.token()) != Some(1 + ROUNDS + 1) {
                    errors.push(format!("generation {:?} at the end", generation(&last.token())));
                }
                errors
            })
        };
        let clients: Vec<_> = tokens.into_iter().map(client).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert!(errors.is_empty(), "{} errors, the first: {:#?}", errors.len(), &errors[..errors.len().min(5)]);
}
