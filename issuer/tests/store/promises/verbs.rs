//! What a store owes the domain.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use shelflife_issuer::store::{
    Added, Created, EmbeddedStore, EndReason, Ended, MAX_RECORD_BYTES, Place as Page, Session, Store,
    StoreError, Swap,
};

use crate::common::{Hanging, LOGGED_OUT, Place, exchanged, session, user, with_user};

pub(crate) async fn what_was_acknowledged_is_there_after_closing_and_opening(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    let first = session("one", "ada");
    store.create(first.clone()).await.unwrap();
    store.create(session("two", "ada")).await.unwrap();
    let next = exchanged(&first);
    assert_eq!(store.replace(first, &next).await.unwrap(), Swap::Done);
    assert!(store.end("two", LOGGED_OUT).await.unwrap());
    store.close();

    let store = place.open();
    assert_eq!(store.find("one").unwrap(), Some(next));
    assert_eq!(store.find("two").unwrap().unwrap().ended, Some(LOGGED_OUT));
    assert_eq!(store.user_named("ada").unwrap(), Some(user("ada")));
    let report = store.check().unwrap();
    assert_eq!((report.sessions, report.users, report.problems), (2, 1, Vec::new()));
    store.close();
}

pub(crate) async fn a_session_is_created_for_a_user_that_exists_and_is_not_disabled(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    let mut barred = user("eve");
    barred.disabled = true;
    store.add_user(barred).await.unwrap();
    assert_eq!(store.create(session("one", "ada")).await.unwrap(), Created::Done);
    assert_eq!(store.create(session("two", "eve")).await.unwrap(), Created::UserGone);
    assert_eq!(store.create(session("three", "nobody")).await.unwrap(), Created::UserGone);
    assert_eq!(store.sessions(None, 9).unwrap(), [session("one", "ada")]);
}

pub(crate) async fn only_the_next_revision_replaces_a_session(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    let first = session("one", "ada");
    assert_eq!(
        store.replace(first.clone(), &exchanged(&first)).await.unwrap(),
        Swap::Conflict,
        "there is none yet"
    );
    store.create(first.clone()).await.unwrap();
    assert_eq!(store.replace(first.clone(), &first).await.unwrap(), Swap::Conflict);
    assert_eq!(store.replace(first.clone(), &exchanged(&exchanged(&first))).await.unwrap(), Swap::Conflict);
    assert_eq!(store.find("one").unwrap(), Some(first.clone()), "a conflict writes nothing");
    assert_eq!(store.replace(first.clone(), &exchanged(&first)).await.unwrap(), Swap::Done);
    assert_eq!(store.replace(first.clone(), &exchanged(&first)).await.unwrap(), Swap::Conflict);
}

pub(crate) async fn of_simultaneous_replacements_one_wins(place: &Place) {
    let store = Arc::new(with_user(place.open(), "ada").await);
    let first = session("one", "ada");
    store.create(first.clone()).await.unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|number| {
            let (store, first, mut next) = (store.clone(), first.clone(), exchanged(&first));
            next.device = Some(format!("device {number}"));
            tokio::spawn(async move { store.replace(first, &next).await.unwrap() })
        })
        .collect();
    let mut winners = 0;
    for task in tasks {
        winners += usize::from(task.await.unwrap() == Swap::Done);
    }
    assert_eq!((winners, store.find("one").unwrap().unwrap().revision), (1, 2));
}

pub(crate) async fn the_first_end_of_a_session_stays(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    assert!(!store.end("one", LOGGED_OUT).await.unwrap());
    store.create(session("one", "ada")).await.unwrap();
    assert!(store.end("one", LOGGED_OUT).await.unwrap());
    let later = Ended { at: 3_000, reason: EndReason::ReuseDetected };
    assert!(!store.end("one", later).await.unwrap());
    let found = store.find("one").unwrap().unwrap();
    assert_eq!((found.ended, found.revision), (Some(LOGGED_OUT), 2));
}

pub(crate) async fn all_sessions_of_an_owner_end_but_the_one_to_keep_and_those_that_come_later(
    place: &Place,
) {
    let store = with_user(with_user(place.open(), "ada").await, "eve").await;
    for sid in ["one", "two", "three"] {
        store.create(session(sid, "ada")).await.unwrap();
    }
    store.create(session("other", "eve")).await.unwrap();
    store.end("three", LOGGED_OUT).await.unwrap();
    let reason = Ended { at: 3_000, reason: EndReason::UserDisabled };
    assert_eq!(store.end_all("sub-ada", Some("two"), reason).await.unwrap(), 1);
    store.create(session("later", "ada")).await.unwrap();
    let alive = |sid| store.find(sid).unwrap().unwrap().ended.is_none();
    assert!(alive("two") && alive("later") && alive("other"));
    assert_eq!(store.find("one").unwrap().unwrap().ended, Some(reason));
    assert_eq!(store.find("three").unwrap().unwrap().ended, Some(LOGGED_OUT));
}

pub(crate) async fn owners_see_their_own_sessions_only(place: &Place) {
    let store = with_user(with_user(place.open(), "ada").await, "adam").await;
    for (sid, owner) in [("m1", "ada"), ("1", "adam"), ("2", "ada"), ("3", "ada")] {
        store.create(session(sid, owner)).await.unwrap();
    }
    let mut sids: Vec<_> =
        store.list("sub-ada", None, 9).unwrap().into_iter().map(|found| found.sid).collect();
    sids.sort();
    assert_eq!(sids, ["2", "3", "m1"]);
    assert_eq!(store.list("sub-ada", None, 2).unwrap().len(), 2);
    assert_eq!(store.list("sub-adam", None, 9).unwrap().len(), 1);
    assert_eq!(store.list("sub-", None, 9).unwrap(), []);
}

pub(crate) async fn sessions_of_an_owner_come_newest_first_and_in_pages(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    for (sid, created_at) in [("b", 1_003), ("z", 1_001), ("a", 1_003), ("m", 1_002), ("k", 999)] {
        let mut session = session(sid, "ada");
        session.created_at = created_at;
        store.create(session).await.unwrap();
    }
    let page = |after: Option<&Session>, limit| {
        let after = after.map(|last| Page { created_at: last.created_at, sid: &last.sid });
        store.list("sub-ada", after, limit).unwrap()
    };
    let sids = |sessions: &[Session]| sessions.iter().map(|it| it.sid.clone()).collect::<Vec<_>>();
    let first = page(None, 3);
    assert_eq!(sids(&first), ["a", "b", "m"]);
    let second = page(first.last(), 3);
    assert_eq!(sids(&second), ["z", "k"]);
    assert!(page(second.last(), 3).is_empty());
}

pub(crate) async fn sessions_and_users_come_in_order_and_in_pages(place: &Place) {
    let mut store = place.open();
    for name in ["eve", "ada", "bob"] {
        store = with_user(store, name).await;
        store.create(session(name, name)).await.unwrap();
    }
    let sids = |after, limit| -> Vec<String> {
        store.sessions(after, limit).unwrap().into_iter().map(|found| found.sid).collect()
    };
    let names = |after, limit| -> Vec<String> {
        store.users(after, limit).unwrap().into_iter().map(|found| found.name).collect()
    };
    assert_eq!(
        (sids(None, 2), names(None, 2)),
        (vec!["ada".into(), "bob".into()], vec!["ada".into(), "bob".into()])
    );
    assert_eq!((sids(Some("bob"), 9), names(Some("bob"), 9)), (vec!["eve".into()], vec!["eve".into()]));
    assert!(sids(Some("eve"), 9).is_empty() && names(Some("eve"), 9).is_empty());
}

pub(crate) async fn a_name_is_given_once_and_a_removed_user_leaves_nothing(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    let mut other = user("ada");
    other.sub = "sub-other".into();
    assert_eq!(store.add_user(other).await.unwrap(), Added::NameTaken);
    assert_eq!(store.user_named("ada").unwrap(), Some(user("ada")));
    store.create(session("one", "ada")).await.unwrap();
    assert!(store.remove_user("ada", 1_010).await.unwrap());
    assert!(!store.remove_user("ada", 1_010).await.unwrap());
    assert_eq!((store.find("one").unwrap(), store.user_named("ada").unwrap()), (None, None));
    assert_eq!(store.list("sub-ada", None, 9).unwrap(), []);
    store.purge(u64::MAX, 100).await.unwrap();
    assert_eq!(store.check().unwrap(), Default::default());
}

pub(crate) async fn a_purge_is_bounded_and_spares_what_was_exchanged(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    for number in 0..5 {
        store.create(session(&format!("dead{number}"), "ada")).await.unwrap();
    }
    let alive = session("alive", "ada");
    store.create(alive.clone()).await.unwrap();
    store.replace(alive.clone(), &exchanged(&alive)).await.unwrap();
    // One second after the end of all of them but the exchanged one.
    assert_eq!(store.purge(4_601, 2).await.unwrap(), 2);
    assert!(store.sessions(None, 9).unwrap().len() >= 4, "a purge of two forgets two at most");
    assert_eq!(store.purge(4_601, 2).await.unwrap(), 2);
    assert_eq!(store.purge(4_601, 100).await.unwrap(), 2);
    assert_eq!(store.purge(4_601, 100).await.unwrap(), 0);
    assert_eq!(store.sessions(None, 9).unwrap(), [exchanged(&alive)]);
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    // Its new end is in the index.
    assert_eq!(store.purge(4_651, 100).await.unwrap(), 1);
    assert_eq!(store.sessions(None, 9).unwrap(), []);
}

pub(crate) async fn writes_that_come_together_are_all_kept(place: &Place) {
    let store = Arc::new(with_user(place.open(), "ada").await);
    let tasks: Vec<_> = (0..200)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let first = session(&format!("s{number:03}"), "ada");
                store.create(first.clone()).await.unwrap();
                // Every write sees those acknowledged before it.
                assert_eq!(store.find(&first.sid).unwrap().as_ref(), Some(&first));
                assert_eq!(store.replace(first.clone(), &exchanged(&first)).await.unwrap(), Swap::Done);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    store.close();
    let store = place.open();
    let all = store.sessions(None, 1_000).unwrap();
    assert!(all.len() == 200 && all.iter().all(|found| found.revision == 2));
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    store.close();
}

/// Between the engine's commit and the answer a power cut could still take the write back.
pub(crate) async fn readers_see_only_what_is_durable(place: &Place) {
    let engine = Hanging::over(place.engine());
    let store = Arc::new(with_user(EmbeddedStore::start(engine.clone()).unwrap(), "ada").await);
    let first = session("one", "ada");
    store.create(first.clone()).await.unwrap();
    let before = engine.commits.load(Ordering::SeqCst);
    engine.hanging.store(true, Ordering::SeqCst);
    let replacing = tokio::spawn({
        let (store, first, next) = (store.clone(), first.clone(), exchanged(&first));
        async move { store.replace(first, &next).await.unwrap() }
    });
    engine.wait_for_commit(before + 1);
    let adding = tokio::spawn({
        let store = store.clone();
        async move { store.create(session("two", "ada")).await.unwrap() }
    });
    assert_eq!(store.find("one").unwrap(), Some(first.clone()));
    assert_eq!(store.sessions(None, 9).unwrap(), std::slice::from_ref(&first));
    assert_eq!(store.list("sub-ada", None, 9).unwrap(), std::slice::from_ref(&first));
    assert!(!replacing.is_finished() && !adding.is_finished());
    engine.hanging.store(false, Ordering::SeqCst);
    assert_eq!((replacing.await.unwrap(), adding.await.unwrap()), (Swap::Done, Created::Done));
    assert_eq!(store.find("one").unwrap(), Some(exchanged(&first)));
    assert_eq!(store.sessions(None, 9).unwrap().len(), 2);
    store.close();
}

pub(crate) async fn a_full_queue_is_busy_at_once(place: &Place) {
    let engine = Hanging::over(place.engine());
    let store = Arc::new(with_user(EmbeddedStore::start(engine.clone()).unwrap(), "ada").await);
    let before = engine.commits.load(Ordering::SeqCst);
    engine.hanging.store(true, Ordering::SeqCst);
    let held_up = tokio::spawn({
        let store = store.clone();
        async move { store.create(session("one", "ada")).await }
    });
    engine.wait_for_commit(before + 1);
    let tasks: Vec<_> = (0..6_000)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.end("nobody", LOGGED_OUT).await })
        })
        .collect();
    let turned_away =
        |tasks: &[tokio::task::JoinHandle<_>]| tasks.iter().filter(|task| task.is_finished()).count();
    for _ in 0..1_000 {
        if turned_away(&tasks) >= 1_000 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert!(turned_away(&tasks) >= 1_000, "they wait although the queue is full");
    engine.hanging.store(false, Ordering::SeqCst);
    let mut busy = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(ended) => assert!(!ended),
            Err(StoreError::Busy) => busy += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!((1_000..6_000).contains(&busy), "{busy} of 6000 were turned away");
    assert_eq!(held_up.await.unwrap(), Ok(Created::Done));
    store.close();
}

pub(crate) async fn a_closed_store_says_so(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    store.close();
    store.close();
    assert_eq!(store.end("one", LOGGED_OUT).await, Err(StoreError::Closed));
    assert_eq!(store.find("one"), Err(StoreError::Closed));
    assert_eq!(store.sessions(None, 9), Err(StoreError::Closed));
}

pub(crate) async fn a_record_that_is_too_large_is_refused_and_the_others_of_its_batch_are_not(place: &Place) {
    let engine = Hanging::over(place.engine());
    let store = Arc::new(with_user(EmbeddedStore::start(engine.clone()).unwrap(), "ada").await);
    engine.hanging.store(true, Ordering::SeqCst);
    let before = engine.commits.load(Ordering::SeqCst);
    let write = |sid: &str, device: String| {
        let (store, mut record) = (store.clone(), session(sid, "ada"));
        record.device = Some(device);
        tokio::spawn(async move { store.create(record).await })
    };
    let first = write("first", String::new());
    engine.wait_for_commit(before + 1);
    let (good, large) = (write("good", String::new()), write("large", "x".repeat(MAX_RECORD_BYTES)));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    engine.hanging.store(false, Ordering::SeqCst);
    assert_eq!((first.await.unwrap(), good.await.unwrap()), (Ok(Created::Done), Ok(Created::Done)));
    assert!(matches!(large.await.unwrap(), Err(StoreError::TooLarge(_))));
    assert_eq!(store.find("large").unwrap(), None);
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    store.close();
}
