//! What a session takes in the engine.

use shelflife_issuer::store::{EmbeddedStore, Engine, Store, Swap};

use crate::common::{Hanging, LOGGED_OUT, Place, exchange, exchanged, session, with_user};

/// Rows, and bytes in them.
fn size(engine: &dyn Engine) -> (usize, usize) {
    let rows = engine.scan(b"", None, 100).unwrap();
    (rows.len(), rows.iter().map(|(key, value)| key.len() + value.len()).sum())
}

pub(crate) async fn a_thousand_exchanges_do_not_grow_a_record(place: &Place) {
    let engine = Hanging::over(place.engine());
    let store = with_user(EmbeddedStore::start(engine.clone()).unwrap(), "ada").await;
    let mut current = session("one", "ada");
    store.create(current.clone()).await.unwrap();
    let size = || size(engine.as_ref());
    // The first one puts what exchanges change beside the record.
    current = exchange(&store, current).await;
    let (rows_before, bytes_before) = size();
    for _ in 0..1_000 {
        current = exchange(&store, current).await;
    }
    let (rows, bytes) = size();
    assert_eq!(rows, rows_before);
    // Larger numbers take a byte or two more each.
    assert!(bytes <= bytes_before + 16, "{bytes_before} bytes became {bytes}");
    store.close();
}

pub(crate) async fn whatever_changes_after_an_exchange_is_on_top_of_it_and_leaves_one_record(place: &Place) {
    let engine = Hanging::over(place.engine());
    let store = with_user(EmbeddedStore::start(engine.clone()).unwrap(), "ada").await;
    let first = session("one", "ada");
    store.create(first.clone()).await.unwrap();
    let (rows, _) = size(engine.as_ref());

    let second = exchanged(&first);
    assert_eq!(store.replace(first.clone(), &second).await.unwrap(), Swap::Done);
    assert_eq!(store.find("one").unwrap(), Some(second.clone()));
    assert_eq!(store.list("sub-ada", None, 9).unwrap(), std::slice::from_ref(&second));
    assert_eq!(store.sessions(None, 9).unwrap(), std::slice::from_ref(&second));

    // Another key, other groups: more than an exchange usually changes.
    let mut third = exchanged(&second);
    third.kid = "another key".to_owned();
    third.groups = vec!["staff".to_owned(), "admin".to_owned()];
    assert_eq!(store.replace(second.clone(), &third).await.unwrap(), Swap::Done);
    assert_eq!(store.find("one").unwrap(), Some(third.clone()));
    assert_eq!(size(engine.as_ref()).0, rows);

    let fourth = exchanged(&third);
    assert_eq!(store.replace(third.clone(), &fourth).await.unwrap(), Swap::Done);
    assert_eq!(store.demand_reauth("sub-ada", 1_010).await.unwrap(), 1);
    let demanded = store.find("one").unwrap().unwrap();
    assert_eq!((demanded.generation, demanded.reauth_required), (fourth.generation, true));

    let fifth = exchanged(&demanded);
    assert_eq!(store.replace(demanded.clone(), &fifth).await.unwrap(), Swap::Done);
    assert!(store.end("one", LOGGED_OUT).await.unwrap());
    let ended = store.find("one").unwrap().unwrap();
    assert_eq!((ended.generation, ended.ended), (fifth.generation, Some(LOGGED_OUT)));
    // The record, and one row each: that it has ended, that it is revoked, and the count of revocations.
    assert_eq!(size(engine.as_ref()).0, rows + 3);
    assert_eq!(store.replace(fifth.clone(), &exchanged(&fifth)).await.unwrap(), Swap::Conflict);
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());

    store.replace(ended.clone(), &exchanged(&ended)).await.unwrap();
    store.purge(u64::MAX, 9).await.unwrap();
    assert_eq!(size(engine.as_ref()).0, rows - 3 + 2, "what is revoked stays");
    store.close();
}
