//! `shelflife clients`, and what its clients leave in the log.

use serde_json::json;

use super::{Server, run, run_with_input, said, shelflife};
use crate::common::payload;

#[test]
fn a_client_is_added_with_a_secret_that_is_shown_once_listed_and_removed() {
    let data = tempfile::tempdir().unwrap();
    let add = || run(&["clients", "add", "shop", "--role", "sessions", "--role", "admin"], data.path());
    let added = add();
    let (code, secret) = said(&added);
    assert_eq!((code, secret.trim().len()), (Some(0), 43), "{secret}");
    let (code, text) = said(&add());
    assert!(code == Some(1) && text.contains("shop already"), "{text}");
    let (code, list) = said(&run(&["clients", "list"], data.path()));
    assert!(
        code == Some(0) && list.starts_with("shop  ") && list.trim().ends_with("sessions,admin"),
        "{list}"
    );
    assert!(!list.contains(secret.trim()));
    assert_eq!(said(&run(&["clients", "remove", "shop"], data.path())).0, Some(0));
    assert_eq!(said(&run(&["clients", "remove", "shop"], data.path())).0, Some(1));
    assert_eq!(said(&run(&["clients", "list"], data.path())).1, "");

    assert_eq!(said(&run(&["clients", "add", "shop"], data.path())).0, Some(2), "a client without a role");
    let (code, text) = said(&run(&["clients", "add", "a\"b", "--role", "admin"], data.path()));
    assert!(code == Some(2) && text.contains("an id has"), "{text}");
}

#[tokio::test]
async fn a_user_is_regrouped_and_locked_out_while_no_server_runs() {
    let data = tempfile::tempdir().unwrap();
    let added = run_with_input(&["users", "add", "ada", "--password-stdin"], data.path(), "correct horse\n");
    assert_eq!(said(&added).0, Some(0));
    let mut server = Server::start(&[], data.path());
    let token = server.login("ada", "correct horse").await.text("access_token");
    server.signal("-TERM");
    let (code, text) = said(&run(&["users", "groups", "Ada", "--group", "staff"], data.path()));
    assert!(code == Some(0) && text.contains("`staff`; 0 sessions ended"), "{text}");
    assert_eq!(said(&run(&["users", "groups", "ada", "--group", "a b"], data.path())).0, Some(2));

    let mut server = Server::start(&[], data.path());
    let next = server.exchange(&token).await.text("access_token");
    assert_eq!((&payload(&next)["groups"], &payload(&next)["cv"]), (&json!(["staff"]), &json!(2)));
    server.signal("-TERM");
    let (code, text) = said(&run(&["users", "disable", "ada"], data.path()));
    assert!(code == Some(0) && text.contains("disabled") && text.contains("1 sessions ended"), "{text}");
    assert_eq!(said(&run(&["users", "disable", "eve"], data.path())).0, Some(1));

    let mut server = Server::start(&[], data.path());
    assert_eq!(server.exchange(&next).await.text("reason"), "user_disabled");
    assert_eq!(server.login("ada", "correct horse").await.status, 400);
    server.signal("-TERM");
    assert_eq!(said(&run(&["users", "enable", "ada"], data.path())).0, Some(0));
    let server = Server::start(&[], data.path());
    assert_eq!(server.login("ada", "correct horse").await.status, 200);
}

#[tokio::test]
async fn what_people_and_clients_do_is_in_the_log_without_their_secrets() {
    let data = tempfile::tempdir().unwrap();
    let secret = said(&run(&["clients", "add", "shop", "--role", "sessions"], data.path())).1;
    let secret = secret.trim();
    let log = data.path().join("log");
    let mut command = shelflife(
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--demo",
            "--max-sessions",
            "1",
            "--session-limit",
            "evict-oldest",
        ],
        data.path(),
    );
    command.env("SHELFLIFE_LOG", "trace").stderr(std::fs::File::create(&log).unwrap());
    let mut server = Server::spawn(&mut command);

    let open = |secret: &str| {
        json!({"client_id": "shop", "client_secret": secret, "sub": "42", "claims": {"pin": "hunter5"}})
            .to_string()
    };
    let opened = server.post("/admin/sessions", "application/json", &open(secret)).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(payload(&opened.text("access_token"))["pin"], "hunter5");
    let refused = server.post("/admin/sessions", "application/json", &open("hunter6hunter6")).await;
    assert_eq!(refused.text("reason"), "bad_client");
    server.login("demo", "best-before").await;
    let token = server.login("demo", "best-before").await.text("access_token");
    let call = async |path: &str, body: serde_json::Value| {
        server.post_as(path, &token, &body.to_string()).await.status
    };
    assert_eq!(call("/step-up", json!({"password": "hunter7hunter7"})).await, 403);
    assert_eq!(call("/step-up", json!({"password": "best-before"})).await, 200);
    let change = json!({"current_password": "best-before", "new_password": "hunter8hunter8"});
    assert_eq!(call("/password", change).await, 200);
    for _ in 0..6 {
        server.login("demo", "hunter9hunter9").await;
    }
    server.signal("-TERM");

    let log = std::fs::read_to_string(log).unwrap();
    for event in [
        "opened_by_client",
        "client_refused",
        "login_ok",
        "session_ended",
        "login_failed",
        "stepped_up",
        "password_changed",
    ] {
        assert!(log.contains(&format!("event=\"{event}\"")), "{event} is missing in {log}");
    }
    for word in ["evicted", "too_many_attempts", "address=127.0.0.1", "client=\"shop\""] {
        assert!(log.contains(word), "{word} is missing in {log}");
    }
    for secret in [secret, "hunter", "best-before", token.rsplit('.').next().unwrap()] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
}
