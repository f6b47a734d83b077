//! Rows of an engine as they would be with changes laid over them.

use std::ops::Bound;

use super::{Batch, EngineError, Row, scan_start};

/// What a scan of `beneath` gives with `patches` laid over it, the later ones on top of the earlier.
///
/// `beneath` is asked for rows under `prefix` that come after `after`, in order, at most so many.
pub(in crate::store) fn scan_patched(
    beneath: impl Fn(usize) -> Result<Vec<Row>, EngineError>,
    patches: &[&Batch],
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Row>, EngineError> {
    let changes = || patches.iter().flat_map(|patch| in_reach(patch, prefix, after));
    // A patch hides as many rows as it removes, so that many more are read.
    let hidden = changes().filter(|(_, change)| change.is_none()).count();
    let wanted = limit.saturating_add(hidden);
    let rows = beneath(wanted)?;
    if changes().next().is_none() {
        return Ok(rows);
    }
    let horizon = if rows.len() == wanted { rows.last().map(|(key, _)| key.clone()) } else { None };
    let mut merged: std::collections::BTreeMap<_, _> = rows.into_iter().collect();
    for patch in patches {
        let known = in_reach(patch, prefix, after)
            .take_while(|(key, _)| horizon.as_ref().is_none_or(|horizon| *key <= horizon));
        for (key, change) in known {
            match change {
                Some(value) => merged.insert(key.clone(), value.clone()),
                None => merged.remove(key),
            };
        }
    }
    Ok(merged.into_iter().take(limit).collect())
}

/// The part of a patch that a scan passes.
fn in_reach<'a>(
    patch: &'a Batch,
    prefix: &'a [u8],
    after: Option<&[u8]>,
) -> impl Iterator<Item = (&'a Vec<u8>, &'a Option<Vec<u8>>)> {
    patch
        .range((scan_start(prefix, after), Bound::Unbounded))
        .take_while(move |(key, _)| key.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::{Engine, MemoryEngine};

    fn batch(changes: &[(&str, Option<&str>)]) -> Batch {
        let bytes = |text: &str| text.as_bytes().to_vec();
        changes.iter().map(|(key, value)| (bytes(key), value.map(bytes))).collect()
    }

    #[test]
    fn later_patches_lie_on_top_of_earlier_ones_and_a_page_is_full_whatever_they_hide() {
        let engine = MemoryEngine::default();
        engine
            .commit(&batch(&[("p/a", Some("1")), ("p/b", Some("1")), ("p/d", Some("1")), ("q", Some("1"))]))
            .unwrap();
        let first = batch(&[("p/a", None), ("p/b", Some("2")), ("p/c", Some("2")), ("r", None)]);
        let second = batch(&[("p/a", Some("3")), ("p/b", None), ("p/e", Some("3"))]);
        let scan = |after: Option<&str>, limit| {
            let after = after.map(str::as_bytes);
            let rows = scan_patched(
                |limit| engine.scan(b"p/", after, limit),
                &[&first, &second],
                b"p/",
                after,
                limit,
            );
            let text = |bytes| String::from_utf8(bytes).unwrap();
            rows.unwrap().into_iter().map(|(key, value)| text(key) + "=" + &text(value)).collect::<Vec<_>>()
        };
        assert_eq!(scan(None, 9), ["p/a=3", "p/c=2", "p/d=1", "p/e=3"]);
        assert_eq!(scan(None, 2), ["p/a=3", "p/c=2"]);
        assert_eq!(scan(Some("p/c"), 1), ["p/d=1"]);
        assert_eq!(scan(Some("p/d"), 9), ["p/e=3"]);
    }
}
