//! `shelflife store` and `--store`, as processes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use shelflife_issuer::store::{EngineKind, Store};

use crate::common::{open_folder, session, user};

fn shelflife(arguments: &[&str], data: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shelflife"));
    let output = command
        .args(arguments)
        .env_clear()
        .env("SHELFLIFE_DATA", data)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// A data folder with keys, one user and one session.
async fn data_with(kind: EngineKind) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    shelflife_issuer::keyring::Keyring::open(data.path(), true).unwrap();
    let store = open_folder(data.path().to_owned(), kind);
    store.add_user(user("ada")).await.unwrap();
    store.create(session("one", "ada")).await.unwrap();
    store.close();
    data
}

fn copy_keys(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from.join("keys")).arg(to).status().unwrap().success());
}

#[tokio::test]
async fn a_store_is_carried_over_to_another_engine() {
    let old = data_with(EngineKind::Sled).await;
    let new = tempfile::tempdir().unwrap();
    let file = old.path().join("export.jsonl");
    let to = file.to_str().unwrap();
    let (code, text) = shelflife(&["store", "export", "--to", to], old.path());
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, text) = shelflife(&["store", "export", "--to", to], old.path());
    assert!(code == Some(1) && text.contains("--to"), "an export is not overwritten: {text}");

    let import = ["store", "import", "--from", to, "--store", "redb"];
    let (code, text) = shelflife(&import, new.path());
    assert!(code == Some(1) && text.contains("copy them"), "without keys: {text}");
    copy_keys(old.path(), new.path());
    let (code, text) = shelflife(&import, new.path());
    assert!(code == Some(0) && text.contains("1 users and 1 sessions"), "{text}");
    let (code, text) = shelflife(&import, new.path());
    assert!(code == Some(1) && text.contains("not empty"), "{text}");
    assert!(new.path().join("redb/store.redb").is_file());
    let (code, text) = shelflife(&["store", "check"], new.path());
    assert_eq!((code, text.trim()), (Some(0), "1 sessions, 1 users, 0 problems"));
    let store = open_folder(new.path().to_owned(), EngineKind::Redb);
    assert_eq!(store.find("one").unwrap(), Some(session("one", "ada")));
    store.close();
}

#[tokio::test]
async fn what_is_left_of_a_damaged_store_can_be_carried_over() {
    for kind in EngineKind::ALL {
        let data = data_with(kind).await;
        // As if the last commits had been lost.
        let before = std::fs::read(data.path().join("commits")).unwrap();
        let store = open_folder(data.path().to_owned(), kind);
        let old = tempfile::tempdir().unwrap();
        store.close();
        let engine = data.path().join(kind.name());
        assert!(Command::new("cp").arg("-a").arg(&engine).arg(old.path()).status().unwrap().success());
        let store = open_folder(data.path().to_owned(), kind);
        store.add_user(user("lost")).await.unwrap();
        store.close();
        assert_ne!(std::fs::read(data.path().join("commits")).unwrap(), before);
        std::fs::remove_dir_all(&engine).unwrap();
        std::fs::rename(old.path().join(kind.name()), &engine).unwrap();

        let (code, text) = shelflife(&["store", "check"], data.path());
        assert!(code == Some(1) && text.contains("--salvage"), "{text}");
        let file = data.path().join("export.jsonl");
        let export = ["store", "export", "--to", file.to_str().unwrap()];
        let (code, text) = shelflife(&export, data.path());
        assert!(code == Some(1) && text.contains("acknowledged") && !file.exists(), "{text}");
        let (code, text) = shelflife(&[&export[..], &["--salvage"]].concat(), data.path());
        assert!(code == Some(0) && text.contains("1 users and 1 sessions"), "{text}");
        let new = tempfile::tempdir().unwrap();
        copy_keys(data.path(), new.path());
        let (code, text) = shelflife(&["store", "import", "--from", file.to_str().unwrap()], new.path());
        assert_eq!(code, Some(0), "{text}");
    }
}

#[tokio::test]
async fn the_engine_is_named_by_flag_variable_and_file() {
    let data = data_with(EngineKind::Sled).await;
    let (code, text) = shelflife(&["serve", "--store", "redb"], data.path());
    assert!(code == Some(1) && text.contains("`--store` is redb") && text.contains("export"), "{text}");
    let (code, text) = shelflife(&["serve", "--store", "rocks"], data.path());
    assert!(code == Some(2) && text.contains("`--store` is `rocks`"), "{text}");
    let file = data.path().join("shelflife.toml");
    std::fs::write(&file, "store = \"redb\"").unwrap();
    let with_file = ["serve", "--config", file.to_str().unwrap()];
    let (code, text) = shelflife(&with_file, data.path());
    assert!(code == Some(1) && text.contains("`--store` is redb"), "{text}");
    // The folder knows its engine: nobody has to say it.
    let redb = data_with(EngineKind::Redb).await;
    let (code, text) = shelflife(&["store", "check"], redb.path());
    assert_eq!((code, text.trim()), (Some(0), "1 sessions, 1 users, 0 problems"));
    let (_, help) = shelflife(&["serve", "--help"], redb.path());
    assert!(help.contains("--store") && help.contains("SHELFLIFE_STORE"));
    let (_, help) = shelflife(&["store", "export", "--help"], redb.path());
    assert!(help.contains("Password hashes") && help.contains("0600"));
}
