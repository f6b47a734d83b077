//! A data folder and its engine.

mod command;
mod damage;
mod portable;

use shelflife_issuer::store::{DataFolder, EngineKind, FolderError, OpenStore, Store};

use crate::common::{open_folder, user};

fn open(data: &std::path::Path, engine: Option<EngineKind>) -> Result<(), FolderError> {
    let how = OpenStore { id: "a store", engine, ..OpenStore::default() };
    DataFolder::lock(data)?.open(how).map(|store| store.close())
}

#[tokio::test]
async fn a_folder_keeps_the_engine_it_began_with_and_refuses_another() {
    for (kind, other) in [(EngineKind::Sled, EngineKind::Redb), (EngineKind::Redb, EngineKind::Sled)] {
        let data = tempfile::tempdir().unwrap();
        let store = open_folder(data.path().to_owned(), kind);
        store.add_user(user("ada")).await.unwrap();
        store.close();
        open(data.path(), None).unwrap();
        open(data.path(), Some(kind)).unwrap();
        let refusal = open(data.path(), Some(other)).unwrap_err();
        assert!(matches!(refusal, FolderError::OtherEngine(..)), "{refusal}");
        let text = refusal.to_string();
        assert!(text.contains(kind.name()) && text.contains("shelflife store export"), "{text}");
        assert!(!data.path().join(other.name()).exists(), "a refusal leaves nothing behind");
        // Without its marker the folder still knows.
        std::fs::remove_file(data.path().join("store.json")).unwrap();
        assert!(matches!(open(data.path(), Some(other)), Err(FolderError::OtherEngine(..))));
        open(data.path(), None).unwrap();
    }
}

#[test]
fn a_new_folder_gets_sled_unless_asked() {
    let data = tempfile::tempdir().unwrap();
    open(data.path(), None).unwrap();
    assert!(data.path().join("sled/db").is_file());
    let data = tempfile::tempdir().unwrap();
    open(data.path(), Some(EngineKind::Redb)).unwrap();
    assert!(data.path().join("redb/store.redb").is_file() && !data.path().join("sled").exists());
}
