//! What an engine owes the committer.

use shelflife_issuer::store::{Batch, Row};

use crate::common::Place;

fn batch(changes: &[(&[u8], Option<&[u8]>)]) -> Batch {
    changes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect()
}

fn keys(rows: &[Row]) -> Vec<&[u8]> {
    rows.iter().map(|(key, _)| key.as_slice()).collect()
}

pub(crate) async fn rows_come_back_in_order_and_in_pages(place: &Place) {
    let engine = place.engine();
    let changes = [b"p/c", b"p/a", b"q/x", b"p/b", b"o/z"].map(|key| (key.as_slice(), Some(key.as_slice())));
    engine.commit(&batch(&changes)).unwrap();
    assert_eq!(keys(&engine.scan(b"p/", None, 9).unwrap()), [b"p/a", b"p/b", b"p/c"]);
    assert_eq!(keys(&engine.scan(b"p/", None, 2).unwrap()), [b"p/a", b"p/b"]);
    assert_eq!(keys(&engine.scan(b"p/", Some(b"p/a"), 9).unwrap()), [b"p/b", b"p/c"]);
    assert_eq!(keys(&engine.scan(b"p/", Some(b"p/aa"), 1).unwrap()), [b"p/b"]);
    assert_eq!(engine.scan(b"p/", Some(b"p/c"), 9).unwrap(), []);
    assert_eq!(engine.scan(b"r/", None, 9).unwrap(), []);
    assert_eq!(engine.scan(b"p/", None, 0).unwrap(), []);
    assert_eq!(engine.scan(b"", None, 9).unwrap().len(), 5);
    assert_eq!(engine.get(b"q/x").unwrap().as_deref(), Some(b"q/x".as_slice()));
    assert_eq!(engine.get(b"q/").unwrap(), None);
}

pub(crate) async fn a_batch_is_applied_as_a_whole_and_survives_reopening(place: &Place) {
    let engine = place.engine();
    engine.commit(&batch(&[(b"a", Some(b"1")), (b"b", Some(b"1"))])).unwrap();
    engine.commit(&batch(&[(b"a", Some(b"2")), (b"b", None), (b"c", Some(b"2")), (b"gone", None)])).unwrap();
    drop(engine);
    let engine = place.engine();
    let rows = [(b"a".to_vec(), b"2".to_vec()), (b"c".to_vec(), b"2".to_vec())];
    assert_eq!(engine.scan(b"", None, 9).unwrap(), rows);
}

pub(crate) async fn keys_and_values_can_be_any_bytes(place: &Place) {
    let engine = place.engine();
    let long = vec![0xFF; 8 * 1024];
    let odd: [(&[u8], &[u8]); 4] =
        [(b"k/\0", b""), (b"k/\xFF\xFF", b"\0"), (b"k/", b"x"), (b"k/long", &long)];
    engine.commit(&odd.iter().map(|(k, v)| (k.to_vec(), Some(v.to_vec()))).collect()).unwrap();
    drop(engine);
    let engine = place.engine();
    for (key, value) in odd {
        assert_eq!(engine.get(key).unwrap().as_deref(), Some(value), "{key:?}");
    }
    assert_eq!(keys(&engine.scan(b"k/", None, 9).unwrap()), [&b"k/"[..], b"k/\0", b"k/long", b"k/\xFF\xFF"]);
}
