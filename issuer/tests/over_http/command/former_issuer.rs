//! A server that is started under another name, on the data of before.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;

use super::{Server, run_with_input, said, shelflife};
use crate::common::payload;

const OLD: &str = "https://old.example";
const NEW: &str = "https://new.example";

fn start(issuer: &str, further: &[&str], data: &Path) -> Server {
    // A slow machine must not turn a repeated exchange into reuse.
    let arguments =
        [&["serve", "--listen", "127.0.0.1:0", "--grace", "300s", "--issuer", issuer], further].concat();
    Server::spawn(shelflife(&arguments, data).stderr(Stdio::null()))
}

/// A data folder with a session that was opened under the old name, and its token.
async fn session_of_before() -> (tempfile::TempDir, String) {
    let data = tempfile::tempdir().unwrap();
    let added = run_with_input(&["users", "add", "ada", "--password-stdin"], data.path(), "correct horse\n");
    assert_eq!(said(&added).0, Some(0));
    let mut server = start(OLD, &[], data.path());
    let token = server.login("ada", "correct horse").await.text("access_token");
    assert_eq!(payload(&token)["iss"], OLD);
    server.signal("-TERM");
    (data, token)
}

#[tokio::test]
async fn a_token_of_a_former_name_is_exchanged_for_one_of_the_present_name() {
    let (data, token) = session_of_before().await;
    for former in [
        &["--former-issuer", "https://older.example,https://old.example"][..],
        &["--former-issuer", "https://older.example", "--former-issuer", OLD],
    ] {
        let mut server = start(NEW, former, data.path());
        assert_eq!(server.seen(&token).await.status, 204, "the token itself is taken");
        let first = server.exchange(&token).await;
        assert_eq!(first.status, 200, "{}", first.body);
        let next = payload(&first.text("access_token"));
        assert_eq!(
            (&next["iss"], &next["sid"], &next["gen"]),
            (&json!(NEW), &payload(&token)["sid"], &json!(2))
        );
        server.signal("-TERM");
    }
    // The name can also come from a file.
    let config = data.path().join("settings.toml");
    std::fs::write(&config, format!("former-issuer = [\"{OLD}\"]\n")).unwrap();
    let server = start(NEW, &["--config", config.to_str().unwrap()], data.path());
    let others = server.post_as("/sessions/revoke-others", &token, "").await;
    assert_eq!(others.status, 200, "the issuer's own calls take it: {}", others.body);
    assert_eq!(server.post_as("/logout", &token, "").await.status, 204);
    assert_eq!(server.exchange(&token).await.text("reason"), "logged_out");
}

#[tokio::test]
async fn a_name_that_was_not_named_is_another_issuer() {
    let (data, token) = session_of_before().await;
    for further in [&[][..], &["--former-issuer", "https://older.example"]] {
        let mut server = start(NEW, further, data.path());
        let refused = server.exchange(&token).await;
        assert_eq!(
            (refused.status, refused.text("reason").as_str()),
            (400, "invalid_token"),
            "{}",
            refused.body
        );
        assert!(refused.text("error_description").contains("wrong-issuer"), "{}", refused.body);
        assert_eq!(server.post_as("/logout", &token, "").await.text("reason"), "wrong-issuer");
        server.signal("-TERM");
    }
    let mut server = start(OLD, &["--former-issuer", NEW], data.path());
    assert_eq!(server.exchange(&token).await.status, 200);
    server.signal("-TERM");
}

#[test]
fn the_present_name_is_no_former_one() {
    let data = tempfile::tempdir().unwrap();
    let serve = |arguments: &[&str]| {
        said(
            &shelflife(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat(), data.path())
                .output()
                .unwrap(),
        )
    };
    let (code, text) = serve(&["--issuer", OLD, "--former-issuer", OLD]);
    assert!(code == Some(2) && text.contains("`--former-issuer`") && text.contains(OLD), "{text}");
    let (code, text) = serve(&["--issuer", NEW, "--former-issuer", "https://old.example/"]);
    assert!(code == Some(2) && text.contains("`--former-issuer`") && text.contains("final slash"), "{text}");
}
