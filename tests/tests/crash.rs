//! A short run of the crashes; `cargo xtask crash` is the long one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use shelflife_tests::Chance;
use shelflife_tests::crash::kills;

fn short_run(store: &str, count: u32) {
    let seed = Chance::seed();
    let tally = kills(count, store, &mut Chance::of(seed));
    assert!(tally.failures.is_empty(), "seed {seed}: {:#?}", tally.failures);
    assert!(tally.kills == count && tally.logins > 0 && tally.exchanges > 0, "nothing happened: {tally:?}");
}

#[test]
fn a_server_on_sled_that_is_killed_under_load_loses_nothing_and_signs_nobody_out() {
    short_run("sled", 8);
}

#[test]
fn a_server_on_redb_that_is_killed_under_load_loses_nothing_and_signs_nobody_out() {
    short_run("redb", 4);
}
