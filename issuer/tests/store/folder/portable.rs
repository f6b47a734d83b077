//! Export and import.

use std::io::Cursor;

use shelflife_issuer::store::{
    Counts, DataFolder, EmbeddedStore, EngineKind, FolderError, ImportError, OpenStore, Store,
};

use crate::common::{LOGGED_OUT, Place, client, exchanged, session, user};

async fn filled(place: &Place) -> EmbeddedStore {
    let store = place.open();
    for number in 0..25 {
        let name = format!("user {number} \"ä\"");
        store.add_user(user(&name)).await.unwrap();
        let first = session(&format!("s{number}"), &name);
        store.create(first.clone()).await.unwrap();
        if number % 2 == 0 {
            store.replace(first.clone(), &exchanged(&first)).await.unwrap();
        }
        if number % 5 == 0 {
            store.end(&first.sid, LOGGED_OUT).await.unwrap();
        }
    }
    store.add_client(client("shop")).await.unwrap();
    store
}

fn export(store: &EmbeddedStore) -> Vec<u8> {
    let mut out = Vec::new();
    let exported = store.export(&mut out, false).unwrap();
    assert_eq!(exported.left_out, Vec::<String>::new());
    out
}

async fn import(store: &EmbeddedStore, file: &[u8]) -> Result<Counts, ImportError> {
    store.import(|| Ok(Cursor::new(file.to_vec()))).await
}

#[tokio::test]
async fn from_sled_to_redb_and_back_nothing_changes() {
    let first = filled(&Place::disk(EngineKind::Sled)).await;
    let file = export(&first);
    let mut carried = file.clone();
    for kind in [EngineKind::Redb, EngineKind::Sled] {
        let place = Place::disk(kind);
        let store = place.open();
        assert_eq!(import(&store, &carried).await.unwrap(), Counts { users: 25, sessions: 25, clients: 1 });
        store.close();
        let store = place.open();
        assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
        carried = export(&store);
        store.close();
    }
    assert_eq!(String::from_utf8(carried).unwrap(), String::from_utf8(file).unwrap());
}

#[tokio::test]
async fn an_imported_store_works_like_the_first() {
    let file = export(&filled(&Place::memory()).await);
    let store = Place::memory().open();
    import(&store, &file).await.unwrap();
    let current = store.find("s1").unwrap().unwrap();
    assert_eq!(store.list(&current.sub, None, 9).unwrap(), std::slice::from_ref(&current));
    assert_eq!(
        store.replace(current.clone(), &exchanged(&current)).await.unwrap(),
        shelflife_issuer::store::Swap::Done
    );
    assert_eq!(store.purge(u64::MAX, 1_000).await.unwrap(), 25);
    assert_eq!(store.check().unwrap().sessions, 0);
}

#[tokio::test]
async fn a_file_that_is_not_a_whole_export_changes_nothing() {
    let file = export(&filled(&Place::memory()).await);
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    let without_end = lines[..lines.len() - 1].concat();
    let one_missing = [&lines[..3], &lines[4..]].concat().concat();
    let garbled = [&lines[..3], &[b"{\"user\":{}}\n".as_slice()], &lines[3..]].concat().concat();
    let more = [file.as_slice(), lines[1]].concat();
    let newer = [b"{\"shelflife_export\":9}\n", &file[lines[0].len()..]].concat();
    for (what, broken) in [
        ("nothing", Vec::new()),
        ("no header", file[lines[0].len()..].to_vec()),
        ("a newer one", newer),
        ("cut", without_end),
        ("cut within a line", file[..file.len() / 2].to_vec()),
        ("a line missing", one_missing),
        ("a line that is no record", garbled),
        ("more after the end", more),
    ] {
        let store = Place::memory().open();
        let error = import(&store, &broken).await.unwrap_err();
        assert!(!error.to_string().contains("argon2id"), "{what}: {error}");
        assert_eq!(store.check().unwrap(), Default::default(), "{what}");
        import(&store, &file).await.unwrap();
    }
}

#[tokio::test]
async fn only_an_empty_store_is_filled() {
    let place = Place::memory();
    let store = filled(&place).await;
    let file = export(&store);
    assert!(matches!(import(&store, &file).await, Err(ImportError::NotEmpty)));
    assert_eq!(export(&store), file);
}

#[tokio::test]
async fn half_an_import_is_not_served_from() {
    let file = export(&filled(&Place::memory()).await);
    let lines: Vec<&[u8]> = file.split_inclusive(|byte| *byte == b'\n').collect();
    // The same user twice, and a last line that agrees: noticed only when it is written.
    let end = b"{\"end\":{\"users\":26,\"sessions\":25,\"clients\":1}}\n".as_slice();
    let doubled = [&lines[..2], &lines[1..lines.len() - 1], &[end]].concat().concat();
    let data = tempfile::tempdir().unwrap();
    let folder = DataFolder::lock(data.path()).unwrap();
    let store = folder.open_store("a store").unwrap();
    assert!(matches!(import(&store, &doubled).await, Err(ImportError::Doubled(3))));
    store.close();
    let refusal = folder.open(OpenStore { id: "", ..OpenStore::default() }).err().unwrap();
    assert!(matches!(refusal, FolderError::HalfImported(..)), "{refusal}");
}
