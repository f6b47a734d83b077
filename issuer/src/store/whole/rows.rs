//! Every row of a store, a page at a time.

use crate::store::engine::Row;

/// Rows fetched at a time.
const PAGE: usize = 1000;

/// Hands every row under `prefix` to `visit`, in order. `scan` is asked for rows after a key, so many at most.
pub(super) fn for_each<E>(
    scan: impl Fn(Option<&[u8]>, usize) -> Result<Vec<Row>, E>,
    mut visit: impl FnMut(&Row) -> Result<(), E>,
) -> Result<(), E> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let rows = scan(after.as_deref(), PAGE)?;
        rows.iter().try_for_each(&mut visit)?;
        match rows.into_iter().last() {
            Some((key, _)) => after = Some(key),
            None => return Ok(()),
        }
    }
}

/// A key as it can be shown. Keys hold names and ids, no secrets.
pub(super) fn printable(key: &[u8]) -> String {
    String::from_utf8_lossy(key).escape_debug().to_string()
}
