//! A disk that fills up under the server, and is given room again; and a limit of file sizes, which everybody can set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use serde_json::json;
use shelflife_tests::disk::Disk;
use shelflife_tests::{Answer, Outcome, Server, Test, binary, suite};

const TESTS: [Test; 4] = [
    ("a_full_disk_under_sled_is_503_and_nothing_is_lost", || fills_up("sled")),
    ("a_full_disk_under_redb_is_503_and_nothing_is_lost", || fills_up("redb")),
    ("a_limit_of_file_sizes_under_sled_is_503_and_nothing_is_lost", || runs_into_a_limit("sled")),
    ("a_limit_of_file_sizes_under_redb_is_503_and_nothing_is_lost", || runs_into_a_limit("redb")),
];

/// The longest time in which a server must notice that the disk is full, or that it has room again.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    suite(&TESTS)
}

/// Needs a disk that can be filled, and so a machine that allows to mount one.
fn fills_up(store: &str) -> Outcome {
    let disk = match Disk::new(24) {
        Ok(disk) => disk,
        Err(why) => return Outcome::Skipped(why),
    };
    let ballast = disk.path().join("ballast");
    without_room(
        store,
        &disk.path().join("data"),
        |_| fill(&ballast),
        |_| std::fs::remove_file(&ballast).unwrap(),
    );
    Outcome::Passed
}

/// The same for everybody: the process may not write behind the first block of any file.
fn runs_into_a_limit(store: &str) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    without_room(
        store,
        &folder.path().join("data"),
        |server| server.limit_file_sizes(Some(4096)),
        |server| server.limit_file_sizes(None),
    );
    Outcome::Passed
}

/// Takes the room away and gives it back.
fn without_room(store: &str, data: &Path, take_room: impl FnOnce(&Server), give_room: impl FnOnce(&Server)) {
    let client = client(store, data);
    let mut server = Server::at(
        data,
        &["--demo", "--store", store, "--grace", "300s", "--access-ttl", "1h", "--jitter", "0"],
    );
    let mut tokens: Vec<String> = (0..4).map(|_| server.login().token()).collect();
    let gone = server.login().token();
    assert_eq!(server.post_as("/logout", &gone).status, 204);

    take_room(&server);
    let refused = write_until_503(&server, &client, &mut tokens);
    assert_eq!(refused.member("reason"), "store_unavailable", "{}", refused.shown());
    assert_ne!(refused.header("retry-after"), "");
    // For longer than the pauses between the attempts to come back.
    let since = Instant::now();
    let mut reads = 0;
    while since.elapsed() < Duration::from_secs(3) {
        for token in tokens.iter().take(8) {
            let sessions = server.get_as("/sessions", token);
            assert_eq!(sessions.status, 200, "reading goes on: {}\n{}", sessions.shown(), server.log());
            assert_eq!(sessions.json()["sessions"].as_array().unwrap().len(), tokens.len() + 1);
            reads += 1;
        }
        assert_eq!(server.get("/healthz").status, 200);
        let refused = server.exchange(&tokens[0]);
        assert_eq!(refused.status, 503, "{}", refused.shown());
    }
    assert!(reads >= 8, "{reads} reads");
    assert_eq!(server.get("/readyz").status, 503);
    let log_of_full = server.log().len();

    give_room(&server);
    let since = Instant::now();
    while server.get("/readyz").status != 200 {
        assert!(since.elapsed() < PATIENCE, "it does not come back:\n{}", server.log());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(server.log()[log_of_full..].contains("store_recovered"));
    everything_is_there(&server, &mut tokens, &gone);
    server.crash();
    everything_is_there(&server, &mut tokens, &gone);
    server.kill9();
    let check = Command::new(binary()).args(["store", "check", "--data"]).arg(data).output().unwrap();
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
}

/// Takes all the room there is.
fn fill(ballast: &Path) {
    let mut file = std::fs::File::create(ballast).unwrap();
    for size in [1 << 20, 4096, 512] {
        while file.write_all(&vec![0xB5; size]).is_ok() {}
    }
    let _ = file.sync_all();
}

/// Exchanges and opens sessions until the store has no more room; a token changes only with an answer that says so. The
/// journal has room of its own, which has to be used up first.
fn write_until_503(server: &Server, credentials: &str, tokens: &mut [String]) -> Answer {
    let since = Instant::now();
    let until_503 = |mut call: Box<dyn FnMut() -> Answer + '_>| loop {
        let answer = call();
        match answer.status {
            200 | 201 => {}
            503 => return answer,
            _ => panic!("{}", answer.shown()),
        }
        assert!(since.elapsed() < PATIENCE, "the disk does not fill up");
    };
    let large = json!({ "sub": "somebody", "claims": { "about": "x".repeat(1_900) } });
    std::thread::scope(|scope| {
        for token in tokens {
            scope.spawn(|| {
                until_503(Box::new(|| {
                    let answer = server.exchange(token);
                    if answer.status == 200 {
                        *token = answer.token();
                    }
                    answer
                }))
            });
        }
        for _ in 0..3 {
            scope.spawn(|| until_503(Box::new(|| server.open_session(credentials, &large))));
        }
        until_503(Box::new(|| server.open_session(credentials, &large)))
    })
}

/// A client that may open sessions: its id and secret.
fn client(store: &str, data: &Path) -> String {
    let mut add = Command::new(binary());
    add.args(["clients", "add", "shop", "--role", "sessions", "--store", store, "--data"]);
    let added = add.arg(data).output().unwrap();
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    format!("shop:{}", String::from_utf8(added.stdout).unwrap().trim())
}

/// Who is signed in goes on with the last token that was acknowledged, and who signed out stays out.
fn everything_is_there(server: &Server, tokens: &mut [String], gone: &str) {
    for token in tokens {
        let answer = server.exchange(token);
        assert_eq!(answer.status, 200, "{}\n{}", answer.shown(), server.log());
        *token = answer.token();
    }
    assert_eq!(server.exchange(gone).member("reason"), "logged_out");
    assert!(!server.log().contains("store_was_rolled_back"), "an acknowledged exchange was lost");
}
