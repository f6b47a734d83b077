use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::*;

fn made() -> (tempfile::TempDir, String) {
    let data = tempfile::tempdir().unwrap();
    let kid = Keyring::open(data.path(), true).unwrap().active_kid().to_owned();
    (data, kid)
}

fn open(data: &Path) -> Result<Keyring, KeyringError> {
    Keyring::open(data, false)
}

fn active(data: &Path) -> String {
    open(data).unwrap().active_kid().to_owned()
}

fn keys(data: &Path) -> PathBuf {
    data.join("keys")
}

fn names(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(keys(data)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    set_mode(path, 0o600);
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// As earlier versions wrote keys.
fn take_place_away(path: &Path) {
    let mut file = read(path);
    file.as_object_mut().unwrap().remove("order").expect("a number");
    file.as_object_mut().unwrap().remove("ring").expect("a ring");
    write(path, &file.to_string());
}

#[test]
fn a_key_made_at_first_start_is_the_key_of_every_later_start() {
    let (data, first) = made();
    assert_eq!(active(data.path()), first);
    assert_eq!(names(data.path()), ["key-0001.json"]);
    assert_eq!(mode(&keys(data.path()).join("key-0001.json")), 0o600);
}

#[test]
fn the_key_that_was_rotated_to_last_signs_whatever_the_files_are_called() {
    let (data, first) = made();
    let second = Keyring::rotate(data.path()).unwrap();
    let folder = keys(data.path());
    for (old, new) in
        [("zzz.json", "aaa.json"), ("key-0009.json", "tls.json"), ("key-0002.json", "key-0001.json")]
    {
        let files = names(data.path());
        fs::rename(folder.join(&files[0]), folder.join("first")).unwrap();
        fs::rename(folder.join(&files[1]), folder.join("second")).unwrap();
        let (first_file, second_file) = if read(&folder.join("first"))["kid"] == *first {
            ("first", "second")
        } else {
            ("second", "first")
        };
        fs::rename(folder.join(first_file), folder.join(old)).unwrap();
        fs::rename(folder.join(second_file), folder.join(new)).unwrap();
        let keyring = open(data.path()).unwrap();
        assert_eq!(keyring.kids().collect::<Vec<_>>(), [&second, &first], "{old} {new}");
        assert!(matches!(Keyring::kill(data.path(), &second), Err(KeyringError::Active(_))), "{old} {new}");
    }
    let third = Keyring::rotate(data.path()).unwrap();
    assert_eq!(open(data.path()).unwrap().kids().collect::<Vec<_>>(), [&third, &second, &first]);
}

#[test]
fn a_copied_key_of_another_folder_verifies_and_does_not_sign() {
    for (own_is_old, foreign_is_old, rotations) in
        [(false, false, 0), (false, false, 5), (true, false, 5), (false, true, 0), (true, true, 0)]
    {
        let ((data, own), (other, mut foreign)) = (made(), made());
        for _ in 0..rotations {
            foreign = Keyring::rotate(other.path()).unwrap();
        }
        let copy = keys(data.path()).join("old.json");
        fs::copy(keys(other.path()).join(names(other.path()).last().unwrap()), &copy).unwrap();
        if foreign_is_old {
            take_place_away(&copy);
        }
        if own_is_old {
            take_place_away(&keys(data.path()).join("key-0001.json"));
        }
        let keyring = open(data.path()).unwrap();
        assert_eq!(keyring.kids().collect::<Vec<_>>(), [&own, &foreign]);
        let next = Keyring::rotate(data.path()).unwrap();
        assert_eq!(active(data.path()), next, "what rotate said");
        Keyring::announce(data.path()).unwrap();
        let next = Keyring::rotate(data.path()).unwrap();
        assert_eq!(active(data.path()), next, "what rotate said of an announced key");
        assert_eq!(open(data.path()).unwrap().kids().count(), 4);
        // Renamed, it still signs.
        let newest = names(data.path()).into_iter().rfind(|name| name != "old.json").unwrap();
        fs::rename(keys(data.path()).join(newest), keys(data.path()).join("a.json")).unwrap();
        assert_eq!(active(data.path()), next);
    }
}

#[test]
fn keys_of_before_are_ordered_by_the_numbers_in_their_names_and_followed_by_new_ones() {
    let (data, first) = made();
    let second = Keyring::rotate(data.path()).unwrap();
    let folder = keys(data.path());
    for name in names(data.path()) {
        take_place_away(&folder.join(name));
    }
    // Ten thousand keys later names do not sort as numbers do.
    fs::rename(folder.join("key-0002.json"), folder.join("key-10000.json")).unwrap();
    fs::rename(folder.join("key-0001.json"), folder.join("key-9999.json")).unwrap();
    assert_eq!(open(data.path()).unwrap().kids().collect::<Vec<_>>(), [&second, &first]);
    let third = Keyring::rotate(data.path()).unwrap();
    assert_eq!(open(data.path()).unwrap().kids().collect::<Vec<_>>(), [&third, &second, &first]);
    // A key without any number is older than all others, and signs where it is the only one.
    fs::rename(folder.join("key-10000.json"), folder.join("zzz.json")).unwrap();
    assert_eq!(open(data.path()).unwrap().kids().collect::<Vec<_>>(), [&third, &first, &second]);
    fs::remove_file(folder.join("key-9999.json")).unwrap();
    fs::remove_file(folder.join("key-10001.json")).unwrap();
    assert_eq!(active(data.path()), second);
}

#[test]
fn a_machine_that_stops_while_an_announced_key_is_made_the_signing_one_leaves_a_usable_folder() {
    let (data, first) = made();
    let second = Keyring::announce(data.path()).unwrap();
    let folder = keys(data.path());
    let place = file::Place { order: 3, ring: Some(first.clone()) };
    file::set_place(&folder.join("key-0002.next"), &folder, place).unwrap();
    let keyring = open(data.path()).unwrap();
    assert_eq!((keyring.active_kid(), keyring.announced().next()), (&*first, Some(&*second)));
    fs::write(folder.join("key-0002.next.new"), "half a key").unwrap();
    assert_eq!(Keyring::announce(data.path()).unwrap(), second);
    assert_eq!(Keyring::rotate(data.path()).unwrap(), second);
    let keyring = open(data.path()).unwrap();
    assert_eq!((keyring.active_kid(), keyring.announced().count()), (&*second, 0));
}

#[test]
fn a_key_that_is_rewritten_keeps_its_mode() {
    let (data, _) = made();
    Keyring::announce(data.path()).unwrap();
    set_mode(&keys(data.path()).join("key-0002.next"), 0o640);
    Keyring::rotate(data.path()).unwrap();
    assert_eq!(mode(&keys(data.path()).join("key-0003.json")), 0o640);
}

#[test]
fn one_key_in_two_files_is_refused_and_both_are_named() {
    let (data, _) = made();
    let folder = keys(data.path());
    fs::copy(folder.join("key-0001.json"), folder.join("copy.json")).unwrap();
    let error = open(data.path()).unwrap_err();
    assert!(matches!(error, KeyringError::Doubled { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("copy.json") && text.contains("key-0001.json"), "{text}");
    for refused in [Keyring::rotate(data.path()).err(), Keyring::announce(data.path()).err()] {
        assert!(matches!(refused, Some(KeyringError::Doubled { .. })));
    }
    fs::rename(folder.join("copy.json"), folder.join("key-0007.next")).unwrap();
    let error = open(data.path()).unwrap_err();
    assert!(matches!(error, KeyringError::AnnouncedAndSigning { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("key-0007.next") && text.contains("key-0001.json"), "{text}");
    fs::remove_file(folder.join("key-0007.next")).unwrap();
    Keyring::announce(data.path()).unwrap();
    fs::copy(folder.join("key-0002.next"), folder.join("copy.next")).unwrap();
    assert!(matches!(open(data.path()), Err(KeyringError::Doubled { .. })));
}

#[test]
fn a_file_that_is_no_key_is_refused_with_its_name_and_what_is_wrong_with_it() {
    let (data, _) = made();
    let path = keys(data.path()).join("stranger.json");
    let good = read(&keys(data.path()).join("key-0001.json"));
    let without = |name: &str| {
        let mut file = good.clone();
        file.as_object_mut().unwrap().remove(name);
        file
    };
    let with = |name: &str, value: Value| {
        let mut file = good.clone();
        file[name] = value;
        file
    };
    for (text, why) in [
        (String::new(), "JSON object"),
        ("garbage".to_owned(), "JSON object"),
        ("{".to_owned(), "JSON Web Key"),
        (json!([good["kty"], good["crv"], good["kid"], good["d"], 7]).to_string(), "JSON object"),
        (json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}).to_string(), "`kty`"),
        (with("crv", json!("X25519")).to_string(), "`crv`"),
        (without("d").to_string(), "`d`"),
        (with("d", json!("AAAA")).to_string(), "`d`"),
        (with("kid", json!("mine")).to_string(), "`kid`"),
        (with("order", json!(1_u64 << 53)).to_string(), "`order`"),
        (with("order", json!(-1)).to_string(), "JSON Web Key"),
        (with("order", json!("1")).to_string(), "JSON Web Key"),
        (format!("{good}{}", " ".repeat(20_000)), "too long"),
    ] {
        write(&path, &text);
        let error = open(data.path()).unwrap_err();
        assert!(matches!(error, KeyringError::NotAKey(..)), "{text}: {error}");
        let said = error.to_string();
        assert!(said.contains("stranger.json") && said.contains(why), "{text}: {said}");
        assert!(!said.contains(good["d"].as_str().unwrap()), "a secret in an error");
    }
    fs::remove_file(&path).unwrap();
    write(&keys(data.path()).join("stranger.killed"), "");
    let said = open(data.path()).unwrap_err().to_string();
    assert!(said.contains("stranger.killed"), "{said}");
    // Files of other kinds are ignored.
    fs::rename(keys(data.path()).join("stranger.killed"), keys(data.path()).join("README")).unwrap();
    open(data.path()).unwrap();
}

#[test]
fn a_key_is_accepted_from_its_owner_alone_and_from_its_group_where_others_cannot_write() {
    let (data, _) = made();
    let (folder, path) = (keys(data.path()), keys(data.path()).join("key-0001.json"));
    set_mode(&folder, 0o750);
    for accepted in [0o600, 0o400, 0o440, 0o640] {
        set_mode(&path, accepted);
        assert!(open(data.path()).is_ok(), "{accepted:o}");
    }
    for refused in [0o604, 0o644, 0o444, 0o660, 0o620, 0o602, 0o601, 0o666] {
        set_mode(&path, refused);
        let error = open(data.path()).unwrap_err();
        assert!(matches!(error, KeyringError::Exposed(_, mode) if mode == refused), "{refused:o}: {error}");
    }
    set_mode(&folder, 0o757);
    set_mode(&path, 0o440);
    let error = open(data.path()).unwrap_err();
    assert!(matches!(error, KeyringError::ExposedFolder { mode: 0o757, .. }), "{error}");
    set_mode(&path, 0o400);
    open(data.path()).unwrap();
}

#[test]
fn a_mounted_secret_is_followed_and_serving_writes_nothing() {
    let (data, kid) = made();
    let folder = keys(data.path());
    fs::create_dir(folder.join("..2026_01_01")).unwrap();
    fs::rename(folder.join("key-0001.json"), folder.join("..2026_01_01/tls.json")).unwrap();
    symlink("..2026_01_01", folder.join("..data")).unwrap();
    symlink("..data/tls.json", folder.join("tls.json")).unwrap();
    let before = (names(data.path()), fs::metadata(&folder).unwrap().mtime_nsec());
    assert_eq!(active(data.path()), kid);
    assert_eq!(Keyring::open(data.path(), true).unwrap().active_kid(), kid);
    assert_eq!((names(data.path()), fs::metadata(&folder).unwrap().mtime_nsec()), before);
    // The mode that counts is that of the key, not that of the link.
    set_mode(&folder.join("..2026_01_01/tls.json"), 0o644);
    assert!(matches!(open(data.path()), Err(KeyringError::Exposed(..))));
}

#[test]
fn a_key_is_announced_then_signs_then_is_killed_and_its_name_stays() {
    let (data, first) = made();
    let second = Keyring::announce(data.path()).unwrap();
    assert_eq!(Keyring::announce(data.path()).unwrap(), second);
    let keyring = open(data.path()).unwrap();
    assert_eq!((keyring.active_kid(), keyring.announced().next()), (first.as_str(), Some(second.as_str())));
    assert_eq!(keyring.public_jwks().len(), 2);
    assert!(matches!(Keyring::kill(data.path(), &first), Err(KeyringError::Active(_))));
    assert_eq!(Keyring::rotate(data.path()).unwrap(), second);
    let keyring = open(data.path()).unwrap();
    assert_eq!((keyring.active_kid(), keyring.public_jwks().len()), (second.as_str(), 2));
    Keyring::kill(data.path(), &first).unwrap();
    assert!(matches!(Keyring::kill(data.path(), &first), Err(KeyringError::AlreadyKilled(_))));
    assert!(matches!(Keyring::kill(data.path(), "other"), Err(KeyringError::Unknown(_))));
    let keyring = open(data.path()).unwrap();
    assert_eq!((keyring.killed(), keyring.public_jwks().len()), (&[first][..], 1));
    assert_ne!(Keyring::rotate(data.path()).unwrap(), second, "a new one where none was announced");
}

#[test]
fn a_key_that_is_killed_and_not_yet_deleted_neither_signs_nor_is_announced() {
    let (data, first) = made();
    let folder = keys(data.path());
    let killed = Keyring::announce(data.path()).unwrap();
    write(&folder.join(format!("{killed}.killed")), "");
    let keyring = open(data.path()).unwrap();
    assert_eq!((keyring.announced().count(), keyring.public_jwks().len()), (0, 1));
    let second = Keyring::rotate(data.path()).unwrap();
    assert_ne!(second, killed);
    assert_eq!(active(data.path()), second);
    Keyring::kill(data.path(), &killed).unwrap();
    assert!(!names(data.path()).iter().any(|name| name.ends_with(".next")));
    // The greatest key: those before it go on signing.
    write(&folder.join(format!("{second}.killed")), "");
    assert_eq!(active(data.path()), first);
    write(&folder.join(format!("{first}.killed")), "");
    assert!(matches!(Keyring::open(data.path(), true), Err(KeyringError::AllKilled(_))));
}

#[test]
fn a_lost_key_is_not_replaced_in_silence() {
    let data = tempfile::tempdir().unwrap();
    assert!(matches!(open(data.path()), Err(KeyringError::Missing(_))));
}

#[test]
fn only_for_a_killed_key_another_one_signs() {
    let (data, first) = made();
    let claims = claims();
    let lost = open(data.path()).unwrap().sign(&first, &claims).unwrap();
    Keyring::rotate(data.path()).unwrap();
    assert_eq!(open(data.path()).unwrap().sign(&first, &claims).unwrap(), lost, "byte for byte");
    fs::rename(keys(data.path()).join("key-0001.json"), data.path().join("elsewhere")).unwrap();
    assert_eq!(open(data.path()).unwrap().sign(&first, &claims), Err(SignFailure::UnknownKey));
    fs::rename(data.path().join("elsewhere"), keys(data.path()).join("key-0001.json")).unwrap();
    Keyring::kill(data.path(), &first).unwrap();
    assert!(open(data.path()).unwrap().sign(&first, &claims).is_ok_and(|token| token != lost));
}

#[test]
fn a_number_that_nothing_can_follow_is_an_error_and_not_a_key_that_does_not_sign() {
    let (data, _) = made();
    let path = keys(data.path()).join("key-0001.json");
    let mut file = read(&path);
    file["order"] = json!(file::MAX_ORDER);
    write(&path, &file.to_string());
    assert!(matches!(Keyring::rotate(data.path()), Err(KeyringError::NoOrderLeft(_))));
    open(data.path()).unwrap();
}

fn claims() -> Claims {
    Claims {
        iss: "http://id.example".into(),
        aud: vec!["api".into()],
        sub: "s".into(),
        sid: "x".into(),
        r#gen: 1,
        iat: 1,
        bbf: 2,
        exp: 3,
        ..Claims::default()
    }
}
