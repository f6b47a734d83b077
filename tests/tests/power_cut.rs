//! A short run of the power cuts: ours must lose nothing, and plain sled must, or nothing was tested. `cargo xtask powercut`
//! is the long one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::path::Path;
use std::process::ExitCode;

use shelflife_tests::power_cut::{Engine, ordering, rounds};
use shelflife_tests::{Chance, Outcome, Test, suite};

const TESTS: [Test; 4] = [
    ("no_reply_leaves_before_the_sync_that_follows_its_last_write", replies_follow_syncs),
    ("sled_loses_nothing_in_power_cuts", || survives(Engine::Sled)),
    ("redb_loses_nothing_in_power_cuts", || survives(Engine::Redb)),
    ("sled_without_our_sync_does_lose_so_these_cuts_can_fail", plain_sled_loses),
];

fn main() -> ExitCode {
    suite(&TESTS)
}

fn driver() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_powercut"))
}

fn replies_follow_syncs() -> Outcome {
    for engine in [Engine::Sled, Engine::Redb, Engine::PlainSled] {
        let seen = match ordering(driver(), engine) {
            Ok(seen) => seen,
            Err(why) => return Outcome::Skipped(why),
        };
        assert!(seen.acknowledged > 100 && seen.writes > 100, "{engine:?}: {seen:?}");
        assert_eq!(seen.too_early > 0, engine == Engine::PlainSled, "{engine:?}: {seen:?}");
    }
    Outcome::Passed
}

fn survives(engine: Engine) -> Outcome {
    let seed = Chance::seed();
    match rounds(driver(), engine, 5, false, &mut Chance::of(seed)) {
        Ok(tally) => {
            assert!(tally.acknowledged > 0, "nothing was written");
            assert!(tally.failures.is_empty(), "seed {seed}: {:#?}", tally.failures);
            Outcome::Passed
        }
        Err(why) => Outcome::Skipped(why),
    }
}

fn plain_sled_loses() -> Outcome {
    match rounds(driver(), Engine::PlainSled, 40, true, &mut Chance::of(Chance::seed())) {
        Ok(tally) => {
            assert!(
                !tally.failures.is_empty(),
                "{} cuts, and nothing was lost: the cuts do not cut",
                tally.cuts
            );
            Outcome::Passed
        }
        Err(why) => Outcome::Skipped(why),
    }
}
