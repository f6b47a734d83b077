//! The store over a disk that works, fails or takes its time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use shelflife_issuer::store::{DataFolder, FolderError, MemoryEngine, Store};

use crate::common::{START, start_in, start_over};
use crate::hanging::Hanging;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_write_before_it_is_durable() {
    let engine = Hanging::over(Arc::new(MemoryEngine::default()));
    let server = Arc::new(start_over(engine.clone()).await);
    let token = server.login("ada").await;
    let other = server.login("ada").await;
    let before = engine.commits.load(Ordering::SeqCst);

    engine.hanging.store(true, Ordering::SeqCst);
    let task = tokio::spawn({
        let (server, token) = (server.clone(), token.clone());
        async move { server.authorized("POST", "/logout", &token).await.status }
    });
    while engine.commits.load(Ordering::SeqCst) == before {
        std::thread::sleep(Duration::from_millis(1));
    }
    // The engine shows the logout already, but a power cut could still take it back.
    assert_eq!(server.authorized("GET", "/sessions", &token).await.status, 200);
    let list = server.authorized("GET", "/sessions", &other).await.json();
    assert!(list["sessions"].as_array().unwrap().iter().all(|session| session["ended_at"].is_null()));
    assert!(!task.is_finished());
    engine.hanging.store(false, Ordering::SeqCst);
    assert_eq!(task.await.unwrap(), 204);
    assert_eq!(server.authorized("GET", "/sessions", &token).await.text("reason"), "logged_out");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_that_queue_up_share_one_sync() {
    let engine = Hanging::over(Arc::new(MemoryEngine::default()));
    let server = Arc::new(start_over(engine.clone()).await);
    let mut tokens = Vec::new();
    for _ in 0..20 {
        tokens.push(server.login("ada").await);
    }
    let before = engine.commits.load(Ordering::SeqCst);
    engine.hanging.store(true, Ordering::SeqCst);
    let tasks: Vec<_> = tokens
        .into_iter()
        .map(|token| {
            let server = server.clone();
            tokio::spawn(async move { server.exchange(&token).await.status })
        })
        .collect();
    // Until all have queued up, on a slow machine, too: nothing tells from outside.
    std::thread::sleep(Duration::from_secs(3));
    engine.hanging.store(false, Ordering::SeqCst);
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
    let commits = engine.commits.load(Ordering::SeqCst) - before;
    assert!(commits <= 4, "{commits} commits for 20 exchanges");
}

#[tokio::test]
async fn after_a_failed_sync_nothing_is_written_any_more_and_nothing_was_used_up() {
    let engine = Hanging::over(Arc::new(MemoryEngine::default()));
    let server = start_over(engine.clone()).await;
    let token = server.login("ada").await;
    engine.failing.store(true, Ordering::SeqCst);
    let failed = server.exchange(&token).await;
    assert_eq!((failed.status, failed.text("reason").as_str()), (503, "store_unavailable"));
    assert_eq!(failed.text("error"), "temporarily_unavailable");
    assert_ne!(failed.header("retry-after"), "");
    // The disk works again, but what lies on it is in doubt until somebody has looked.
    engine.failing.store(false, Ordering::SeqCst);
    assert_eq!(server.exchange(&token).await.status, 503);
    assert_eq!(server.authorized("GET", "/sessions", &token).await.status, 200);
    assert_eq!(server.send("GET", "/readyz", &[], "").await.status, 503);
    assert_eq!(server.send("GET", "/healthz", &[], "").await.status, 200);
}

#[tokio::test]
async fn a_restart_keeps_users_sessions_ended_sessions_and_the_key() {
    let data = tempfile::tempdir().unwrap();
    let (server, folder) = start_in(data.path(), START).await;
    let token = server.login("ada").await;
    let gone = server.login("ada").await;
    let successor = server.exchange(&token).await.text("access_token");
    server.authorized("POST", "/logout", &gone).await;
    server.stop().await.close();
    drop(folder);

    let (server, folder) = start_in(data.path(), START).await;
    assert_eq!(server.exchange(&token).await.text("access_token"), successor, "the same, byte for byte");
    assert_eq!(server.exchange(&successor).await.status, 200);
    assert_eq!(server.exchange(&gone).await.text("reason"), "logged_out");
    let report = server.store.check().unwrap();
    assert_eq!((report.sessions, report.users, report.problems), (2, 2, Vec::new()));
    server.stop().await.close();
    drop(folder);
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_told_which_folder_and_does_no_harm() {
    let data = tempfile::tempdir().unwrap();
    let (server, folder) = start_in(data.path(), START).await;
    let token = server.login("ada").await;
    let error = DataFolder::lock(data.path()).unwrap_err();
    assert!(matches!(error, FolderError::InUse(_)));
    assert!(error.to_string().contains(&data.path().display().to_string()));
    assert_eq!(server.exchange(&token).await.status, 200);
    server.stop().await.close();
    drop(folder);
}

#[tokio::test]
async fn a_store_that_vanished_or_was_swapped_is_not_replaced_by_an_empty_one() {
    let data = tempfile::tempdir().unwrap();
    let open = || DataFolder::lock(data.path()).unwrap().open_store("first");
    open().unwrap().close();
    std::fs::rename(data.path().join("sled"), data.path().join("away")).unwrap();
    assert!(matches!(open(), Err(FolderError::Missing(_))));
    std::fs::create_dir(data.path().join("sled")).unwrap();
    std::fs::write(data.path().join("sled/db"), b"").unwrap();
    assert!(matches!(open(), Err(FolderError::Missing(_) | FolderError::Damaged(..))));
    std::fs::remove_dir_all(data.path().join("sled")).unwrap();
    std::fs::rename(data.path().join("away"), data.path().join("sled")).unwrap();
    open().unwrap().close();

    let other = tempfile::tempdir().unwrap();
    DataFolder::lock(other.path()).unwrap().open_store("second").unwrap().close();
    std::fs::copy(other.path().join("store.json"), data.path().join("store.json")).unwrap();
    assert!(matches!(open(), Err(FolderError::Mixed(_))));
    std::fs::write(data.path().join("store.json"), b"{").unwrap();
    assert!(matches!(open(), Err(FolderError::BadMarker(_))));
    // Only the marker was lost: the store itself says which one it is.
    std::fs::remove_file(data.path().join("store.json")).unwrap();
    open().unwrap().close();
    open().unwrap().close();
}

#[tokio::test]
async fn dead_sessions_are_forgotten_and_exchanged_ones_are_not() {
    let server = start_over(Arc::new(MemoryEngine::default())).await;
    let _dead = server.login("ada").await;
    let alive = server.login("ada").await;
    server.clock.advance_millis(3_500_000);
    let alive = server.exchange(&alive).await.text("access_token");
    let now = START + 3600 + 1;
    assert_eq!(server.store.purge(now, 1).await.unwrap(), 1);
    assert_eq!(server.store.purge(now, 100).await.unwrap(), 1);
    assert_eq!(server.store.purge(now, 100).await.unwrap(), 0);
    let report = server.store.check().unwrap();
    assert_eq!((report.sessions, report.problems), (1, Vec::new()));
    assert_eq!(server.exchange(&alive).await.status, 200);
}

#[tokio::test]
async fn a_removed_user_is_out_and_leaves_nothing_behind() {
    let server = start_over(Arc::new(MemoryEngine::default())).await;
    let token = server.login("ada").await;
    assert!(server.store.remove_user("ada", 1_010).await.unwrap());
    assert_eq!(server.exchange(&token).await.text("reason"), "session_not_found");
    server.store.purge(u64::MAX, 100).await.unwrap();
    let report = server.store.check().unwrap();
    assert_eq!((report.sessions, report.users, report.problems), (0, 1, Vec::new()));
}
