//! A store that is cut, garbled or misses a file is refused, or is whole: it is never opened with less in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use shelflife_issuer::store::{DataFolder, EmbeddedStore, EngineKind, FolderError, OpenStore, Store};

use crate::common::{exchange, open_folder, session, user};

const USERS: usize = 40;
const EXCHANGES: u64 = 60;

async fn filled(kind: EngineKind) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    fill(data.path(), kind).await.close();
    data
}

/// The data folder of a process that died: the journal has not been carried over.
async fn killed(kind: EngineKind) -> tempfile::TempDir {
    let (data, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = fill(data.path(), kind).await;
    let copied = Command::new("cp").arg("-a").arg(data.path().join(".")).arg(copy.path()).status().unwrap();
    assert!(copied.success());
    store.close();
    copy
}

async fn fill(data: &Path, kind: EngineKind) -> EmbeddedStore {
    let store = open_folder(data.to_owned(), kind);
    for number in 0..USERS {
        let name = format!("user{number:02}");
        store.add_user(user(&name)).await.unwrap();
        store.create(session(&format!("s{number:02}"), &name)).await.unwrap();
    }
    let mut current = store.find("s00").unwrap().unwrap();
    for _ in 0..EXCHANGES {
        current = exchange(&store, current).await;
    }
    store
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// `Ok`: it opens, and all is there. `Err`: why it does not open. Panics when it opens with less.
fn judge(data: &Path, damage: &str) -> Result<(), String> {
    let folder = DataFolder::lock(data).unwrap();
    let store = match folder.open(OpenStore { id: "a store", ..OpenStore::default() }) {
        Ok(store) => store,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains(&data.display().to_string()), "{damage}: {text}");
            assert!(text.contains("backup") || text.contains("shelflife store"), "{damage}: {text}");
            assert!(!matches!(error, FolderError::InUse(_)), "{damage}: {text}");
            return Err(text);
        }
    };
    let report = store.check().unwrap();
    assert_eq!(report.problems, Vec::<String>::new(), "{damage}");
    assert_eq!((report.users, report.sessions), (USERS as u64, USERS as u64), "{damage}");
    assert_eq!(store.find("s00").unwrap().unwrap().revision, EXCHANGES + 1, "{damage}");
    store.close();
    Ok(())
}

/// Applies `damage` to a copy, and judges it.
fn damaged(data: &Path, what: &str, damage: impl FnOnce(&Path)) -> Result<(), String> {
    let copy = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").arg("-a").arg(data.join(".")).arg(copy.path()).status().unwrap();
    assert!(copied.success());
    damage(copy.path());
    judge(copy.path(), what)
}

async fn never_opens_with_less(kind: EngineKind) {
    let data = filled(kind).await;
    judge(data.path(), "no damage").unwrap();
    let gone = damaged(data.path(), "the whole engine missing", |copy| {
        std::fs::remove_dir_all(copy.join(kind.name())).unwrap();
    });
    assert!(gone.unwrap_err().contains("missing"));
    let refused = refused_with_damage_in(kind.name(), data.path());
    assert!(refused > 5, "{refused} damages noticed");

    let data = killed(kind).await;
    damaged(data.path(), "no damage", |_| {}).unwrap();
    let refused = refused_with_damage_in("journal", data.path());
    assert!(refused > 5, "{refused} damages noticed");
    damaged(data.path(), "the journal missing", |copy| {
        std::fs::remove_dir_all(copy.join("journal")).unwrap();
    })
    .unwrap_err();
}

/// How often a store is refused when one of its files in `folder` is cut, garbled or missing.
fn refused_with_damage_in(folder: &str, data: &Path) -> usize {
    let mut refused = 0;
    for path in files(&data.join(folder)) {
        let name = path.strip_prefix(data).unwrap().to_owned();
        let good = std::fs::read(&path).unwrap();
        let used = good.iter().rposition(|byte| *byte != 0).unwrap_or_default();
        let step = (used / 24).max(1);
        for position in (0..used).step_by(step) {
            let cut = damaged(data, &format!("{} cut at {position}", name.display()), |copy| {
                std::fs::write(copy.join(&name), &good[..position]).unwrap();
            });
            let garbled = damaged(data, &format!("{} garbled at {position}", name.display()), |copy| {
                let mut bytes = good.clone();
                let end = (position + 64).min(bytes.len());
                bytes[position..end].iter_mut().for_each(|byte| *byte ^= 0xA5);
                std::fs::write(copy.join(&name), bytes).unwrap();
            });
            refused += usize::from(cut.is_err()) + usize::from(garbled.is_err());
        }
        let missing = damaged(data, &format!("{} missing", name.display()), |copy| {
            std::fs::remove_file(copy.join(&name)).unwrap();
        });
        if name.ends_with("db") || name.ends_with("store.redb") {
            assert!(missing.unwrap_err().contains("missing"));
        }
    }
    refused
}

#[tokio::test]
async fn a_damaged_sled_is_refused_or_whole() {
    never_opens_with_less(EngineKind::Sled).await;
}

#[tokio::test]
async fn a_damaged_redb_is_refused_or_whole() {
    never_opens_with_less(EngineKind::Redb).await;
}

#[tokio::test]
async fn an_older_copy_of_the_engine_alone_is_noticed() {
    for kind in EngineKind::ALL {
        let data = filled(kind).await;
        let old = tempfile::tempdir().unwrap();
        let engine = data.path().join(kind.name());
        assert!(Command::new("cp").arg("-a").arg(&engine).arg(old.path()).status().unwrap().success());
        let store = open_folder(data.path().to_owned(), kind);
        store.add_user(user("later")).await.unwrap();
        store.close();
        std::fs::remove_dir_all(&engine).unwrap();
        assert!(
            Command::new("cp")
                .arg("-a")
                .arg(old.path().join(kind.name()))
                .arg(data.path())
                .status()
                .unwrap()
                .success()
        );
        assert!(judge(data.path(), "an older engine").unwrap_err().contains("were acknowledged"), "{kind:?}");
    }
}
