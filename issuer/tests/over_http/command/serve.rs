//! `shelflife serve`, and what other commands do to its data before, beside and after it.

use std::process::Command;

use shelflife_issuer::keyring::Keyring;
use shelflife_issuer::store::{DataFolder, Store};

use super::{Server, run, run_with_input, said, shelflife};
use crate::common::add_user;

#[tokio::test]
async fn a_killed_server_has_lost_nothing_that_it_answered() {
    let data = tempfile::tempdir().unwrap();
    let restart = || Server::start(&["--demo", "--grace", "1s"], data.path());
    let mut server = restart();
    let token = server.login("demo", "best-before").await.text("access_token");
    server.signal("-KILL");

    server = restart();
    let successor = server.exchange(&token).await.text("access_token");
    server.signal("-KILL");

    server = restart();
    assert_eq!(server.seen(&successor).await.status, 204);
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(server.exchange(&token).await.text("reason"), "reuse_detected");
    server.signal("-KILL");

    server = restart();
    assert_eq!(server.exchange(&successor).await.text("reason"), "reuse_detected");
    assert_eq!(server.signal("-TERM"), Some(0));
    let (code, text) = said(&run(&["store", "check"], data.path()));
    assert_eq!((code, text.trim()), (Some(0), "1 sessions, 1 users, 0 problems"));
}

#[tokio::test]
async fn the_demo_user_and_its_sessions_are_gone_without_the_flag() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Server::start(&["--demo"], data.path());
    let token = server.login("demo", "best-before").await.text("access_token");
    assert_eq!(server.signal("-INT"), Some(0));

    let mut server = Server::start(&[], data.path());
    assert_eq!(server.login("demo", "best-before").await.status, 400);
    assert_eq!(server.exchange(&token).await.text("reason"), "session_not_found");
    assert_eq!(server.signal("-TERM"), Some(0));
    let (code, text) = said(&run(&["users", "list"], data.path()));
    assert_eq!((code, text.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_second_process_on_the_folder_says_so_and_the_first_one_goes_on() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&["--demo"], data.path());
    for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["users", "list"], &["store", "check"]] {
        let (code, text) = said(&run(arguments, data.path()));
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains("in use") && text.contains(&data.path().display().to_string()), "{text}");
    }
    assert_eq!(server.login("demo", "best-before").await.status, 200);
}

#[tokio::test]
async fn a_user_who_was_added_can_sign_in_until_removed() {
    let data = tempfile::tempdir().unwrap();
    let add = |name: &str, password: &str| {
        said(&run_with_input(
            &["users", "add", name, "--password-stdin", "--group", "staff"],
            data.path(),
            password,
        ))
    };
    let (code, text) = add("Ada", "correct horse\n");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("added ada (") && !text.contains("horse"), "{text}");
    assert_eq!(add("ADA", "correct horse\n").0, Some(1));
    let (code, text) = add("eve", "short\n");
    assert!(code == Some(2) && text.contains("8 to 1024"), "{text}");
    let (code, text) = add(" eve", "correct horse\n");
    assert!(code == Some(2) && text.contains("user name"), "{text}");

    let mut server = Server::start(&[], data.path());
    let answer = server.login("ada", "correct horse").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    server.signal("-TERM");
    let (_, list) = said(&run(&["sessions", "list"], data.path()));
    assert_eq!(list.split_whitespace().next(), Some(answer.text("session_id").as_str()));
    let (code, _) = said(&run(&["sessions", "end", &answer.text("session_id")], data.path()));
    assert_eq!(code, Some(0));
    let (code, text) = said(&run(&["sessions", "end", "-begins-like-a-flag"], data.path()));
    assert!(code == Some(1) && text.contains("-begins-like-a-flag"), "{text}");
    assert_eq!(said(&run(&["users", "remove", "Ada"], data.path())).0, Some(0));
    assert_eq!(said(&run(&["users", "remove", "Ada"], data.path())).0, Some(1));
    let (_, keys) = said(&run(&["keys", "list"], data.path()));
    assert!(keys.trim().ends_with("signs"));
}

#[tokio::test]
async fn no_token_password_or_binder_reaches_the_log_however_much_it_tells() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("log");
    let mut command =
        shelflife(&["serve", "--listen", "127.0.0.1:0", "--demo", "--grace", "0s"], data.path());
    command.env("SHELFLIFE_LOG", "trace").stderr(std::fs::File::create(&log).unwrap());
    let mut server = Server::spawn(&mut command);
    let body = r#"{"username":"demo","password":"best-before","remember_me":true,"binder":"cookie"}"#;
    let bound = server.post("/login", "application/json", body).await;
    let binder = bound.header("set-cookie").split(['=', ';']).nth(1).unwrap().to_owned();
    let device = bound.cookie("__Host-shelflife-device").split(['=', ';']).nth(1).unwrap().to_owned();
    assert_eq!(device.len(), 27, "{device}");
    let token = server.login("demo", "best-before").await.text("access_token");
    let successor = server.exchange(&token).await.text("access_token");
    assert_eq!(server.exchange(&bound.text("access_token")).await.text("reason"), "binder_mismatch");
    assert_eq!(server.seen(&successor).await.status, 204);
    assert_eq!(server.exchange(&token).await.text("reason"), "reuse_detected");
    server.login("hunter2hunter2", "correct horse").await;
    server.post("/login", "application/json", r#"{"username":"demo","password":["hunter3hunter3"]}"#).await;
    server.signal("-TERM");

    let log = std::fs::read_to_string(log).unwrap();
    for event in ["login_ok", "login_failed", "exchanged", "exchange_refused", "reuse_detected"] {
        assert!(log.contains(&format!("event=\"{event}\"")), "{event} is missing in {log}");
    }
    let signatures =
        [&token, &successor, &bound.text("access_token")].map(|t| t.rsplit('.').next().unwrap().to_owned());
    let secrets = ["best-before", "hunter2", "correct horse", "hunter3", &binder, &device];
    for secret in secrets.into_iter().chain(signatures.iter().map(String::as_str)) {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}

#[test]
fn a_wrong_setting_ends_with_two_and_one_sentence_that_names_it() {
    let data = tempfile::tempdir().unwrap();
    let inside = data.path().join("data");
    for (arguments, words) in [
        (&["serve", "--grace", "301s"][..], ["`--grace`", "301s", "0s to 300s"]),
        (&["serve", "--demo", "--listen", "0.0.0.0:0"], ["`--demo`", "0.0.0.0:0", "loopback"]),
        (&["serve", "--config", "/nowhere.toml"], ["`--config`", "/nowhere.toml", "cannot be read"]),
        (&["serve", "--cors-origin", "*"], ["`--cors-origin`", "*", "origin"]),
    ] {
        let (code, text) = said(&run(arguments, &inside));
        assert_eq!((code, text.lines().count()), (Some(2), 1), "{text}");
        for word in words {
            assert!(text.contains(word), "{word} in {text}");
        }
    }
    let mut from_environment = shelflife(&["serve"], &inside);
    let output = from_environment.env("SHELFLIFE_JITTER", "51").output().unwrap();
    assert!(said(&output).1.contains("`--jitter` is `51`"));
    let (code, text) = said(&run(&["store", "check"], &inside));
    assert!(code == Some(1) && text.contains("no data folder"), "{text}");
    assert!(!inside.exists(), "a command that failed left a folder behind");
}

#[tokio::test]
async fn a_damaged_store_is_never_opened_with_less_in_it() {
    let data = tempfile::tempdir().unwrap();
    let folder = DataFolder::lock(data.path()).unwrap();
    Keyring::open(data.path(), true).unwrap();
    let store = folder.open_store("a store").unwrap();
    for number in 0..20 {
        add_user(&store, &format!("user{number}"), number).await;
    }
    store.close();
    drop(folder);
    let good = std::fs::read(data.path().join("sled/db")).unwrap();
    let mut damages = vec![Vec::new(), vec![0xAA; 4096]];
    for tenth in [2, 5, 8] {
        let position = good.len() * tenth / 10;
        damages.push(good[..position].to_vec());
        let mut garbled = good.clone();
        garbled[position..position + 16].fill(0xFF);
        damages.push(garbled);
    }
    for (number, damaged) in damages.into_iter().enumerate() {
        let copy = tempfile::tempdir().unwrap();
        let copied =
            Command::new("cp").arg("-a").arg(data.path().join(".")).arg(copy.path()).status().unwrap();
        assert!(copied.success());
        std::fs::write(copy.path().join("sled/db"), &damaged).unwrap();
        let (code, text) = said(&run(&["store", "check"], copy.path()));
        assert_eq!(code, Some(1), "damage {number}: {text}");
        assert!(text.contains(&copy.path().display().to_string()) && text.contains("backup"), "{text}");
    }
    let (code, text) = said(&run(&["store", "check"], data.path()));
    assert_eq!((code, text.trim()), (Some(0), "0 sessions, 20 users, 0 problems"));
}

#[test]
fn help_names_every_setting_of_the_server() {
    let data = tempfile::tempdir().unwrap();
    let (code, help) = said(&run(&["serve", "--help"], data.path()));
    assert_eq!(code, Some(0));
    for flag in [
        "listen",
        "data",
        "issuer",
        "former-issuer",
        "audience",
        "access-ttl",
        "refresh-ttl",
        "grace",
        "jitter",
        "demo",
        "config",
        "reauth-after",
        "max-sessions",
        "session-limit",
        "trusted-proxy",
        "free-failures",
        "longest-pause",
        "forget-failures",
        "failures-per-address",
        "failures-per-account",
        "require-client",
        "max-connections",
        "max-connections-per-address",
        "ops-listen",
        "drain",
        "late-exchange",
        "keep-expired",
    ] {
        assert!(help.contains(&format!("--{flag}")), "{flag}");
        let variable = format!("SHELFLIFE_{}", flag.to_uppercase().replace('-', "_"));
        assert!(help.contains(&variable), "{variable}");
    }
}

#[tokio::test]
async fn cookie_mode_compares_origins_and_not_addresses() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--demo", "--issuer", "https://ID.Example:443/auth"];
    let server = Server::spawn(shelflife(&arguments, data.path()).stderr(std::process::Stdio::null()));
    let body = r#"{"username":"demo","password":"best-before","remember_me":true,"binder":"cookie"}"#;
    for (origin, expected) in [
        ("https://id.example", 200),
        ("https://id.example:8443", 403),
        ("http://id.example", 403),
        ("null", 403),
    ] {
        let headers = format!("content-type: application/json\r\norigin: {origin}\r\n");
        let answer = server.post_with("/login", &headers, body).await;
        assert_eq!(answer.status, expected, "{origin}: {}", answer.body);
    }
}
